// The board on which a sticky plan is made: who holds which partition, and moves that even out the loads. It moves no more than
// that takes, and first what has no home yet. Knows nothing of claims, generations or rounds.
//
// Subscriptions may differ, so that a load can often be evened out only along a route: the fullest member hands a partition to
// a second, which hands another one to a third. A sharing-out is as even as it can be when no route leads from any member to
// one with at least two partitions less; `level` goes on until there is none.

import { keyOf, type TopicPartition } from '../../engine.ts'
import { inOrder } from './assigner.ts'

interface Card extends TopicPartition {
  /** Where it stays if it can. */
  readonly home: Seat | undefined
}

interface Seat {
  readonly memberId: string
  load: number
  readonly cards: Map<string, Card[]>
}

/** `homeless`: only what lies elsewhere than at its home may move. */
type Movable = 'homeless' | 'all'

const mayMove = (card: Card, from: Seat, movable: Movable): boolean => movable === 'all' || card.home !== from
const heldOf = (topic: string, by: Seat): number => by.cards.get(topic)?.length ?? 0

export class Board {
  readonly #seats: readonly Seat[]
  readonly #byTopic: ReadonlyMap<string, readonly Seat[]>
  readonly #placed = new Set<string>()

  /** `memberIds` in their order of precedence; `subscribers` by topic, in that order as well. */
  constructor({ memberIds, subscribers }: BoardParts) {
    this.#seats = memberIds.map(memberId => ({ memberId, load: 0, cards: new Map() }))
    const seats = new Map(this.#seats.map(seat => [seat.memberId, seat]))
    this.#byTopic = new Map([...subscribers].map(([topic, ids]) => [topic, ids.map(id => seats.get(id)!)]))
  }

  /** Leaves the partition with its owner, if that one still subscribes to the topic. */
  keep({ topic, partition }: TopicPartition, memberId: string): void {
    const home = this.#byTopic.get(topic)?.find(seat => seat.memberId === memberId)
    if (home !== undefined) this.#put({ topic, partition, home }, home)
  }

  has(partition: TopicPartition): boolean {
    return this.#placed.has(keyOf(partition))
  }

  /** Gives the partition to the subscriber with the lowest load; of several to the one with the fewest of the topic. */
  deal({ topic, partition }: TopicPartition): void {
    const poorest = this.#byTopic
      .get(topic)!
      .reduce((best, seat) => ((seat.load - best.load || heldOf(topic, seat) - heldOf(topic, best)) < 0 ? seat : best))
    this.#put({ topic, partition, home: undefined }, poorest)
  }

  /** Evens the loads out as far as the subscriptions let it. */
  level(movable: Movable): void {
    // Nobody behind whom no route leads down can become part of a route from somebody with no higher load.
    const settled = new Set<Seat>()
    for (;;) {
      const open = this.#seats.filter(seat => !settled.has(seat))
      if (open.length === 0) return
      const fullest = open.reduce((best, seat) => (seat.load > best.load ? seat : best))
      const { route, reached } = this.#search(fullest, movable, settled)
      if (route === undefined) for (const seat of reached) settled.add(seat)
      else for (let i = 1; i < route.length; i++) this.#hand(route[i - 1]!, route[i]!, movable)
    }
  }

  shares(): Map<string, TopicPartition[]> {
    return new Map(
      this.#seats.map(({ memberId, cards }) => [
        memberId,
        inOrder([...cards.values()].flat().map(({ topic, partition }) => ({ topic, partition }))),
      ]),
    )
  }

  #put(card: Card, seat: Seat): void {
    const cards = seat.cards.get(card.topic)
    if (cards === undefined) seat.cards.set(card.topic, [card])
    else cards.push(card)
    seat.load++
    this.#placed.add(keyOf(card))
  }

  /** Breadth first: the shortest route to the member with the lowest load that is at least two below `from`. */
  #search(from: Seat, movable: Movable, settled: ReadonlySet<Seat>): { route: Seat[] | undefined; reached: Seat[] } {
    const cameFrom = new Map<Seat, Seat | undefined>([[from, undefined]])
    const seen = new Set<string>()
    let goal: Seat | undefined
    for (const seat of cameFrom.keys()) {
      for (const [topic, cards] of seat.cards) {
        if (seen.has(topic) || !cards.some(card => mayMove(card, seat, movable))) continue
        seen.add(topic)
        for (const next of this.#byTopic.get(topic)!) {
          if (cameFrom.has(next) || settled.has(next)) continue
          cameFrom.set(next, seat)
          if (next.load < Math.min(goal?.load ?? Infinity, from.load - 1)) goal = next
        }
      }
    }
    const route: Seat[] = []
    for (let seat = goal; seat !== undefined; seat = cameFrom.get(seat)) route.unshift(seat)
    return { route: goal && route, reached: [...cameFrom.keys()] }
  }

  #hand(from: Seat, to: Seat, movable: Movable): void {
    const card = this.#choose(from, to, movable)
    const rest = from.cards.get(card.topic)!.filter(other => other !== card)
    if (rest.length > 0) from.cards.set(card.topic, rest)
    else from.cards.delete(card.topic)
    from.load--
    this.#put(card, to)
  }

  /** One that is not at home if there is one; of those one of the topic that the two hold most unequally. */
  #choose(from: Seat, to: Seat, movable: Movable): Card {
    const worth = (card: Card): number =>
      (card.home === from ? 0 : 1e6) + heldOf(card.topic, from) - heldOf(card.topic, to)
    return [...from.cards]
      .filter(([topic]) => this.#byTopic.get(topic)!.includes(to))
      .flatMap(([, cards]) => cards.filter(card => mayMove(card, from, movable)))
      .reduce((best, card) => (worth(card) > worth(best) ? card : best))
  }
}

export interface BoardParts {
  readonly memberIds: readonly string[]
  readonly subscribers: ReadonlyMap<string, readonly string[]>
}
