// With how many partitions the group began to read each topic: what was added later is read from its start, even where the topic
// is read from its end, or whatever came before somebody looked would be lost. Every commit carries that number, so that the
// next process knows it too, after whatever end; and the names of the topics that were not there, which have no commits to carry
// it. Knows nothing of offsets.

import type { TopicPartition } from '../engine.ts'
import type { Basis } from './protocol.ts'

/** `rcar:6`, or `rcar:6 orders.new refunds`. */
const MARK = /^rcar:(\d+)((?: [\w.-]+)*)$/
/** A broker takes 4096 by default. */
const MARK_BYTES = 2048

export class Origins {
  readonly #sizes = new Map<string, number>()

  /** What an assignment was computed from. */
  noteAll(basis: Basis): void {
    for (const [topic, partitions] of Object.entries(basis)) this.#note(topic, partitions)
  }

  /** From a commit of the group. Without our mark all that is sure is that the group has begun. */
  noteCommit(topic: string, metadata: string | null): void {
    const [, partitions = '0', absent = ''] = MARK.exec(metadata ?? '') ?? []
    this.#note(topic, Number(partitions))
    this.noteAbsent(absent.split(' '))
  }

  /** Topics that were not there; what we do not subscribe to is forgotten. */
  noteAbsent(topics: readonly string[]): void {
    for (const topic of topics) if (this.#sizes.has(topic)) this.#note(topic, 0)
  }

  absent(): string[] {
    return [...this.#sizes].filter(([, partitions]) => partitions === 0).map(([topic]) => topic)
  }

  /** What a commit carries. */
  markOf(topic: string): string | null {
    const partitions = this.#sizes.get(topic)
    if (partitions === undefined) return null
    let mark = `rcar:${partitions}`
    for (const name of this.absent()) {
      if (name !== topic && mark.length + name.length < MARK_BYTES) mark += ` ${name}`
    }
    return mark
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
