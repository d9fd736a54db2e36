// Whether what a broker sent is what was once written: the lengths and checksums of record batches, and of the messages before
// them. Says where each ends, and never what is in it.
// Neither checksum covers the first offset and the length themselves; Kafka's own clients trust them as well.

import { crc32 } from 'node:zlib'
import { crc32c } from './crc32c.ts'

const LENGTH_AT = 8
const MAGIC_AT = 16
const PREFIX_BYTES = 12
const NEWEST_MAGIC = 2
/** Of a batch; one without records has no more. */
export const HEADER_BYTES = 61
const BATCH_CRC_AT = 17
const BATCH_CHECKED_FROM = 21
/** Of a message with neither key nor value. */
const LEAST_MESSAGE = 26
const MESSAGE_CRC_AT = 12
const MESSAGE_CHECKED_FROM = 16

/** These bytes are not what was written. Asked for again they may come whole: it may have happened on the way. */
export class CorruptData extends Error {}

/** The format of the batch or message at `at`: below 2 a message. */
export const magicOf = (data: Buffer, at: number): number => data[at + MAGIC_AT]!

/** Where the batch or message at `at` ends; undefined where it is cut off, as the last one of an answer may be. */
export function endOf(data: Buffer, at: number): number | undefined {
  // A broker sends at least one whole, however large (KIP-74).
  if (data.length - at <= MAGIC_AT) return cutOff(at)
  const end = at + PREFIX_BYTES + data.readInt32BE(at + LENGTH_AT)
  if (end - at < (magicOf(data, at) < 2 ? LEAST_MESSAGE : HEADER_BYTES))
    throw new CorruptData(`${nameOf(data, at)} is shorter than any can be`)
  return end > data.length ? cutOff(at) : end
}

function cutOff(at: number): undefined {
  if (at === 0) throw new CorruptData('the first batch of what the broker sent is cut off')
}

/** Throws CorruptData. */
export function check(data: Buffer, at: number, end: number): void {
  const magic = magicOf(data, at)
  const isMessage = magic < 2
  if (magic > NEWEST_MAGIC) throw new CorruptData(`${nameOf(data, at)} is of the unknown format ${magic}`)
  const told = data.readUInt32BE(at + (isMessage ? MESSAGE_CRC_AT : BATCH_CRC_AT))
  const found = isMessage
    ? crc32(data.subarray(at + MESSAGE_CHECKED_FROM, end))
    : crc32c(data, at + BATCH_CHECKED_FROM, end)
  if (found !== told) throw new CorruptData(`the ${isMessage ? 'CRC-32' : 'CRC-32C'} of ${nameOf(data, at)} is wrong`)
}

function nameOf(data: Buffer, at: number): string {
  return `the ${magicOf(data, at) < 2 ? 'message' : 'batch'} at offset ${data.readBigInt64BE(at)}`
}
