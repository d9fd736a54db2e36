// The partitions that this member owns, each with its position and a fetch of its own: what the sink wants is fetched and
// handed over in order, and what was under way for an older position is thrown away. Knows nothing of the group, but that a
// position which the log does not hold, and where it goes on, are one step for whoever keeps both.

import type { Bus } from '../../events/bus.ts'
import { type EngineSink, keyOf, type OutOfRange, type PartitionOffset, type TopicPartition } from '../engine.ts'
import { type Reset, resetOf } from '../out-of-range.ts'
import type { MemoryCluster } from './cluster.ts'
import { Unreachable } from './link.ts'
import type { ReadAnswer } from './log.ts'
import type { Remote } from './remote.ts'

export interface PartitionsParts {
  readonly remote: Remote
  readonly sink: Pick<EngineSink, 'assigned' | 'lost' | 'wants' | 'records'>
  readonly bus: Bus
  /** Most bytes in one fetch of this topic. */
  readonly maxBytes: (topic: string) => number
  readonly offsetOutOfRange: OutOfRange
  /** Stores a position for the group. */
  readonly keep: (cluster: MemoryCluster, at: PartitionOffset) => void
  readonly onBug: (error: unknown) => void
}

/** One ownership, from being given a partition to having given it up. Being given it again makes another one. */
export interface Hold {
  readonly at: TopicPartition
}

type Read = Extract<ReadAnswer, { kind: 'read' }>
type Answer = Read | { readonly kind: 'reset'; readonly reset: Reset }

interface Owned extends Hold {
  position: number
  /** Changes with each seek: an answer to a fetch of an older epoch is nobody's. */
  epoch: object
  fetching: boolean
  /** Nothing of it has been handed over yet. */
  isFresh: boolean
  /** Being given up: nothing is fetched, but what is in hand may still be committed. */
  leaving: boolean
}

export class Partitions {
  readonly #parts: PartitionsParts
  readonly #owned = new Map<string, Owned>()

  constructor(parts: PartitionsParts) {
    this.#parts = parts
  }

  /** Without those that are being given up. */
  get staying(): readonly TopicPartition[] {
    return [...this.#owned.values()].filter(({ leaving }) => !leaving).map(({ at }) => at)
  }

  hold(at: TopicPartition): Hold | undefined {
    return this.#owned.get(keyOf(at))
  }

  add(added: readonly PartitionOffset[]): void {
    for (const { topic, partition, offset } of added) {
      const at = { topic, partition }
      this.#owned.set(keyOf(at), { at, position: offset, epoch: {}, fetching: false, isFresh: true, leaving: false })
    }
  }

  retire(gone: readonly TopicPartition[]): void {
    for (const at of gone) {
      const owned = this.#owned.get(keyOf(at))
      if (owned) owned.leaving = true
    }
  }

  drop(gone: readonly TopicPartition[]): void {
    for (const at of gone) this.#owned.delete(keyOf(at))
  }

  dropAll(): readonly TopicPartition[] {
    const gone = [...this.#owned.values()].map(({ at }) => at)
    this.#owned.clear()
    return gone
  }

  seek({ topic, partition, offset }: PartitionOffset): void {
    const owned = this.#owned.get(keyOf({ topic, partition }))
    if (!owned) return
    owned.position = offset
    owned.epoch = {}
    owned.fetching = false
    this.#pump(owned)
  }

  /** Fetches wherever something is wanted and no fetch is under way. */
  pump(): void {
    for (const owned of this.#owned.values()) this.#pump(owned)
  }

  #pump(owned: Owned): void {
    if (owned.fetching || !this.#isCurrent(owned, owned.epoch)) return
    const wanted = this.#parts.sink.wants(owned.at)
    if (wanted <= 0) return
    owned.fetching = true
    const { epoch } = owned
    this.#fetch(owned, epoch, Math.min(wanted, this.#parts.maxBytes(owned.at.topic))).catch(this.#parts.onBug)
  }

  async #fetch(owned: Owned, epoch: object, maxBytes: number): Promise<void> {
    const { remote } = this.#parts
    const { at, position } = owned
    for (let failures = 0; this.#isCurrent(owned, epoch); ) {
      try {
        const isCurrent = () => this.#isCurrent(owned, epoch)
        const answer = await remote.call(cluster => this.#read(cluster, owned, { maxBytes, isCurrent }))
        if (!answer) return
        const hasNews = answer.kind === 'reset' || answer.next > position
        if (!hasNews) await remote.call(cluster => cluster.log(at).beyond(position))
        if (!isCurrent()) return
        owned.fetching = false
        // After a wait the sink is asked anew: it may have changed its mind.
        if (hasNews) this.#take(owned, answer)
        return this.#pump(owned)
      } catch (error) {
        if (!(error instanceof Unreachable)) throw error
        await remote.pause(++failures)
      }
    }
  }

  /** Undefined where nobody wants it any more. */
  #read(
    cluster: MemoryCluster,
    { at, position, isFresh }: Owned,
    { maxBytes, isCurrent }: { maxBytes: number; isCurrent: () => boolean },
  ): Answer | undefined {
    if (!isCurrent()) return undefined
    const answer = cluster.log(at).read(position, maxBytes)
    if (answer.kind === 'read') return answer
    const reset = resetOf({ ...at, offset: position }, answer, this.#parts.offsetOutOfRange)
    if (isFresh || reset.to < position) this.#parts.keep(cluster, { ...at, offset: reset.to })
    return { kind: 'reset', reset }
  }

  #take(owned: Owned, answer: Answer): void {
    if (answer.kind === 'read') return this.#handOver(owned, answer)
    const { to, end } = answer.reset
    this.#parts.bus.publish('offset.reset', answer.reset)
    if (to < owned.position) return this.#beginAnew(owned, to)
    this.#handOver(owned, { records: [], next: to, bytes: 0, end })
  }

  #handOver(owned: Owned, { records, next, bytes, end }: Omit<Read, 'kind'>): void {
    owned.position = next
    owned.isFresh = false
    this.#parts.sink.records({ ...owned.at, records, next, bytes, highWatermark: end })
  }

  /** What the sink has counts no more: it takes nothing below the position that it was given. */
  #beginAnew(owned: Owned, offset: number): void {
    const { bus, sink } = this.#parts
    const { at } = owned
    owned.position = offset
    owned.isFresh = true
    sink.lost([at])
    bus.publish('partitions.assigned', { partitions: [{ ...at, offset }] })
    sink.assigned([{ ...at, offset }])
  }

  #isCurrent(owned: Owned, epoch: object): boolean {
    return this.#owned.get(keyOf(owned.at)) === owned && owned.epoch === epoch && !owned.leaving
  }
}
