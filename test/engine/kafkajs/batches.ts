// Writes record batches, and the messages before them, as a broker holds them, from the format's description and not from the
// code under test.

import { createRequire } from 'node:module'
import { crc32 } from 'node:zlib'

/** kafkajs's own, which reads a byte at a time. */
export const slowCrc32c = createRequire(import.meta.url)('kafkajs/src/protocol/recordBatch/crc32C') as (
  data: Buffer,
) => number

export interface GivenRecord {
  readonly key?: string | null
  readonly value: string | null
  readonly timestamp?: number
  readonly headers?: readonly (readonly [string, string | null])[]
}

interface GivenBatch {
  readonly baseOffset: number
  readonly records: readonly GivenRecord[]
  readonly lastOffsetDelta?: number
  readonly producerId?: number
  readonly transactional?: boolean
  readonly control?: boolean
  readonly compress?: ((data: Buffer) => Buffer) | undefined
  /** The number of the codec; 1, gzip, where there is `compress`. */
  readonly codec?: number
}

export function batchBytes(given: GivenBatch): Buffer {
  const { records, baseOffset, producerId = -1 } = given
  const first = records[0]?.timestamp ?? 0
  const body = Buffer.concat(records.map((record, i) => recordBytes(record, i, (record.timestamp ?? 0) - first)))
  const attributes =
    (given.codec ?? (given.compress ? 1 : 0)) | (given.transactional ? 0x10 : 0) | (given.control ? 0x20 : 0)
  const head = Buffer.alloc(61)
  const packed = given.compress ? given.compress(body) : body
  head.writeBigInt64BE(BigInt(baseOffset), 0)
  head.writeInt32BE(49 + packed.length, 8)
  head.writeInt8(2, 16)
  head.writeInt16BE(attributes, 21)
  head.writeInt32BE(given.lastOffsetDelta ?? records.length - 1, 23)
  head.writeBigInt64BE(BigInt(first), 27)
  head.writeBigInt64BE(BigInt(Math.max(0, ...records.map(({ timestamp = 0 }) => timestamp))), 35)
  head.writeBigInt64BE(BigInt(producerId), 43)
  head.writeInt32BE(records.length, 57)
  return sealed(Buffer.concat([head, packed]))
}

/** With the checksum that belongs to it. */
export function sealed(batch: Buffer): Buffer {
  batch.writeUInt32BE(slowCrc32c(batch.subarray(21)), 17)
  return batch
}

/** A message of format 1, Kafka 0.10. */
export function oldMessage({ offset, value, codec = 0 }: { offset: number; value: Buffer; codec?: number }): Buffer {
  const message = Buffer.alloc(12 + 22 + value.length)
  message.writeBigInt64BE(BigInt(offset), 0)
  message.writeInt32BE(message.length - 12, 8)
  message.writeInt8(1, 16)
  message.writeInt8(codec, 17)
  message.writeInt32BE(-1, 26)
  message.writeInt32BE(value.length, 30)
  value.copy(message, 34)
  message.writeUInt32BE(crc32(message.subarray(16)), 12)
  return message
}

/** The control record that ends a transaction. */
export function marker({
  baseOffset,
  producerId,
  commit,
}: {
  baseOffset: number
  producerId: number
  commit: boolean
}): Buffer {
  const key = String.fromCharCode(0, 0, 0, commit ? 1 : 0)
  return batchBytes({
    baseOffset,
    producerId,
    transactional: true,
    control: true,
    records: [{ key, value: '\0\0\0\0\0\0' }],
  })
}

function recordBytes(
  { key = null, value, headers = [] }: GivenRecord,
  offsetDelta: number,
  timestampDelta: number,
): Buffer {
  const rest = Buffer.concat([
    Buffer.of(0),
    varint(timestampDelta),
    varint(offsetDelta),
    bytes(key),
    bytes(value),
    varint(headers.length),
    ...headers.flatMap(([name, content]) => [bytes(name), bytes(content)]),
  ])
  return Buffer.concat([varint(rest.length), rest])
}

function bytes(text: string | null): Buffer {
  if (text === null) return varint(-1)
  const data = Buffer.from(text)
  return Buffer.concat([varint(data.length), data])
}

function varint(value: number): Buffer {
  let rest = BigInt.asUintN(64, (BigInt(value) << 1n) ^ (BigInt(value) >> 63n))
  const out: number[] = []
  do {
    const low = Number(rest & 0x7fn)
    rest >>= 7n
    out.push(rest > 0n ? low | 0x80 : low)
  } while (rest > 0n)
  return Buffer.from(out)
}
