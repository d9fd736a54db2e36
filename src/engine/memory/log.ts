// One partition as the broker keeps it: records in offset order, with gaps where control records or compacted ones lay, a start
// that moves up when records are deleted, and readers that wait for more. Knows nothing of topics, groups or clients.

import type { Header, KafkaRecord } from '../engine.ts'

export interface NewRecord {
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: readonly Header[]
  readonly timestamp: number
}

export type ReadAnswer =
  | {
      readonly kind: 'read'
      readonly records: readonly KafkaRecord[]
      readonly next: number
      readonly bytes: number
      readonly end: number
    }
  | { readonly kind: 'out of range'; readonly start: number; readonly end: number }

// What a record costs beside its contents, roughly as in Kafka's own format.
const RECORD_OVERHEAD = 32

export function sizeOf({ key, value, headers }: NewRecord): number {
  const ofHeaders = headers.reduce((sum, [name, content]) => sum + name.length + (content?.length ?? 0), 0)
  return RECORD_OVERHEAD + (key?.length ?? 0) + (value?.length ?? 0) + ofHeaders
}

export class PartitionLog {
  #records: KafkaRecord[] = []
  #start = 0
  #end = 0
  readonly #readers = new Set<() => void>()

  get start(): number {
    return this.#start
  }

  /** The offset that the next record gets; also the high watermark, since there are no replicas. */
  get end(): number {
    return this.#end
  }

  get records(): readonly KafkaRecord[] {
    return this.#records
  }

  append({ key, value, headers, timestamp }: NewRecord): number {
    const offset = this.#end
    this.#records.push({ offset, key, value, headers, timestamp })
    this.#grow(1)
    return offset
  }

  /** Offsets that no reader ever sees a record for: control records, aborted transactions. */
  skip(count: number): void {
    this.#grow(count)
  }

  /** Takes records out of the middle, as log compaction does; offsets stay. */
  compact(keep: (record: KafkaRecord) => boolean): void {
    this.#records = this.#records.filter(keep)
  }

  deleteBefore(offset: number): void {
    this.#start = Math.min(this.#end, Math.max(this.#start, offset))
    this.#records = this.#records.slice(this.#indexOf(this.#start))
  }

  /** At least one record where there is one, whatever its size (KIP-74). */
  read(position: number, maxBytes: number): ReadAnswer {
    if (position < this.#start || position > this.#end)
      return { kind: 'out of range', start: this.#start, end: this.#end }
    const first = this.#indexOf(position)
    let bytes = 0
    let after = first
    for (let record = this.#records[after]; record; record = this.#records[++after]) {
      const size = sizeOf(record)
      if (after > first && bytes + size > maxBytes) break
      bytes += size
    }
    const next = this.#records[after]?.offset ?? this.#end
    return { kind: 'read', records: this.#records.slice(first, after), next, bytes, end: this.#end }
  }

  /** Resolves when there is more than `position`, at once where there already is. */
  beyond(position: number): Promise<void> {
    if (position !== this.#end) return Promise.resolve()
    return new Promise(resolve => this.#readers.add(resolve))
  }

  #grow(count: number): void {
    this.#end += count
    for (const wake of this.#readers) wake()
    this.#readers.clear()
  }

  /** Index of the first record at or after `offset`. */
  #indexOf(offset: number): number {
    let low = 0
    let high = this.#records.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#records[middle]!.offset < offset) low = middle + 1
      else high = middle
    }
    return low
  }
}
