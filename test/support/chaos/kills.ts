// Kills under load, one as soon as the victim of the next has begun to handle: before the first commit, too, the group's leader, too,
// and while partitions and topics are added. All is read from its end, so that a first position that is not kept would show. What is
// repeated is held against what was committed at each death.

import { expect } from 'vitest'
import { groupBy } from '../../../src/lib/group-by.ts'
import { type Death, exactly, type Handling, where } from '../ledger.ts'
import { openFiles, resident } from '../limits.ts'
import { millis, PATIENT, print, Scenario } from '../scenario.ts'
import { uniqueName } from '../topics.ts'
import { type Chance, seeded } from './chance.ts'
import { firstOwner, type Kind, kinds, type Scene, whileSomethingIsAdded } from './victims.ts'

// Nobody is to be taken for the cause because he was in hand when it came.
const ARGS = [...PATIENT, '--crash-limit', '100000', '--max-crashes-per-message', '99999', '--restart-backoff-max', '0']
const WORKERS = 3
const MOST_LATER = 8
/** Among so many kills one comes while something is added. */
const ADDED_EVERY = 6

interface Kill {
  readonly kind: Kind
  readonly death: Death
}

interface Figures {
  readonly files: number
  readonly megabytes: number
}

export const kills = (seed: number, times: number): Promise<void> =>
  seeded(`${times} kills`, seed, chance => killAgainAndAgain(chance, times))

async function killAgainAndAgain(chance: Chance, times: number): Promise<void> {
  await using scenario = await Scenario.open('kills')
  const later = Array.from({ length: MOST_LATER }, () => uniqueName('later'))
  const env = { TOPICS: [scenario.topic, ...later].join(), START_AT: 'end' }
  const racecar = scenario.racecar({ workers: WORKERS, args: ARGS, env })
  const scene: Scene = { scenario, racecar, later, added: [] }
  await scenario.served()
  const load = scenario.load({ everyMs: 20, order: { ms: 5 } })

  const done: Kill[] = []
  const warm = Math.ceil(times / 10)
  let before: Figures | undefined
  for (let i = 1; i <= times; i++) {
    done.push(await killOne(scene, chance, scene.added.length > 0 ? firstOwner : drawn(i, chance)))
    if (i === warm) before = await figures(scene)
  }
  const after = await figures(scene)
  await load.stop()
  await scenario.handledAll(120_000)
  const deaths = done.map(({ death }) => death)
  expect(racecar.all('slot.exited').map(({ pid }) => pid)).toEqual(deaths.map(({ pid }) => pid))
  expect(await scenario.stop(racecar)).toEqual([0, null])
  await scenario.expectWhole(deaths)
  await scenario.expectNothingLeft()
  tell(scene, done)
  print(`  primary after ${warm} kills ${show(before!)}, after ${times} ${show(after)}`)
  expect(after.files, 'open files of the primary').toBe(before!.files)
  expect(after.megabytes, 'megabytes of the primary').toBeLessThan(before!.megabytes + 32)
}

function drawn(i: number, chance: Chance): Kind {
  const turn = Math.floor(i / ADDED_EVERY)
  return i % ADDED_EVERY === 0 ? whileSomethingIsAdded[turn % whileSomethingIsAdded.length]! : chance.weighed(kinds)
}

async function killOne(scene: Scene, chance: Chance, kind: Kind): Promise<Kill> {
  const { scenario, racecar } = scene
  const own = chance.fork()
  let victim: number | undefined
  await scenario.until(`a victim: ${kind.name}`, () => {
    if (racecar.workers().length === WORKERS) victim = kind.victim(scene, own)
    return victim !== undefined
  })
  scene.added = []
  const [[death]] = await Promise.all([scenario.kill(victim!), kind.meanwhile?.(scene)])
  return { kind, death: death! }
}

async function figures({ scenario, racecar }: Scene): Promise<Figures> {
  await scenario.served()
  await scenario.passes()
  return { files: openFiles(racecar.pid), megabytes: resident(racecar.pid) }
}

const show = ({ files, megabytes }: Figures) => `${files} open files and ${megabytes.toFixed(1)} MB`

/** What a dead worker leaves to be handled again. */
function leftBy({ scenario: { ledger } }: Scene, counts: ReadonlyMap<string, number>, { pid, at, committed }: Death) {
  const upTo = (one: Handling) => committed.get(where(one)) ?? 0
  const own = ledger.handlings.filter(one => one.pid === pid && one.offset >= upTo(one))
  const finished = own.filter(({ end }) => end !== undefined)
  return {
    inHand: own.length - finished.length,
    finished: finished.length,
    twice: finished.filter(one => counts.get(exactly(one))! > 1).length,
    /** Since the oldest of them was finished, milliseconds. */
    age: Math.max(0, ...finished.map(({ end }) => at - end!)),
    isFirst: own.some(one => upTo(one) <= 0),
  }
}

function tell(scene: Scene, done: readonly Kill[]): void {
  const { ledger } = scene.scenario
  const counts = ledger.counts()
  const told = new Set(scene.racecar.all('offsets.committed').map(({ pid }) => pid))
  const all = done.map(({ kind, death }) => ({ kind, pid: death.pid, ...leftBy(scene, counts, death) }))
  type Left = (typeof all)[number]
  const sum = (some: readonly Left[], of: 'inHand' | 'finished' | 'twice') =>
    some.reduce((sum, one) => sum + one[of], 0)
  const most = (some: readonly Left[]) => Math.max(...some.map(({ inHand, finished }) => inHand + finished))
  const line = (name: string, some: readonly Left[]) =>
    `  ${String(some.length).padStart(4)} × ${name}: ${sum(some, 'inHand')} in hand, ${sum(some, 'finished')} finished and not committed, at most ${most(some)} at once`
  print(
    [
      `kills: ${done.length}, ${all.filter(({ pid }) => !told.has(pid)).length} before any commit of the victim’s, ${all.filter(({ isFirst }) => isFirst).length} before the first commit of a partition`,
      ...[...groupBy(all, ({ kind }) => kind.name)].map(([name, some]) => line(name, some)),
      `  ${ledger.ended.length} handled, none skipped; ${ledger.repeated().length} twice, all of them among the ${sum(all, 'finished')} that were finished and not committed`,
      `  the oldest of these had been finished ${millis(Math.max(...all.map(({ age }) => age)))} before the kill; at most ${most(all)} were left by one kill`,
    ].join('\n'),
  )
}
