// Chaos: a plan of faults that a seed decides, one every few seconds, under load; then everything heals, and what came of it is held
// against the invariants.

import { setTimeout as wait } from 'node:timers/promises'
import { expect } from 'vitest'
import { groupBy } from '../../../src/lib/group-by.ts'
import { now } from '../ledger.ts'
import { millis, print } from '../scenario.ts'
import { Chance, seeded } from './chance.ts'
import { Commits } from './commits.ts'
import { type Fault, faults } from './faults.ts'
import { Place, type Subject } from './place.ts'

const LONGEST_PAUSE_MS = 5000

interface Appointment {
  readonly after: number
  readonly fault: Fault
  readonly chance: Chance
}

/** What was done, told as it comes: a failure shows it. */
class Log {
  readonly done: string[] = []
  leftOut = 0
  readonly #told: string[]

  constructor(told: string[]) {
    this.#told = told
  }

  add(at: number, { name }: Fault, what: string | undefined): void {
    this.#told.push(`  ${at.toFixed(0)} ${name}: ${what ?? 'left out'}`)
    if (what === undefined) this.leftOut++
    else this.done.push(name)
  }
}

export function planned(seed: number, ms: number): Appointment[] {
  const chance = new Chance(seed)
  const plan: Appointment[] = []
  for (let after = 0; ; ) {
    after += chance.between(0, LONGEST_PAUSE_MS)
    if (after > ms) return plan
    plan.push({ after, fault: chance.weighed(faults), chance: chance.fork() })
  }
}

export const storm = (seed: number, ms: number): Promise<void> =>
  seeded(`chaos for ${ms / 60_000} minutes`, seed, async (_, told) => {
    await using place = await Place.open()
    const log = new Log(told)
    const commits = new Commits(place.scenario)
    const load = place.scenario.load({ everyMs: 40, order: { ms: 5 }, isPatient: true })
    await place.scenario.flows()
    const start = now()
    const begun = await rage(place, planned(seed, ms), log)
    const end = now()
    await Promise.all(begun)
    await calm(place)
    await load.stop()
    await place.scenario.handledAll(120_000)
    await commits.stop()
    await judge(place, commits)
    tell(place, commits, { log, start, end })
  })

/** Each at its time; what another fault is still being done to is left alone. Resolves to those that may be under way. */
async function rage(place: Place, plan: readonly Appointment[], log: Log): Promise<Promise<void>[]> {
  const start = now()
  const busy = new Set<Subject>()
  const begun: Promise<void>[] = []
  const failed = { error: undefined as unknown }
  for (const { after, fault, chance } of plan) {
    await wait(Math.max(0, start + after - now()))
    if (failed.error !== undefined) break
    if (fault.to !== 'a worker' && busy.has(fault.to)) {
      log.add(now(), fault, undefined)
      continue
    }
    busy.add(fault.to)
    const injecting = inject(place, fault, chance, log).finally(() => busy.delete(fault.to))
    injecting.catch(error => {
      failed.error = error
    })
    begun.push(injecting)
  }
  return begun
}

async function inject(place: Place, fault: Fault, chance: Chance, log: Log): Promise<void> {
  const at = now()
  const pid = fault.to === 'a worker' ? place.worker(chance) : 0
  if (pid !== undefined && fault.mayCost === 'its place') place.marked.add(pid)
  const run = async () => (pid === undefined ? undefined : fault.inject(place, chance, pid))
  log.add(at, fault, await (fault.mayCost === 'places' ? place.outage(run) : run()))
}

/** All is well again: everybody is in the group, and everything flows. */
async function calm(place: Place): Promise<void> {
  if (!place.racecar('guest')) place.start('guest')
  await place.scenario.passes(120_000)
  await place.scenario.served()
}

async function judge(place: Place, commits: Commits): Promise<void> {
  const { scenario } = place
  await place.stop('guest')
  await place.stop('home')
  const deaths = place.deaths()
  await scenario.expectWhole(deaths)
  await scenario.expectNothingLeft()
  expect(place.unasked(), 'ends and losses that nobody asked for').toEqual([])
  expect(commits.wrong(), 'what the broker had as committed').toEqual([])
}

interface Account {
  readonly log: Log
  readonly start: number
  readonly end: number
}

function tell(place: Place, commits: Commits, { log, start, end }: Account): void {
  const { ledger } = place.scenario
  const kinds = [...groupBy(log.done, name => name)].sort(([, a], [, b]) => b.length - a.length)
  const [handled, twice] = [ledger.ended.length, ledger.repeated().length]
  const gaps = [...ledger.longestGaps(start, end).values()].sort((a, b) => b - a)
  const forks = place.racecars.reduce((sum, racecar) => sum + racecar.forks().length, 0)
  const losses = place.racecars.reduce((sum, racecar) => sum + racecar.all('group.lost').length, 0)
  print(
    [
      `chaos: ${millis(end - start)}, ${log.done.length} faults (${log.leftOut} left out)`,
      ...kinds.map(([name, all]) => `  ${String(all.length).padStart(4)} × ${name}`),
      `  ${handled} handled, ${twice} twice (${((100 * twice) / handled).toFixed(2)} %), all of them explained`,
      `  longest gap ${millis(gaps[0]!)}, median of the partitions’ longest ${millis(gaps[gaps.length >> 1]!)}`,
      `  ${place.racecars.length} racecars, ${forks} workers, ${losses} times a place in the group was lost`,
      `  ${commits.looks} looks at the committed offsets`,
    ].join('\n'),
  )
}
