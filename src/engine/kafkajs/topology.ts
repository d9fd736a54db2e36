// What is known of the topics: which partitions there are, and who leads each. Refreshed from time to time and when somebody
// finds it stale, by one request at a time and never in a storm. Missing topics are said once and looked for again.

import type { Bus } from '../../events/bus.ts'
import { type Cancel, type Clock, sleep } from '../../lib/clock.ts'
import type { Brokers } from './brokers.ts'
import { actionOf, codeOf, KafkaError } from './codes.ts'
import type { MetadataAnswer } from './metadata.ts'

/** Shortest time between two requests, and how often a missing topic or leader is looked for. */
const LEAST_MS = 250
const MISSING_MS = 2_000
/** For so long a topic that we know may be missing before it is believed: a broker that lags behind does not know it yet. */
const DOUBT_MS = 1_000

const GONE: readonly number[] = [codeOf('UNKNOWN_TOPIC_OR_PARTITION'), codeOf('INVALID_TOPIC_EXCEPTION')]

export interface TopologyParts {
  readonly brokers: Brokers
  readonly maxAge: number
  readonly bus: Bus
  readonly clock: Clock
  /** The topics have been looked at. */
  readonly onSeen: () => void
  /** A topic was deleted and made again under its name: its partitions have nothing to do with those that were known. */
  readonly onRemade: (topic: string) => void
  /** One that is needed may not be seen. */
  readonly onDenied: (error: KafkaError) => void
}

export class Topology {
  readonly #parts: TopologyParts
  readonly #topics = new Set<string>()
  /** Of these, those without which nothing goes on. */
  readonly #needed = new Set<string>()
  readonly #denied = new Map<string, KafkaError>()
  readonly #leaders = new Map<string, Map<number, number>>()
  readonly #ids = new Map<string, string>()
  /** Since when, on the clock's scale. */
  readonly #missing = new Map<string, number>()
  readonly #closing = new AbortController()
  #refreshing: Promise<void> | undefined
  /** The one after that, which all share who want to know how it is now. */
  #following: Promise<void> | undefined
  #refreshedAt = Number.NEGATIVE_INFINITY
  #timer: Cancel = () => {}

  constructor(parts: TopologyParts) {
    this.#parts = parts
  }

  /**
   * Topics that are kept known from now on; those of other members of the group too, for a leader must assign them. One that is not
   * `needed` may be denied: whoever asks for it is told by `deniedOf`.
   */
  async know(topics: Iterable<string>, { needed = true } = {}): Promise<void> {
    let isNew = false
    for (const topic of topics) {
      this.#topics.add(topic)
      if (needed) this.#needed.add(topic)
      isNew ||= !this.#leaders.has(topic) && !this.#missing.has(topic)
    }
    if (isNew) await this.refresh({ now: true })
  }

  counts(): ReadonlyMap<string, number> {
    return new Map([...this.#leaders].map(([topic, partitions]) => [topic, partitions.size]))
  }

  partitionsOf(topic: string): readonly number[] {
    return [...(this.#leaders.get(topic)?.keys() ?? [])]
  }

  /** Why nothing is known of a topic, where we may not see it. */
  deniedOf(topic: string): KafkaError | undefined {
    return this.#denied.get(topic)
  }

  /** The node that leads; undefined while nobody does or it is not known. */
  leaderOf(topic: string, partition: number): number | undefined {
    const leader = this.#leaders.get(topic)?.get(partition)
    return leader === undefined || leader < 0 ? undefined : leader
  }

  /** Rejects when no broker answers. Calls share one request; without `now` at most one in 250 ms is sent, with it the one that counts is sent after the call. */
  refresh({ now = false } = {}): Promise<void> {
    if (this.#refreshing) {
      if (!now) return this.#refreshing
      const again = () => {
        this.#following = undefined
        return this.refresh({ now })
      }
      this.#following ??= this.#refreshing.then(again, again)
      return this.#following
    }
    this.#refreshing = this.#refresh(now).finally(() => {
      this.#refreshing = undefined
    })
    return this.#refreshing
  }

  close(): void {
    this.#closing.abort()
    this.#timer()
  }

  async #refresh(now: boolean): Promise<void> {
    const { brokers, clock, onSeen } = this.#parts
    const { signal } = this.#closing
    const age = clock.now() - this.#refreshedAt
    if (!now && age < LEAST_MS) await sleep(clock, LEAST_MS - age, signal)
    if (signal.aborted) return
    this.#refreshedAt = clock.now()
    try {
      this.#take(await brokers.metadata([...this.#topics]))
      onSeen()
    } finally {
      this.#schedule()
    }
  }

  #take(answer: MetadataAnswer): void {
    for (const { topic, topicId, topicErrorCode, partitionMetadata } of answer.topicMetadata) {
      const action = actionOf(topicErrorCode)
      if (action !== 'denied') this.#denied.delete(topic)
      if (action === 'ok') {
        this.#missing.delete(topic)
        this.#leaders.set(topic, new Map(partitionMetadata.map(({ partitionId, leader }) => [partitionId, leader])))
        if (topicId !== undefined) this.#identify(topic, topicId)
      } else if (action === 'denied') {
        const error = new KafkaError(`topic ${topic}`, topicErrorCode, { right: `Read on the topic ${topic}` })
        this.#denied.set(topic, error)
        if (this.#needed.has(topic)) this.#parts.onDenied(error)
      } else if (GONE.includes(topicErrorCode)) {
        // Any other error is a passing one, and what was known before stays: a leader would take the partitions from their owners.
        this.#miss(topic)
      }
    }
  }

  #identify(topic: string, id: string): void {
    const before = this.#ids.get(topic)
    this.#ids.set(topic, id)
    if (before === undefined || before === id) return
    this.#parts.onRemade(topic)
  }

  #miss(topic: string): void {
    const now = this.#parts.clock.now()
    const isKnown = this.#leaders.has(topic)
    const since = this.#missing.get(topic)
    this.#missing.set(topic, since ?? now)
    if (isKnown ? now - (since ?? now) < DOUBT_MS : since !== undefined) return
    this.#leaders.delete(topic)
    this.#parts.bus.publish('topic.missing', { topic })
  }

  #schedule(): void {
    this.#timer()
    if (this.#closing.signal.aborted) return
    const wait = this.#missing.size > 0 ? Math.min(MISSING_MS, this.#parts.maxAge) : this.#parts.maxAge
    // A failure is met again, and reported, by whoever needs the brokers next.
    this.#timer = this.#parts.clock.after(wait, () => void this.refresh().catch(() => {}))
  }
}
