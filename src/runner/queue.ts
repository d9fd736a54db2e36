// What was fetched of one partition and waits for its handler, in order. It answers with the position that each step leads to,
// gaps left by control records, aborted transactions and compaction included. Knows nothing of handlers.

import type { FetchedBatch, KafkaRecord } from '../engine/engine.ts'

/** Bytes that wait in a worker, over all its partitions. */
export interface Pool {
  bytes: number
}

interface Chunk {
  readonly records: readonly KafkaRecord[]
  readonly next: number
  readonly bytes: number
  readonly arrivedAt: number
}

export class Queue {
  readonly #pool: Pool
  /** In order; the first one holds the record at the front, and empty ones follow only others. */
  readonly #chunks: Chunk[] = []
  #front: readonly KafkaRecord[] = []
  #index = 0
  #count = 0
  #bytes = 0
  #position: number
  #end: number

  constructor(start: number, pool: Pool) {
    this.#pool = pool
    this.#position = start
    this.#end = start
  }

  /** How many records wait. */
  get count(): number {
    return this.#count
  }

  /** The next offset to process. */
  get position(): number {
    return this.#position
  }

  /** Bytes of the records that wait; of a batch in part its share. */
  get bytes(): number {
    const first = this.#chunks[0]
    return first ? this.#bytes - (first.bytes * this.#index) / first.records.length : 0
  }

  /** When the record at the front came in; undefined where none waits. */
  get waitingSince(): number | undefined {
    return this.#chunks[0]?.arrivedAt
  }

  push({ records, next, bytes }: FetchedBatch, arrivedAt: number): void {
    if (next <= this.#end) return
    // The port promises none below the position; a second handling of a committed offset is not worth trusting it.
    const fresh = records.length > 0 && records[0]!.offset < this.#end ? this.#afterEnd(records) : records
    this.#end = next
    if (this.#count === 0 && fresh.length === 0) {
      this.#position = next
      return
    }
    this.#chunks.push({ records: fresh, next, bytes, arrivedAt })
    this.#bytes += bytes
    this.#pool.bytes += bytes
    if (this.#count === 0) this.#front = fresh
    this.#count += fresh.length
  }

  /** The record at the front. Only where one waits. */
  first(): KafkaRecord {
    return this.#front[this.#index]!
  }

  /** The offset of the `count`-th record. Only where as many wait. */
  offsetOf(count: number): number {
    let index = this.#index + count - 1
    for (const { records } of this.#chunks) {
      if (index < records.length) return records[index]!.offset
      index -= records.length
    }
    throw new RangeError(`fewer than ${count} records wait`)
  }

  /** The first `count` records. Only where as many wait. */
  peek(count: number): readonly KafkaRecord[] {
    const taken = this.#front.slice(this.#index, this.#index + count)
    for (let chunk = 1; taken.length < count; chunk++) {
      for (const record of this.#chunks[chunk]!.records) if (taken.length < count) taken.push(record)
    }
    return taken
  }

  /** The first `count` records are done with; answers the next offset to process. */
  drop(count: number): number {
    let left = count
    this.#count -= count
    while (this.#index + left >= this.#front.length) {
      left -= this.#front.length - this.#index
      this.#dropChunk()
      if (left === 0) return this.#position
    }
    this.#index += left
    this.#position = this.#front[this.#index - 1]!.offset + 1
    return this.#position
  }

  /** Forgets everything; what comes next begins at `position`. */
  restart(position: number): void {
    this.#pool.bytes -= this.#bytes
    this.#chunks.length = 0
    this.#front = []
    this.#index = 0
    this.#count = 0
    this.#bytes = 0
    this.#position = position
    this.#end = position
  }

  /** The first chunk, and all empty ones behind it. */
  #dropChunk(): void {
    do {
      const done = this.#chunks.shift()!
      this.#bytes -= done.bytes
      this.#pool.bytes -= done.bytes
      this.#position = done.next
    } while (this.#chunks[0]?.records.length === 0)
    this.#front = this.#chunks[0]?.records ?? []
    this.#index = 0
  }

  #afterEnd(records: readonly KafkaRecord[]): readonly KafkaRecord[] {
    return records.filter(({ offset }) => offset >= this.#end)
  }
}
