// What is known of the topics: which partitions there are, and who leads each. Refreshed from time to time and when somebody
// finds it stale, by one request at a time and never in a storm. Missing topics are said once and looked for again.

import type { Bus } from '../../events/bus.ts'
import { type Cancel, type Clock, sleep } from '../../lib/clock.ts'
import type { MetadataAnswer } from './answers.ts'
import type { Brokers } from './brokers.ts'
import { actionOf, codeOf, KafkaError } from './codes.ts'

/** Shortest time between two requests, and how often a missing topic or leader is looked for. */
const LEAST_MS = 250
const MISSING_MS = 2_000

const GONE: readonly number[] = [codeOf('UNKNOWN_TOPIC_OR_PARTITION'), codeOf('INVALID_TOPIC_EXCEPTION')]

export interface TopologyParts {
  readonly brokers: Brokers
  readonly maxAge: number
  readonly bus: Bus
  readonly clock: Clock
  /** The number of partitions of some topic is another than before. */
  readonly onChange: () => void
  readonly onDenied: (error: KafkaError) => void
}

export class Topology {
  readonly #parts: TopologyParts
  readonly #topics = new Set<string>()
  readonly #leaders = new Map<string, Map<number, number>>()
  readonly #missing = new Set<string>()
  #refreshing: Promise<void> | undefined
  #refreshedAt = Number.NEGATIVE_INFINITY
  #timer: Cancel = () => {}
  #closed = false

  constructor(parts: TopologyParts) {
    this.#parts = parts
  }

  /** Topics that are kept known from now on; those of other members of the group too, for a leader must assign them. */
  async know(topics: Iterable<string>): Promise<void> {
    const before = this.#topics.size
    for (const topic of topics) this.#topics.add(topic)
    if (this.#topics.size > before) await this.refresh({ now: true })
  }

  counts(): ReadonlyMap<string, number> {
    return new Map([...this.#leaders].map(([topic, partitions]) => [topic, partitions.size]))
  }

  partitionsOf(topic: string): readonly number[] {
    return [...(this.#leaders.get(topic)?.keys() ?? [])]
  }

  /** The node that leads; undefined while nobody does or it is not known. */
  leaderOf(topic: string, partition: number): number | undefined {
    const leader = this.#leaders.get(topic)?.get(partition)
    return leader === undefined || leader < 0 ? undefined : leader
  }

  /** Rejects when no broker answers. Without `now` calls share one request, and at most one in 250 ms is sent; with it, one is sent after the call. */
  refresh({ now = false } = {}): Promise<void> {
    if (this.#refreshing) {
      const again = () => this.refresh({ now })
      return now ? this.#refreshing.then(again, again) : this.#refreshing
    }
    this.#refreshing = this.#refresh(now).finally(() => {
      this.#refreshing = undefined
    })
    return this.#refreshing
  }

  close(): void {
    this.#closed = true
    this.#timer()
  }

  async #refresh(now: boolean): Promise<void> {
    const { brokers, clock } = this.#parts
    const age = clock.now() - this.#refreshedAt
    if (!now && age < LEAST_MS) await sleep(clock, LEAST_MS - age)
    if (this.#closed) return
    this.#refreshedAt = clock.now()
    try {
      const before = this.#signature()
      this.#take(await brokers.metadata([...this.#topics]))
      if (before !== this.#signature()) this.#parts.onChange()
    } finally {
      this.#schedule()
    }
  }

  #take(answer: MetadataAnswer): void {
    for (const { topic, topicErrorCode, partitionMetadata } of answer.topicMetadata) {
      const action = actionOf(topicErrorCode)
      if (action === 'ok') {
        this.#missing.delete(topic)
        this.#leaders.set(topic, new Map(partitionMetadata.map(({ partitionId, leader }) => [partitionId, leader])))
      } else if (action === 'denied') {
        this.#parts.onDenied(new KafkaError(`topic ${topic}`, topicErrorCode))
      } else if (GONE.includes(topicErrorCode)) {
        // Any other error is a passing one, and what was known before stays: a leader would take the partitions from their owners.
        this.#leaders.delete(topic)
        if (this.#missing.has(topic)) continue
        this.#missing.add(topic)
        this.#parts.bus.publish('topic.missing', { topic })
      }
    }
  }

  #signature(): string {
    return JSON.stringify([...this.counts()].sort())
  }

  #schedule(): void {
    this.#timer()
    if (this.#closed) return
    const wait = this.#missing.size > 0 ? Math.min(MISSING_MS, this.#parts.maxAge) : this.#parts.maxAge
    // A failure is met again, and reported, by whoever needs the brokers next.
    this.#timer = this.#parts.clock.after(wait, () => void this.refresh().catch(() => {}))
  }
}
