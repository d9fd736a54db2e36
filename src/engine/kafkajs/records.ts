// Record batches (message format v2, Kafka 0.11 and later) to records, lazily: a record keeps its place in the batch, and makes
// Buffers when they are asked for. Decoded here and not by kafkajs because a position must move past control records, aborted
// transactions and offsets that compaction has removed, which its list of messages no longer shows.
// Layout: https://kafka.apache.org/documentation/#recordbatch

import type { Header, KafkaRecord } from '../engine.ts'
import { Reader } from './bytes.ts'
import { codecOf, decodeOldMessages } from './wire.ts'

const HEADER_BYTES = 61
const LENGTH_AT = 8
const MAGIC_AT = 16
const PREFIX_BYTES = 12
const LOG_APPEND_TIME = 0x08
const TRANSACTIONAL = 0x10
const CONTROL = 0x20
const ABORT_MARKER = 0

export interface AbortedTransaction {
  readonly producerId: string
  readonly firstOffset: number
}

export interface Decoded {
  readonly records: KafkaRecord[]
  /** Offset after the last complete batch; undefined when there is none. */
  readonly next: number | undefined
  /** Bytes that the records keep in memory. */
  readonly bytes: number
}

class BatchRecord implements KafkaRecord {
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

/**
 * All records of `data` from offset `from` on that a reader of committed data may see. A batch that is cut off at the end, as
 * a broker may send it, is left for the next fetch.
 */
export async function decodeRecords(
  data: Buffer,
  from: number,
  aborted: readonly AbortedTransaction[],
): Promise<Decoded> {
  const records: KafkaRecord[] = []
  const transactions = new Transactions(aborted)
  let next: number | undefined
  let bytes = 0
  let at = 0
  while (data.length - at > MAGIC_AT) {
    const end = at + PREFIX_BYTES + data.readInt32BE(at + LENGTH_AT)
    if (end > data.length) break
    if (data[at + MAGIC_AT]! < 2) return withOld(records, await decodeOld(data.subarray(at), from), data.length)
    const batch = readBatchHeader(data, at)
    next = batch.lastOffset + 1
    if (next > from && transactions.shows(batch, data)) {
      const codec = codecOf(batch.attributes)
      const body = data.subarray(at + HEADER_BYTES, end)
      const plain = codec ? await codec.decompress(body) : body
      readRecords(plain, batch, from, records)
      bytes += plain.length
    }
    at = end
  }
  return { records, next, bytes }
}

// Old messages have neither transactions nor control records: the last one tells where to go on.
function withOld(records: KafkaRecord[], old: KafkaRecord[], bytes: number): Decoded {
  const last = old.at(-1)
  return { records: records.concat(old), next: last && last.offset + 1, bytes }
}

interface BatchHeader {
  readonly baseOffset: number
  readonly lastOffset: number
  readonly attributes: number
  readonly firstTimestamp: number
  readonly maxTimestamp: number
  readonly producerId: string
  readonly count: number
  /** Where the first record of an uncompressed batch begins. */
  readonly bodyAt: number
}

function readBatchHeader(data: Buffer, at: number): BatchHeader {
  const reader = new Reader(data, at)
  const baseOffset = reader.int64()
  reader.at = at + 21
  const attributes = reader.int16()
  const lastOffset = baseOffset + reader.int32()
  const firstTimestamp = reader.int64()
  const maxTimestamp = reader.int64()
  const producerId = attributes & TRANSACTIONAL ? reader.id64() : ''
  reader.at = at + HEADER_BYTES - 4
  return {
    baseOffset,
    lastOffset,
    attributes,
    firstTimestamp,
    maxTimestamp,
    producerId,
    count: reader.int32(),
    bodyAt: at + HEADER_BYTES,
  }
}

function readRecords(body: Buffer, batch: BatchHeader, from: number, into: KafkaRecord[]): void {
  const reader = new Reader(body)
  const fixedTime = batch.attributes & LOG_APPEND_TIME ? batch.maxTimestamp : undefined
  for (let i = 0; i < batch.count; i++) {
    const end = reader.varint() + reader.at
    reader.at += 1
    const timestamp = batch.firstTimestamp + reader.varint()
    const offset = batch.baseOffset + reader.varint()
    const keyLength = reader.varint()
    const keyAt = reader.at
    if (keyLength > 0) reader.at += keyLength
    const valueLength = reader.varint()
    const valueAt = reader.at
    if (end > body.length) throw new RangeError(`the record at offset ${offset} is longer than its batch`)
    if (offset >= from)
      into.push(new BatchRecord(body, offset, fixedTime ?? timestamp, keyAt, keyLength, valueAt, valueLength))
    reader.at = end
  }
}

/** Which batches belong to transactions that were aborted. The broker lists these by their first offset. */
class Transactions {
  readonly #coming: AbortedTransaction[]
  readonly #aborted = new Set<string>()

  constructor(aborted: readonly AbortedTransaction[]) {
    this.#coming = [...aborted].sort((a, b) => a.firstOffset - b.firstOffset)
  }

  shows(batch: BatchHeader, data: Buffer): boolean {
    while (this.#coming.length > 0 && this.#coming[0]!.firstOffset <= batch.lastOffset) {
      this.#aborted.add(this.#coming.shift()!.producerId)
    }
    if (batch.attributes & CONTROL) {
      if (markerOf(data, batch) === ABORT_MARKER) this.#aborted.delete(batch.producerId)
      return false
    }
    return !(batch.attributes & TRANSACTIONAL && this.#aborted.has(batch.producerId))
  }
}

/** The key of a control record is int16 version, int16 type. */
function markerOf(data: Buffer, { bodyAt, count }: BatchHeader): number | undefined {
  if (count === 0) return undefined
  const reader = new Reader(data, bodyAt)
  reader.varint()
  reader.at += 1
  reader.varint()
  reader.varint()
  return reader.varint() >= 4 ? data.readInt16BE(reader.at + 2) : undefined
}

async function decodeOld(data: Buffer, from: number): Promise<KafkaRecord[]> {
  const messages = await decodeOldMessages(data)
  return messages
    .map(({ offset, timestamp, key, value }) => ({
      offset: Number(offset),
      timestamp: Number(timestamp ?? -1),
      key,
      value,
      headers: [],
    }))
    .filter(({ offset }) => offset >= from)
}
