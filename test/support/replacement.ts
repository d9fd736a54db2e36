// A worker's place in the group, and whether its replacement takes it in such a way that nobody else notices.

import { expect } from 'vitest'
import { now } from './ledger.ts'
import { generationsOf, sharesOf } from './membership.ts'
import type { LogLine, RacecarProcess } from './racecar-process.ts'
import type { Scenario } from './scenario.ts'

export interface Place {
  readonly pid: number
  readonly slot: string
  readonly share: readonly string[]
  readonly generation: number
  /** How many lines its racecar had said by then. */
  readonly since: number
}

export function placeOf(racecar: RacecarProcess, pid: number): Place {
  const { slot } = racecar.all('slot.forked').find(line => line.pid === pid)!
  const share = sharesOf(racecar).get(pid)
  if (!share) throw new Error(`${pid} has no place in the group:\n${racecar.lastWords()}`)
  return { pid, slot: slot!, share, generation: generationsOf(racecar).at(-1)!, since: racecar.lines.length }
}

/** Under load: resolves when so much more was handled that whoever is going to notice something has noticed it. */
export async function goesOn(scenario: Scenario): Promise<void> {
  const from = now()
  const further = () => scenario.ledger.handlings.filter(({ start }) => start > from).length
  await scenario.until('1,000 further messages', () => further() > 1000)
}

/** Under load: resolves when the replacement has the place, all partitions flow, and 1,000 messages later nobody else has joined anew. */
export async function takenOver(scenario: Scenario, racecar: RacecarProcess, place: Place): Promise<LogLine> {
  const { pid, slot, share, generation, since } = place
  const joined = await racecar.line('group.joined', line => line.slot === slot && line.pid !== pid, since)
  await scenario.flows()
  await goesOn(scenario)
  const heard = racecar.lines.slice(since).filter(({ event }) => /^group\./.test(event))
  expect(heard.map(line => [line.pid, line.event, line.generation])).toEqual([
    [joined.pid, 'group.joining', undefined],
    [joined.pid, 'group.joined', generation],
  ])
  expect(sharesOf(racecar).get(joined.pid)).toEqual(share)
  return joined
}

/** The number in `topic/partition`. */
export const numberOf = (share: string): number => Number(share.slice(share.lastIndexOf('/') + 1))

/** Under load: resolves when the worker has begun so much later than this message that its primary knows of it. */
export async function isToldOf(scenario: Scenario, pid: number, { seq }: { readonly seq: number }): Promise<void> {
  const { ledger } = scenario
  const begun = ledger.handlings.find(one => one.pid === pid && one.seq === seq)!.start
  await scenario.until('messages that were begun later', () =>
    ledger.handlings.some(({ pid: by, start }) => by === pid && start > begun + 150),
  )
}
