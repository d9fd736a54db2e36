// What a racecar that is quiet must be: at rest, and still a member of its group for as long as it takes.

import { readFileSync } from 'node:fs'
import { expect } from 'vitest'
import { now, where } from './ledger.ts'
import type { RacecarProcess } from './racecar-process.ts'
import { statusOf } from './racecarctl.ts'
import type { Scenario } from './scenario.ts'

/** More than a session of the scenarios: a worker that is not a member for as long is put out of the group. */
export const MORE_THAN_A_SESSION = 7000

/** What is committed is what was handled, in each partition, and nothing is in hand. */
export async function expectAtRest(scenario: Scenario): Promise<void> {
  const { ledger, everywhere } = scenario
  scenario.ledger.readOn(scenario.ledgerFile)
  expect(ledger.ended).toHaveLength(ledger.handlings.length)
  const next = (partition: string) =>
    Math.max(0, ...ledger.ended.filter(one => where(one) === partition).map(({ offset }) => offset + 1))
  expect(await scenario.committed()).toEqual(new Map(everywhere.map(one => [one, next(one)])))
}

/** Resolves when a thousand messages wait that these partitions know of, and so much time has passed. */
export async function staysQuiet(scenario: Scenario, partitions: readonly string[], forMs = 0): Promise<void> {
  const { ledger, folder } = scenario
  const isOne = (one: { topic: string; partition: number }) => partitions.includes(where(one))
  const started = () => ledger.handlings.filter(isOne).length
  ledger.readOn(scenario.ledgerFile)
  const before = started()
  const at = now()
  const least = Math.ceil(1000 / partitions.length)
  await scenario.until('more and more waiting', async () => {
    if (now() - at <= forMs) return false
    const all = (await statusOf(folder)).slots.flatMap(slot => slot.partitions).filter(isOne)
    return all.length === partitions.length && all.every(({ quiet, lag }) => quiet && lag >= least)
  })
  expect(started()).toBe(before)
}

/** Of a process, as the system has it: T is stopped by a signal. */
export const stateOf = (pid: number): string => /\) (\w)/.exec(readFileSync(`/proc/${pid}/stat`, 'latin1'))![1]!

/** Who asked, as the log has it. */
export const asked = (racecar: RacecarProcess) =>
  racecar.lines.flatMap(({ event, by }) => (/^primary\.(quiet|continued)$/.test(event) ? [`${event} ${by}`] : []))
