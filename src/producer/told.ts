// What becomes of produced records, published for whoever listens in this process: of an outbox, whoever it belongs to. Where nobody
// listens a record costs some nanoseconds more.

import type { OutgoingRecord } from '../engine/engine.ts'
import type { Bus } from '../events/bus.ts'
import type { Who } from '../events/local-events.ts'
import type { Entry, Failed } from './topic-line.ts'

export class Told {
  readonly #who: Who
  readonly #queued
  readonly #refused
  readonly #acknowledged
  readonly #undelivered
  readonly #delivered

  constructor(bus: Bus, who: Who) {
    this.#who = who
    this.#queued = bus.tap('message.queued')
    this.#refused = bus.tap('message.refused')
    this.#acknowledged = bus.tap('message.acknowledged')
    this.#undelivered = bus.tap('message.undelivered')
    this.#delivered = bus.tap('messages.delivered')
  }

  /** `waiting`: messages in the outbox, this one included. */
  queued(record: OutgoingRecord, waiting: number): void {
    if (!this.#queued.isWanted) return
    const { clientId, consumer, groupId } = this.#who
    const { topic, partition, bytes } = about(record)
    this.#queued.publish({ clientId, consumer, groupId, topic, partition, bytes, record, waiting })
  }

  refused(record: OutgoingRecord, error: Error): void {
    if (this.#refused.isWanted) this.#refused.publish({ ...this.#who, ...about(record), record, error })
  }

  /** In one answer. */
  delivered(entries: readonly Entry[], now: number): void {
    if (entries.length === 0) return
    const { clientId, consumer, groupId } = this.#who
    if (this.#acknowledged.isWanted) {
      for (const { record, queuedAt } of entries) {
        const { topic, partition, bytes } = about(record)
        const durationMs = now - queuedAt
        this.#acknowledged.publish({ clientId, consumer, groupId, topic, partition, bytes, record, durationMs })
      }
    }
    if (this.#delivered.isWanted) {
      const oldest = entries.reduce((least, { queuedAt }) => Math.min(least, queuedAt), now)
      const durationMs = now - oldest
      this.#delivered.publish({ clientId, consumer, groupId, count: entries.length, durationMs })
    }
  }

  failed(failed: readonly Failed[], now: number): void {
    if (!this.#undelivered.isWanted) return
    for (const { entry, error } of failed) {
      const { record, queuedAt } = entry
      this.#undelivered.publish({ ...this.#who, ...about(record), record, durationMs: now - queuedAt, error })
    }
  }
}

const about = ({ topic, partition, value }: OutgoingRecord) => ({
  topic,
  partition: partition ?? null,
  bytes: value?.length ?? 0,
})
