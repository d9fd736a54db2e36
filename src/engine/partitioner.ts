// Where a record goes that names no partition: as librdkafka's partitioners decide, so that a key finds the partition to which
// every other client sends it. murmur2 is Java's hash, fnv1a Sarama's. What the key leaves open is the engine's to choose.

import { crc32 } from 'node:zlib'
import type { OutgoingRecord, Partitioner } from './engine.ts'

const EMPTY = new Uint8Array()

/** Among `count` partitions, at least one; undefined: any of them. */
export function partitionFor(
  { key, partitionKey }: Pick<OutgoingRecord, 'key' | 'partitionKey'>,
  partitioner: Partitioner,
  count: number,
): number | undefined {
  const by = partitionKey ?? key
  switch (partitioner) {
    case 'consistent':
      return crc32(by ?? EMPTY) % count
    // Unlike the others it takes an empty key for none.
    case 'consistent_random':
      return by === null || by.length === 0 ? undefined : crc32(by) % count
    case 'murmur2':
      return murmur2(by ?? EMPTY) % count
    case 'murmur2_random':
      return by === null ? undefined : murmur2(by) % count
    case 'fnv1a':
      return fnv1a(by ?? EMPTY) % count
    case 'fnv1a_random':
      return by === null ? undefined : fnv1a(by) % count
    default:
      return partitioner satisfies never
  }
}

const SEED = 0x9747b28c
const M = 0x5bd1e995

/** Its sign bit is off, as Java takes it. */
function murmur2(data: Uint8Array): number {
  const tail = data.length & 3
  const end = data.length - tail
  let hash = SEED ^ data.length
  for (let at = 0; at < end; at += 4) {
    const word = data[at]! | (data[at + 1]! << 8) | (data[at + 2]! << 16) | (data[at + 3]! << 24)
    const once = Math.imul(word, M)
    hash = Math.imul(hash, M) ^ Math.imul(once ^ (once >>> 24), M)
  }
  for (let i = 0; i < tail; i++) hash ^= data[end + i]! << (8 * i)
  if (tail > 0) hash = Math.imul(hash, M)
  hash = Math.imul(hash ^ (hash >>> 13), M)
  return (hash ^ (hash >>> 15)) & 0x7fffffff
}

const OFFSET_BASIS = 0x811c9dc5 | 0
const PRIME = 0x01000193

/** The absolute value of the hash, as Sarama and librdkafka take it. */
function fnv1a(data: Uint8Array): number {
  let hash = OFFSET_BASIS
  for (const byte of data) hash = Math.imul(hash ^ byte, PRIME)
  return Math.abs(hash)
}
