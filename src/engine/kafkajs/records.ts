// Record batches (message format v2, Kafka 0.11 and later) to records. Decoded here and not by kafkajs because a position must
// move past control records, aborted transactions and offsets that compaction has removed, which its list of messages no longer shows.
// Layout: https://kafka.apache.org/documentation/#recordbatch

import { reasonOf } from '../../lib/reason.ts'
import type { KafkaRecord } from '../engine.ts'
import { BatchRecord } from './batch-record.ts'
import { Reader } from './bytes.ts'
import { CODEC_BITS, type Codec, codecOf, NoCodec } from './codecs/index.ts'
import { check, endOf, HEADER_BYTES, magicOf } from './integrity.ts'
import { decodeOldMessages } from './wire.ts'

const OLD_ATTRIBUTES_AT = 17
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

/** What this batch is compressed with is not there. Waiting does not help. */
export class MissingCodec extends Error {
  readonly offset: number
  readonly codec: string

  constructor(offset: number, cause: NoCodec) {
    super(`what is compressed with ${cause.codec}, but ${cause.message}`, { cause })
    this.offset = offset
    this.codec = cause.codec
  }
}

/**
 * All records of `data` from offset `from` on that a reader of committed data may see. A batch that is cut off at the end, as
 * a broker may send it, is left for the next fetch, and so is one that cannot be read, with all behind it: that next fetch
 * begins with it, and throws CorruptData, MissingCodec, or an error that says what else is wrong.
 */
export async function decodeRecords(
  data: Buffer,
  from: number,
  aborted: readonly AbortedTransaction[],
): Promise<Decoded> {
  const decoding = new Decoding(data, from, new Transactions(aborted))
  try {
    for (let at = 0; at < data.length; ) {
      const end = endOf(data, at)
      if (end === undefined) break
      check(data, at, end)
      if (magicOf(data, at) < 2) await decoding.message(at, end)
      else await decoding.batch(at, end)
      at = end
    }
  } catch (error) {
    if (!decoding.hasNews) throw error
  }
  return decoding
}

class Decoding implements Decoded {
  readonly records: KafkaRecord[] = []
  next: number | undefined
  bytes = 0
  readonly #data: Buffer
  readonly #from: number
  readonly #transactions: Transactions

  constructor(data: Buffer, from: number, transactions: Transactions) {
    this.#data = data
    this.#from = from
    this.#transactions = transactions
  }

  get hasNews(): boolean {
    return this.next !== undefined && this.next > this.#from
  }

  async batch(at: number, end: number): Promise<void> {
    const data = this.#data
    const batch = readBatchHeader(data, at)
    const next = batch.lastOffset + 1
    if (next > this.#from && this.#transactions.shows(batch, data)) {
      const codec = batch.attributes & CODEC_BITS ? await codecFor(batch) : undefined
      const body = data.subarray(at + HEADER_BYTES, end)
      const plain = codec ? decompressed(body, codec, batch) : body
      this.#read(plain, batch)
      this.bytes += plain.length
    }
    this.next = next
  }

  /** Messages of the formats before v2 have neither transactions nor control records. */
  async message(at: number, end: number): Promise<void> {
    const entry = this.#data.subarray(at, end)
    const attributes = entry[OLD_ATTRIBUTES_AT]!
    if (attributes & CODEC_BITS) await codecFor({ attributes, baseOffset: Number(entry.readBigInt64BE(0)) })
    const messages = await decodeOld(entry)
    for (const message of messages) if (message.offset >= this.#from) this.records.push(message)
    const last = messages.at(-1)
    if (last) this.next = last.offset + 1
    this.bytes += entry.length
  }

  #read(body: Buffer, batch: BatchHeader): void {
    const before = this.records.length
    try {
      readRecords(body, batch, this.#from, this.records)
    } catch (error) {
      this.records.length = before
      throw error
    }
  }
}

async function codecFor({ attributes, baseOffset }: Pick<BatchHeader, 'attributes' | 'baseOffset'>): Promise<Codec> {
  try {
    return await codecOf(attributes & CODEC_BITS)
  } catch (error) {
    throw error instanceof NoCodec ? new MissingCodec(baseOffset, error) : error
  }
}

function decompressed(body: Buffer, codec: Codec, { baseOffset }: BatchHeader): Buffer {
  try {
    return codec.decompress(body)
  } catch (cause) {
    throw new Error(`the batch at offset ${baseOffset} cannot be decompressed: ${reasonOf(cause)}`, { cause })
  }
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

async function decodeOld(data: Buffer): Promise<KafkaRecord[]> {
  const messages = await decodeOldMessages(data)
  return messages.map(({ offset, timestamp, key, value }) => ({
    offset: Number(offset),
    timestamp: Number(timestamp ?? -1),
    key,
    value,
    headers: [],
  }))
}
