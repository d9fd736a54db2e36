// The partitions that we own, and their way in and out: from an assignment over their position to the sink, and back when they
// are given up or lost. Knows nothing of why.

import type { Bus } from '../../events/bus.ts'
import { type EngineSink, keyOf, type PartitionOffset, type TopicPartition } from '../engine.ts'
import type { Fetcher } from './fetcher.ts'
import type { Positions } from './positions.ts'

interface Owned extends TopicPartition {
  /** Whether the sink knows of it: its position has been found. */
  handed: boolean
}

export interface HoldingsParts {
  readonly sink: Omit<EngineSink, 'failed'>
  readonly bus: Bus
  readonly positions: Positions
  readonly fetcher: Fetcher
}

const plain = ({ topic, partition }: TopicPartition): TopicPartition => ({ topic, partition })

export class Holdings {
  readonly #parts: HoldingsParts
  readonly #owned = new Map<string, Owned>()

  constructor(parts: HoldingsParts) {
    this.#parts = parts
  }

  all(): readonly TopicPartition[] {
    return [...this.#owned.values()].map(plain)
  }

  of(topic: string): readonly TopicPartition[] {
    return this.all().filter(owned => owned.topic === topic)
  }

  owns = (partition: TopicPartition): boolean => this.#owned.has(keyOf(partition))

  /** Resolves when their positions are found and the sink has them: one that has no leader holds up no other. */
  async add(added: readonly TopicPartition[]): Promise<void> {
    const owned = added.map(p => ({ ...plain(p), handed: false }))
    for (const one of owned) this.#owned.set(keyOf(one), one)
    await this.#parts.positions.locate(owned, {
      wanted: one => this.#holds(one),
      found: located => this.#hand(located),
    })
  }

  /** Still ours, but from there: its log is another one than the sink has read. What it has of that, it loses. */
  async beginAnew(partition: TopicPartition, anew: 'start' | number): Promise<void> {
    const { fetcher, positions, sink } = this.#parts
    const owned = this.#owned.get(keyOf(partition))
    if (!owned?.handed) return
    owned.handed = false
    fetcher.remove(owned)
    sink.lost([plain(owned)])
    await positions.locate([owned], {
      anew,
      wanted: one => this.#holds(one),
      found: located => this.#hand(located),
    })
  }

  /** Ours until the sink has finished with them. */
  async giveUp(partitions: readonly TopicPartition[]): Promise<void> {
    const { bus, fetcher, sink } = this.#parts
    const gone = partitions.flatMap(p => this.#owned.get(keyOf(p)) ?? [])
    for (const owned of gone) fetcher.remove(owned)
    const handed = gone.filter(owned => owned.handed).map(plain)
    if (handed.length > 0) {
      await sink.revoked(handed)
      bus.publish('partitions.revoked', { partitions: handed })
    }
    // In the meantime they may have been lost, and given to us again.
    for (const owned of gone) if (this.#holds(owned)) this.#owned.delete(keyOf(owned))
  }

  /** All at once, whatever is in hand. Answers with those that the sink knew. */
  lose(): readonly TopicPartition[] {
    const gone = [...this.#owned.values()]
    this.clear()
    const handed = gone.filter(owned => owned.handed).map(plain)
    if (handed.length > 0) this.#parts.sink.lost(handed)
    return handed
  }

  /** As `lose`, and nobody is told. */
  clear(): void {
    for (const owned of this.#owned.values()) this.#parts.fetcher.remove(owned)
    this.#owned.clear()
  }

  #holds(owned: Owned): boolean {
    return this.#owned.get(keyOf(owned)) === owned
  }

  #hand(located: readonly { readonly p: Owned; readonly offset: number }[]): void {
    const { bus, fetcher, sink } = this.#parts
    const added: PartitionOffset[] = located.map(({ p, offset }) => ({ ...plain(p), offset }))
    for (const { p } of located) p.handed = true
    bus.publish('partitions.assigned', { partitions: added })
    sink.assigned(added)
    for (const partition of added) fetcher.add(partition)
  }
}
