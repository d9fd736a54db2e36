// What the brokers count of an idempotent producer: for each partition the number of its next record, and the batch whose fate is
// not known. As long as it is not, that batch goes again exactly as it was, whichever of its records are asked for and whatever
// else, for brokers recognise a batch by its numbers: another one under the same would pass for it, and be lost. Pure book-keeping.

import { keyOf, type OutgoingRecord, type TopicPartition } from '../engine.ts'
import type { Identity } from './identity.ts'

/** What is sent of one partition in one request. */
export interface Batch extends TopicPartition {
  readonly records: readonly OutgoingRecord[]
  /** The time of those that have none. */
  readonly now: number
  readonly identity: Identity | undefined
  readonly firstSequence: number
}

interface Place {
  readonly identity: Identity
  readonly next: number
}

/** Brokers count in 31 bits, and go on with 0. */
const WRAPS_AT = 2 ** 31

export class Sequences {
  readonly #places = new Map<string, Place>()
  readonly #doubts = new Map<string, Batch>()
  readonly #batches = new WeakMap<OutgoingRecord, Batch>()
  readonly #stored = new WeakSet<OutgoingRecord>()
  readonly #dropped = new WeakSet<Batch>()

  /** The number of the partition's next record. Under a new identity it is counted from 0. */
  next(of: TopicPartition, identity: Identity | undefined): number {
    const place = this.#places.get(keyOf(of))
    return place !== undefined && place.identity === identity ? place.next : 0
  }

  /** The batch of this partition of which nobody knows whether it is stored. */
  doubtIn(of: TopicPartition): Batch | undefined {
    return this.#doubts.size === 0 ? undefined : this.#doubts.get(keyOf(of))
  }

  doubtOf(record: OutgoingRecord): Batch | undefined {
    if (this.#doubts.size === 0) return undefined
    const batch = this.#batches.get(record)
    return batch !== undefined && this.#isDoubt(batch) ? batch : undefined
  }

  /** Whether it was stored, as is known meanwhile, with a batch that went again because of others. */
  isStored(record: OutgoingRecord): boolean {
    return this.#stored.has(record)
  }

  doubt(batch: Batch): void {
    if (batch.identity === undefined || this.#isDoubt(batch) || this.#dropped.has(batch)) return
    this.#doubts.set(keyOf(batch), batch)
    for (const record of batch.records) this.#batches.set(record, batch)
  }

  /** `asked`: those of which it is told now; the others may be asked for again. */
  settle(batch: Batch, asked: ReadonlySet<OutgoingRecord>): void {
    this.#pass(batch)
    if (!this.#isDoubt(batch)) return
    this.#doubts.delete(keyOf(batch))
    for (const record of batch.records) if (!asked.has(record)) this.#stored.add(record)
  }

  /**
   * It is no longer to go as it was, even where it is under way just now. Says whether it was in doubt: then its numbers are used for
   * no other one, and who has sent it must begin anew.
   */
  drop(batch: Batch): boolean {
    if (!this.#isDoubt(batch)) return false
    this.#doubts.delete(keyOf(batch))
    this.#dropped.add(batch)
    this.#pass(batch)
    return true
  }

  /**
   * Its log is another one, and since when is not known: what was sent last may be in there. Says whether anything of the topic was sent
   * under this identity: then nothing of it can be counted under it any more.
   */
  forget(topic: string, identity: Identity | undefined): boolean {
    for (const batch of this.#doubts.values()) if (batch.topic === topic) this.drop(batch)
    return [...this.#places].some(([key, { identity: of }]) => key.startsWith(`${topic}/`) && of === identity)
  }

  #pass(batch: Batch): void {
    const { identity, firstSequence, records } = batch
    if (identity !== undefined)
      this.#places.set(keyOf(batch), { identity, next: (firstSequence + records.length) % WRAPS_AT })
  }

  #isDoubt(batch: Batch): boolean {
    return this.#doubts.get(keyOf(batch)) === batch
  }
}
