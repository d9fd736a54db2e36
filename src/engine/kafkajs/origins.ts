// With how many partitions the group began to read each topic: what was added later is read from its start, even where the topic
// is read from its end, or whatever came before somebody looked would be lost. Every commit carries that number, so that the
// next process knows it too, after whatever end. Knows nothing of offsets.

import type { TopicPartition } from '../engine.ts'
import type { Basis } from './protocol.ts'

const MARK = /^rcar:(\d+)$/

export class Origins {
  readonly #sizes = new Map<string, number>()

  /** What an assignment was computed from. */
  noteAll(basis: Basis): void {
    for (const [topic, partitions] of Object.entries(basis)) this.#note(topic, partitions)
  }

  /** From a commit of the group. Without our mark all that is sure is that the group has begun. */
  noteCommit(topic: string, metadata: string | null): void {
    this.#note(topic, Number(MARK.exec(metadata ?? '')?.[1] ?? 0))
  }

  /** What a commit carries. */
  markOf(topic: string): string | null {
    const partitions = this.#sizes.get(topic)
    return partitions === undefined ? null : `rcar:${partitions}`
  }

  /** Of a partition without a commit: whether it was added since the group began. */
  isNew({ topic, partition }: TopicPartition): boolean {
    return partition >= (this.#sizes.get(topic) ?? Number.POSITIVE_INFINITY)
  }

  /** The lowest number counts, because a topic only grows. 0: it was not there, then or in between. */
  #note(topic: string, partitions: number): void {
    this.#sizes.set(topic, Math.min(partitions, this.#sizes.get(topic) ?? partitions))
  }
}
