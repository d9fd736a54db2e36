// Kills under load, one as soon as the replacement of the one before has begun to handle: before its first commit, too, the group's
// leader, too, and while partitions and topics are added. What is repeated is held against what was committed at each death.

import { expect } from 'vitest'
import { type Death, type Handling, where } from '../ledger.ts'
import { openFiles, resident } from '../limits.ts'
import { lastJoins } from '../membership.ts'
import type { RacecarProcess } from '../racecar-process.ts'
import { PATIENT, print, Scenario } from '../scenario.ts'
import { uniqueName } from '../topics.ts'
import { type Chance, seeded } from './chance.ts'

// Nobody is to be taken for the cause because he was in hand when it came.
const ARGS = [...PATIENT, '--crash-limit', '100000', '--max-crashes-per-message', '99999', '--restart-backoff-max', '0']
const WORKERS = 3
/** Among so many kills one comes while something is added. */
const ADDED_EVERY = 9
const MOST_ADDED = 8

interface Figures {
  readonly files: number
  readonly megabytes: number
}

export const kills = (seed: number, times: number): Promise<void> =>
  seeded(`${times} kills`, seed, chance => killAgainAndAgain(chance, times))

async function killAgainAndAgain(chance: Chance, times: number): Promise<void> {
  await using scenario = await Scenario.open('kills')
  const later = Array.from({ length: MOST_ADDED / 2 }, () => uniqueName('later'))
  const racecar = scenario.racecar({ workers: WORKERS, args: ARGS, env: { TOPICS: [scenario.topic, ...later].join() } })
  await scenario.served()
  const load = scenario.load({ everyMs: 20, order: { ms: 5 } })
  await scenario.flows()

  const deaths: Death[] = []
  const warm = Math.ceil(times / 10)
  let before: Figures | undefined
  for (let i = 1; i <= times; i++) {
    deaths.push(...(await killOne(scenario, racecar, { chance, adds: i % ADDED_EVERY === 0 ? later : undefined })))
    if (i === warm) before = await figures(scenario, racecar)
  }
  const after = await figures(scenario, racecar)
  await load.stop()
  await scenario.handledAll(120_000)
  expect(racecar.all('slot.exited').map(({ pid }) => pid)).toEqual(deaths.map(({ pid }) => pid))
  expect(await scenario.stop(racecar)).toEqual([0, null])
  await scenario.expectWhole(deaths)
  await scenario.expectNothingLeft()
  tell(scenario, racecar, deaths)
  print(`  primary after ${warm} kills ${show(before!)}, after ${times} ${show(after)}`)
  expect(after.files, 'open files of the primary').toBe(before!.files)
  expect(after.megabytes, 'megabytes of the primary').toBeLessThan(before!.megabytes + 32)
}

async function killOne(
  scenario: Scenario,
  racecar: RacecarProcess,
  { chance, adds }: { chance: Chance; adds: string[] | undefined },
): Promise<Death[]> {
  const [draw, other] = [adds ? 0 : chance.next(), chance.next()]
  const { ledger } = scenario
  const victim = () => {
    const living = racecar.workers()
    if (living.length < WORKERS) return undefined
    const leader = [...lastJoins(racecar).values()].find(one => one.leader)
    // What the newest one has begun is mostly not committed yet.
    const newest = racecar.forks().findLast(pid => living.includes(pid))
    const pid = draw < 0.2 ? (leader?.pid ?? newest) : draw < 0.7 ? newest : living[Math.floor(other * WORKERS)]
    return ledger.handlings.some(one => one.pid === pid) ? pid : undefined
  }
  await scenario.until('the victim having begun', () => victim() !== undefined)
  const [deaths] = await Promise.all([scenario.kill(victim()!), adds && add(scenario, adds)])
  return deaths
}

/** Partitions and topics in turn. */
async function add(scenario: Scenario, later: string[]): Promise<void> {
  const added = scenario.partitions - 6
  const topic = later[scenario.shape.size - 1]
  if (topic && added >= scenario.shape.size) {
    await scenario.add(topic, 2)
    await scenario.send(Array(100).fill({}), { topic })
  } else if (added < MOST_ADDED) await scenario.grow(scenario.partitions + 1)
}

async function figures(scenario: Scenario, racecar: RacecarProcess): Promise<Figures> {
  await scenario.served()
  await scenario.passes()
  return { files: openFiles(racecar.pid), megabytes: resident(racecar.pid) }
}

const show = ({ files, megabytes }: Figures) => `${files} open files and ${megabytes.toFixed(1)} MB`

function tell({ ledger }: Scenario, racecar: RacecarProcess, deaths: readonly Death[]): void {
  const told = new Set(racecar.all('offsets.committed').map(({ pid }) => pid))
  const leaders = new Set(racecar.all('group.joined', ({ leader }) => leader === true).map(({ pid }) => pid))
  const counts = ledger.counts()
  const isRepeated = (one: Handling) => counts.get(`${where(one)}@${one.offset}`)! > 1
  const left = deaths.map(({ pid, committed }) => {
    const own = ledger.handlings.filter(one => one.pid === pid && one.offset >= (committed.get(where(one)) ?? 0))
    const ended = own.filter(({ end }) => end !== undefined)
    return { inHand: own.length - ended.length, finished: ended.length, twice: ended.filter(isRepeated).length }
  })
  const sum = (pick: (one: (typeof left)[number]) => number) => left.reduce((sum, one) => sum + pick(one), 0)
  const most = Math.max(...left.map(({ inHand, finished }) => inHand + finished))
  print(
    [
      `kills: ${deaths.length}, ${deaths.filter(({ pid }) => !told.has(pid)).length} before the first commit, ${deaths.filter(({ pid }) => leaders.has(pid)).length} of the leader`,
      `  ${ledger.ended.length} handled, none skipped; ${sum(({ inHand }) => inHand)} were in hand, ${sum(({ finished }) => finished)} had finished since the last commit, at most ${most} at once`,
      `  ${ledger.repeated().length} handled twice, all of them among these`,
    ].join('\n'),
  )
}
