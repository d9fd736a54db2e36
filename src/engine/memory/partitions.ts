// The partitions that this member owns, each with its position and a fetch of its own: what the sink wants is fetched and
// handed over in order, and what was under way for an older position is thrown away. Knows nothing of the group.

import type { Bus } from '../../events/bus.ts'
import { type EngineSink, keyOf, type PartitionOffset, type TopicPartition } from '../engine.ts'
import { Unreachable } from './link.ts'
import type { ReadAnswer } from './log.ts'
import type { Remote } from './remote.ts'

export interface PartitionsParts {
  readonly remote: Remote
  readonly sink: Pick<EngineSink, 'wants' | 'records' | 'lost' | 'assigned'>
  readonly bus: Bus
  /** Most bytes in one fetch of this topic. */
  readonly maxBytes: (topic: string) => number
  readonly onBug: (error: unknown) => void
}

/** One ownership, from being given a partition to having given it up. Being given it again makes another one. */
export interface Hold {
  readonly at: TopicPartition
}

interface Owned extends Hold {
  position: number
  /** Changes with each seek: an answer to a fetch of an older epoch is nobody's. */
  epoch: object
  fetching: boolean
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
      this.#owned.set(keyOf(at), { at, position: offset, epoch: {}, fetching: false, leaving: false })
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
        const answer = await remote.call(cluster => cluster.log(at).read(position, maxBytes))
        const hasNews = answer.kind === 'out of range' || answer.next > position
        if (!hasNews) await remote.call(cluster => cluster.log(at).beyond(position))
        if (!this.#isCurrent(owned, epoch)) return
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

  #take(owned: Owned, answer: ReadAnswer): void {
    const { at, position } = owned
    if (answer.kind === 'read') {
      const { records, next, bytes, end } = answer
      owned.position = next
      this.#parts.sink.records({ ...at, records, next, bytes, highWatermark: end })
    } else {
      const to = answer.start
      owned.position = to
      this.#parts.bus.publish('offset.reset', { ...at, from: position, to, skipped: to - position })
      if (to < position) this.#beginAnew({ ...at, offset: to })
    }
  }

  /** The sink takes nothing from before what it has had. */
  #beginAnew(at: PartitionOffset): void {
    const { bus, sink } = this.#parts
    const { topic, partition } = at
    sink.lost([{ topic, partition }])
    bus.publish('partitions.assigned', { partitions: [at] })
    sink.assigned([at])
  }

  #isCurrent(owned: Owned, epoch: object): boolean {
    return this.#owned.get(keyOf(owned.at)) === owned && owned.epoch === epoch && !owned.leaving
  }
}
