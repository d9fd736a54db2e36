// One record of a batch, lazily: it keeps its place in the bytes of the batch, and makes Buffers when they are asked for. Knows
// nothing of batches.

import type { Header, KafkaRecord } from '../engine.ts'
import { Reader } from './bytes.ts'

export class BatchRecord implements KafkaRecord {
  readonly offset: number
  readonly timestamp: number
  private readonly data: Buffer
  private readonly keyAt: number
  private readonly keyLength: number
  private readonly valueAt: number
  private readonly valueLength: number

  constructor(
    data: Buffer,
    offset: number,
    timestamp: number,
    keyAt: number,
    keyLength: number,
    valueAt: number,
    valueLength: number,
  ) {
    this.data = data
    this.offset = offset
    this.timestamp = timestamp
    this.keyAt = keyAt
    this.keyLength = keyLength
    this.valueAt = valueAt
    this.valueLength = valueLength
  }

  get key(): Buffer | null {
    return this.keyLength < 0 ? null : this.data.subarray(this.keyAt, this.keyAt + this.keyLength)
  }

  get value(): Buffer | null {
    return this.valueLength < 0 ? null : this.data.subarray(this.valueAt, this.valueAt + this.valueLength)
  }

  get headers(): readonly Header[] {
    const reader = new Reader(this.data, this.valueAt + Math.max(0, this.valueLength))
    const headers: Header[] = []
    for (let left = reader.varint(); left > 0; left--) {
      const name = bytesOf(reader)
      headers.push([name?.toString('utf8') ?? '', bytesOf(reader)])
    }
    return headers
  }
}

function bytesOf(reader: Reader): Buffer | null {
  const length = reader.varint()
  if (length < 0) return null
  const from = reader.at
  reader.at += length
  return reader.data.subarray(from, reader.at)
}
