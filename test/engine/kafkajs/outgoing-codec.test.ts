// What is wanted and not to be had is said at once: a package that is not there for this platform, and a broker that is too old.

import { expect, it, vi } from 'vitest'
import { codecNumberFor, prepareCodec } from '../../../src/engine/kafkajs/outgoing-codec.ts'
import { decodeRecords } from '../../../src/engine/kafkajs/records.ts'
import { batchBytes } from './batches.ts'

vi.mock('lz4-napi', () => {
  throw new Error('no binary for this platform')
})

const broker = (produce: number) => ({ address: 'kafka:9092', versionOf: () => produce })

it('a package that cannot be loaded is named with its codec', async () => {
  await expect(prepareCodec('lz4')).rejects.toMatchObject({
    code: 'CODEC_MISSING',
    exitCode: 78,
    message: expect.stringMatching(
      /^producer_compression_codec is lz4, but the package lz4-napi cannot be loaded: .*/,
    ) as string,
  })
  await expect(codecNumberFor('lz4', broker(7))).rejects.toThrow('the package lz4-napi cannot be loaded')
})

it('and so is it where a batch needs it', async () => {
  const batch = batchBytes({ baseOffset: 2, records: [{ value: 'c' }], codec: 3 })
  await expect(decodeRecords(batch, 2, [])).rejects.toMatchObject({ name: 'Error', codec: 'lz4', offset: 2 })
})

it('a broker that is too old for zstd is named, and takes the others', async () => {
  await expect(codecNumberFor('zstd', broker(6))).rejects.toThrow(
    'the broker kafka:9092 is older than Kafka 2.1 and takes no zstd',
  )
  expect(await codecNumberFor('zstd', broker(7))).toBe(4)
  expect(await codecNumberFor('snappy', broker(3))).toBe(2)
  expect(await codecNumberFor('none', broker(3))).toBe(0)
})
