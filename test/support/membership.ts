// What the logs of racecars tell of their group: who has which partitions since which generation, who leads, what was committed.

import { type Acknowledged, type Death, where } from './ledger.ts'
import type { LogLine, RacecarProcess } from './racecar-process.ts'

/** The last join of each live worker of a racecar, by process id. */
export function lastJoins(racecar: RacecarProcess): Map<number, LogLine> {
  const live = new Set(racecar.workers())
  return new Map(racecar.all('group.joined', ({ pid }) => live.has(pid)).map(line => [line.pid, line]))
}

export const generationOf = ({ generation }: LogLine) => generation as number

/** What each live worker of a racecar was last assigned, by process id: `topic/partition`. */
export const sharesOf = (racecar: RacecarProcess): Map<number, string[]> =>
  new Map(
    [...lastJoins(racecar)].map(([pid, { partitions }]) => [pid, (partitions as Acknowledged[]).map(where).sort()]),
  )

/** The worker that shares out the partitions, if it is one of this racecar's. Who replaces it takes that over, which no line tells. */
export function leaderOf(racecar: RacecarProcess): number | undefined {
  const joins = racecar.all('group.joined')
  const generation = Math.max(...joins.map(generationOf))
  const leader = joins.find(line => line.leader && generationOf(line) === generation)
  return racecar.all('slot.forked', ({ slot, pid }) => slot === leader?.slot && racecar.workers().includes(pid)).at(-1)
    ?.pid
}

/** The generations of the group that the workers of a racecar have seen, in the order of their joins. */
export const generationsOf = (racecar: RacecarProcess): number[] => racecar.all('group.joined').map(generationOf)

/**
 * Each worker that lost its place in the group, or ended over something, or has to read a topic anew: as with a death, what it had
 * handled since the last commits that it told is handled again. `unheard`: the ends that no line tells.
 */
export function lossesOf(
  racecars: readonly RacecarProcess[],
  unheard: readonly Pick<Death, 'pid' | 'at'>[] = [],
): Death[] {
  const told = new Map<number, Map<string, number>>()
  const ends = unheard.map(({ pid, at }): LogLine => ({ pid, at, event: 'unheard', message: '' }))
  return [...racecars.flatMap(racecar => racecar.lines), ...ends]
    .sort((a, b) => a.at - b.at)
    .flatMap(({ event, pid, at, code, offsets, topic }) => {
      const committed = told.get(pid) ?? new Map<string, number>()
      told.set(pid, committed)
      if (event === 'offsets.committed')
        for (const one of offsets as Acknowledged[]) committed.set(where(one), one.offset)
      if (event === 'topic.remade')
        for (const one of committed.keys()) if (one.startsWith(`${topic}/`)) committed.delete(one)
      return isLoss(event, code) ? [{ pid, at, committed: new Map(committed) }] : []
    })
}

const isLoss = (event: string, code: unknown) =>
  ['group.lost', 'topic.remade', 'unheard'].includes(event) || (event === 'slot.exited' && code !== 0)

/**
 * Invariant C, as the workers tell it: no committed offset is followed by a lower one. Who slept tells late of what was before. What
 * was told of a topic before it was deleted, `goneAt`, is nothing to one that is made under the same name.
 */
export function setBack(
  racecars: readonly RacecarProcess[],
  deaths: readonly Death[],
  goneAt: ReadonlyMap<string, number> = new Map(),
): string[] {
  const highest = new Map<string, number>()
  /** Who has just begun a topic anew: a commit that was on its way by then may be told of after that. */
  const begun = new Set<string>()
  const isLate = (by: number, { offset, ...of }: Acknowledged) =>
    deaths.some(({ pid, committed }) => pid === by && offset <= (committed.get(where(of)) ?? 0))
  const look = (pid: number, one: Acknowledged): string[] => {
    const before = highest.get(where(one)) ?? -1
    const isLower = one.offset < before
    const isAnew = isLower && begun.delete(`${pid} ${where(one)}`)
    highest.set(where(one), isAnew ? one.offset : Math.max(before, one.offset))
    return isLower && !isAnew ? [`${where(one)}: ${one.offset} after ${before}`] : []
  }
  return racecars
    .flatMap(racecar => racecar.lines)
    .sort((a, b) => a.at - b.at)
    .flatMap(({ event, pid, at, offsets, topic }) => {
      if (event === 'topic.remade')
        for (const one of highest.keys()) if (one.startsWith(`${topic}/`)) begun.add(`${pid} ${one}`)
      if (event !== 'offsets.committed') return []
      return (offsets as Acknowledged[])
        .filter(one => !isLate(pid, one) && at >= (goneAt.get(one.topic) ?? 0))
        .flatMap(one => look(pid, one))
    })
}
