// Who gets which partition: as even as the members' own subscriptions allow, moving as little as that takes, and never what
// somebody else still holds. Pure; the same for every strategy that a member names, since nobody else is in the group.

import { keyOf, type TopicPartition } from '../engine.ts'

export interface Candidate {
  readonly id: string
  readonly topics: ReadonlySet<string>
  /** What it is working on this instant. */
  readonly holds: readonly TopicPartition[]
  /** The generation that it knows: of two that say they hold a partition, the later one is right. */
  readonly since: number
  /** What it was given last: the plan leaves it there where that is fair. */
  readonly had: readonly TopicPartition[]
}

export interface HandedOut {
  readonly given: ReadonlyMap<string, readonly TopicPartition[]>
  /** Something waits for its holder to give it up: another round must follow. */
  readonly unfinished: boolean
}

/** KIP-429: a partition that moves is handed to nobody in the round in which its holder learns that it must give it up. */
export function handOut(candidates: readonly Candidate[], partitions: readonly TopicPartition[]): HandedOut {
  const holder = new Map<string, string>()
  for (const { id, holds } of candidates.toSorted((a, b) => a.since - b.since)) {
    for (const partition of holds) holder.set(keyOf(partition), id)
  }
  let unfinished = false
  const given = new Map<string, readonly TopicPartition[]>()
  for (const { id, gets } of balance(candidates, partitions, holder)) {
    const now = gets.filter(partition => (holder.get(keyOf(partition)) ?? id) === id)
    given.set(id, now)
    unfinished ||= now.length < gets.length
  }
  return { given, unfinished }
}

interface Seat {
  readonly id: string
  readonly topics: ReadonlySet<string>
  readonly gets: TopicPartition[]
}

function balance(
  candidates: readonly Candidate[],
  partitions: readonly TopicPartition[],
  holder: ReadonlyMap<string, string>,
): readonly Seat[] {
  const seats = new Map(candidates.map(({ id, topics }) => [id, { id, topics, gets: [] as TopicPartition[] }]))
  const all = [...seats.values()]
  const before = new Map(candidates.flatMap(({ id, had }) => had.map(partition => [keyOf(partition), id])))
  const homeless = partitions.filter(partition => {
    const key = keyOf(partition)
    const seat = seats.get(holder.get(key) ?? before.get(key) ?? '')
    if (!seat?.topics.has(partition.topic)) return true
    seat.gets.push(partition)
    return false
  })
  for (const partition of homeless) emptiest(all, partition)?.gets.push(partition)
  while (moveOne(all));
  return all
}

function emptiest(seats: readonly Seat[], { topic }: TopicPartition): Seat | undefined {
  return seats
    .filter(({ topics }) => topics.has(topic))
    .reduce<Seat | undefined>(
      (least, seat) => (least && least.gets.length <= seat.gets.length ? least : seat),
      undefined,
    )
}

/** From the fullest first: else one that has already given twice would be given to. Each move makes the squares' sum smaller. */
function moveOne(seats: readonly Seat[]): boolean {
  for (const from of seats.toSorted((a, b) => b.gets.length - a.gets.length)) {
    for (const [index, partition] of [...from.gets.entries()].toReversed()) {
      const to = emptiest(seats, partition)
      if (!to || to.gets.length + 2 > from.gets.length) continue
      from.gets.splice(index, 1)
      to.gets.push(partition)
      return true
    }
  }
  return false
}
