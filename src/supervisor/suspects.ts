// The messages of one consumer that may be what ends its workers: what these had in hand when they died, how often, and what was
// found guilty. Nobody is who was not alone in hand at the last death, for until then a message that takes long is as suspect as
// the one beside it. Pure book-keeping: knows neither slots nor what is done to the guilty.

import type { InHand, Partition, PartitionAt } from '../events/events.ts'

/** A process that ended of it, perhaps. */
export interface Death {
  readonly run: number
  readonly why: string
}

export interface Suspect extends PartitionAt {
  readonly lastOffset: number
  readonly deaths: readonly Death[]
  /** Where the last of them was. */
  readonly slot: number
  /** Milliseconds for which it was in hand by then. Who has just begun is more likely the cause. */
  readonly forMs: number
}

export interface Convict extends PartitionAt {
  readonly deaths: readonly Death[]
  readonly since: number
  /** When people are to be told of it again. */
  readonly remindAt: number
}

export interface Docket {
  /** The likeliest first. */
  readonly suspects: readonly Suspect[]
  readonly convicts: readonly Convict[]
}

export const EMPTY: Docket = { suspects: [], convicts: [] }

export interface Fatality extends Death {
  readonly slot: number
  readonly inHand: readonly InHand[]
  /** How many were in hand that are not named. */
  readonly more: number
}

type Stretch = PartitionAt & { readonly lastOffset: number }

const isBeside = (one: Partition, other: Partition): boolean =>
  one.topic === other.topic && one.partition === other.partition

/** Of two stretches of a partition: the first one begins, at the latest, where the second one ends. */
const reaches = (one: PartitionAt, other: Stretch): boolean => isBeside(one, other) && one.offset <= other.lastOffset

export const overlap = (one: Stretch, other: Stretch): boolean => reaches(one, other) && reaches(other, one)

/** All that was in hand is suspect; who was so before, one death more. Answers with whom that proves guilty, too. */
export function accused({ suspects, convicts }: Docket, fatality: Fatality, most: number) {
  const { inHand, more } = fatality
  const now = inHand.map(one => moreSuspect(one, suspects, fatality)).sort((a, b) => a.forMs - b.forMs)
  // Messages of a partition are handled in order: what lies before one that was in hand had ended.
  const others = suspects.filter(one => !inHand.some(inHand => reaches(one, inHand)))
  const [first] = now
  const isAlone = inHand.length === 1 && more === 0 && inHand[0]!.alone === true
  const guilty = first && isAlone && first.deaths.length >= most ? first : undefined
  const left = guilty ? exonerated(others, guilty) : [...now, ...others]
  return { docket: { suspects: left, convicts }, guilty }
}

function moreSuspect(one: InHand, suspects: readonly Suspect[], { run, why, slot }: Fatality): Suspect {
  const { topic, partition, forMs } = one
  const before = suspects.find(suspect => overlap(suspect, one))
  return {
    topic,
    partition,
    offset: Math.max(one.offset, before?.offset ?? one.offset),
    lastOffset: Math.min(one.lastOffset, before?.lastOffset ?? one.lastOffset),
    deaths: [...(before?.deaths ?? []), { run, why }],
    slot,
    forMs,
  }
}

/** What the guilty one explains is held against nobody else. */
function exonerated(suspects: readonly Suspect[], guilty: Suspect): Suspect[] {
  const isOther = ({ run }: Death) => !guilty.deaths.some(death => death.run === run)
  return suspects
    .map(suspect => ({ ...suspect, deaths: suspect.deaths.filter(isOther) }))
    .filter(({ deaths }) => deaths.length > 0)
}

/** The handler has ended with these. */
export function cleared({ suspects, convicts }: Docket, ended: Stretch): Docket {
  const left = suspects.flatMap(suspect => {
    if (!overlap(suspect, ended)) return [suspect]
    return suspect.lastOffset <= ended.lastOffset ? [] : [{ ...suspect, offset: ended.lastOffset + 1 }]
  })
  return { suspects: left, convicts }
}

/** The group will begin behind these. */
export function passed({ suspects, convicts }: Docket, committed: readonly PartitionAt[]): Docket {
  const isBehind = (last: PartitionAt) => committed.some(next => isBeside(next, last) && next.offset > last.offset)
  return {
    suspects: suspects.filter(suspect => !isBehind({ ...suspect, offset: suspect.lastOffset })),
    convicts: convicts.filter(convict => !isBehind(convict)),
  }
}
