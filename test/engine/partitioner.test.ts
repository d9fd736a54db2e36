// Known values: those of librdkafka's own tests, which it had from Java's Utils.murmur2, from Go's hash/fnv as Sarama uses it, and
// from the program crc32.

import { describe, expect, it } from 'vitest'
import type { Partitioner } from '../../src/engine/engine.ts'
import { partitionFor } from '../../src/engine/partitioner.ts'

const bytes = (key: string | null) => (key === null ? null : Buffer.from(key))
const chosen = (partitioner: Partitioner, key: string | null, count: number) =>
  partitionFor({ key: bytes(key) }, partitioner, count)
const unsigned = (hash: number) => hash >>> 0
const positive = (hash: number) => hash & 0x7fffffff

const KEYS: readonly (readonly [key: string, murmur2: number, fnv1a: number])[] = [
  ['kafka', 0xd067cf64, 0x0d33c4e1],
  ['giberish123456789', 0x8f552b0c, 0x77a58295],
  ['1234', 0x9fc97b14, 0x023bdd03],
  ['234', 0xe7c009ca, 0x2dea3cd2],
  ['34', 0x873930da, 0x740fa83e],
  ['4', 0x5a4b5ca1, 0x310ca263],
  ['PreAmbleWillBeRemoved,ThePrePartThatIs', 0x78424f1c, 0x65cbd69c],
  ['reAmbleWillBeRemoved,ThePrePartThatIs', 0x4a62b377, 0x6e49c79a],
  ['eAmbleWillBeRemoved,ThePrePartThatIs', 0xe0e4e09e, 0x69eed356],
  ['AmbleWillBeRemoved,ThePrePartThatIs', 0x62b8b43f, 0x6abcc023],
  ['', 0x106e08d9, 0x7ee3623b],
]

// Of Java's UtilsTest.
const JAVA: readonly (readonly [key: string, murmur2: number])[] = [
  ['21', -973932308],
  ['foobar', -790332482],
  ['a-little-bit-long-string', -985981536],
  ['a-little-bit-longer-string', -1486304829],
  ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
  ['abc', 479470107],
]

/** Beyond all hashes, so that what is chosen is the hash itself. */
const ALL = 2 ** 32

describe('the hashes', () => {
  it.each(KEYS)('of %j are as librdkafka has them', (key, murmur2, fnv1a) => {
    expect(chosen('murmur2', key, ALL)).toBe(positive(murmur2))
    expect(chosen('fnv1a', key, ALL)).toBe(fnv1a)
  })

  it.each(JAVA)('of %j by murmur2 is as Java has it', (key, murmur2) => {
    expect(chosen('murmur2', key, ALL)).toBe(positive(murmur2))
  })

  it('by CRC-32 has all 32 bits', () => {
    expect(chosen('consistent', '23456', ALL)).toBe(unsigned(0xb1b451d7))
  })

  it('take bytes that are no text', () => {
    const key = Buffer.from([0x80, 0xff, 0x00, 0xfe, 0x81, 0x90, 0xff])
    // By the definition, in 64 bits.
    const hash = key.reduce((h, byte) => ((h ^ BigInt(byte)) * 16777619n) % 2n ** 32n, 2166136261n)
    expect(partitionFor({ key }, 'fnv1a', ALL)).toBe(Math.abs(Number(BigInt.asIntN(32, hash))))
  })
})

describe('a partition', () => {
  const keys = [null, '', '23456', 'this is another string with more length to it perhaps', 'hejsan'] as const
  const any = undefined
  const murmur2 = [0x106e08d9, 0x058d780f, 0x4f7703da, 0x5ec19395]
  const fnv1a = [0x7ee3623b, 0x27e6f469, 0x155e3e5f, 0x17b1e27a]
  const crc32 = [0xb1b451d7, 0xb0150df7, 0xd077037e]

  it.each<[Partitioner, (number | undefined)[]]>([
    ['consistent', [0, 0, ...crc32]],
    ['consistent_random', [any, any, ...crc32]],
    ['murmur2', [0x106e08d9, ...murmur2]],
    ['murmur2_random', [any, ...murmur2]],
    ['fnv1a', [0x7ee3623b, ...fnv1a]],
    ['fnv1a_random', [any, ...fnv1a]],
  ])('is chosen by %s as by librdkafka, without a key and with an empty one', (partitioner, hashes) => {
    for (const count of [1, 7, 17])
      expect(keys.map(key => chosen(partitioner, key, count))).toEqual(
        hashes.map(hash => (hash === undefined ? undefined : unsigned(hash) % count)),
      )
  })

  it('is chosen by the partition key where there is one, and by the key where that is null', () => {
    const key = Buffer.from('order 1')
    const partitionKey = Buffer.from('hejsan')
    expect(partitionFor({ key, partitionKey }, 'murmur2', 1000)).toBe(0x5ec19395 % 1000)
    expect(partitionFor({ key: null, partitionKey }, 'consistent_random', 1000)).toBe(0xd077037e % 1000)
    expect(partitionFor({ key: partitionKey, partitionKey: null }, 'murmur2', 1000)).toBe(0x5ec19395 % 1000)
  })
})
