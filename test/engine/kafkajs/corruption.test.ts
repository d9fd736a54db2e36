// What is not as it was written is never handed over and never skipped: it is an error, once the next fetch begins with it.

import { gzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { codecNumbers, codecOf } from '../../../src/engine/kafkajs/codecs/index.ts'
import { CorruptData } from '../../../src/engine/kafkajs/integrity.ts'
import { decodeRecords, MissingCodec } from '../../../src/engine/kafkajs/records.ts'
import { batchBytes, oldMessage, sealed } from './batches.ts'

const good = batchBytes({ baseOffset: 0, records: [{ value: 'a' }, { value: 'b' }] })
const next = batchBytes({ baseOffset: 2, records: [{ key: 'k', value: 'c', headers: [['h', '1']] }] })
const values = ({ records }: { records: readonly { value: Buffer | null }[] }) => records.map(r => r.value?.toString())

function flipped(data: Buffer, at: number, bit = 0): Buffer {
  const copy = Buffer.from(data)
  copy[at]! ^= 1 << bit
  return copy
}

describe('a batch of which one bit is another', () => {
  // Before that stand the first offset and the leader's epoch, which no checksum covers.
  const places = [8, 9, 10, 11, ...Array.from({ length: next.length - 16 }, (_, i) => 16 + i)]

  test('is refused, whichever bit it is', async () => {
    for (const at of places) {
      for (let bit = 0; bit < 8; bit++)
        await expect(decodeRecords(flipped(next, at, bit), 2, []), `byte ${at}`).rejects.toThrow(CorruptData)
    }
  })

  test('is left for the next fetch with all behind it, where something before it is whole', async () => {
    const last = batchBytes({ baseOffset: 3, records: [{ value: 'd' }] })
    for (const at of places) {
      const decoded = await decodeRecords(Buffer.concat([good, flipped(next, at), last]), 0, [])
      expect([values(decoded), decoded.next]).toEqual([['a', 'b'], 2])
    }
  })

  test('is named by its offset', async () => {
    await expect(decodeRecords(flipped(next, 70), 2, [])).rejects.toThrow(
      'the CRC-32C of the batch at offset 2 is wrong',
    )
  })

  test('is refused although all of it lies before what was asked for', async () => {
    await expect(decodeRecords(flipped(good, 70), 2, [])).rejects.toThrow(CorruptData)
  })
})

test('an answer without one whole batch is an error, an empty one is not', async () => {
  for (let length = 1; length < good.length; length++)
    await expect(decodeRecords(good.subarray(0, length), 0, [])).rejects.toThrow('cut off')
  expect(await decodeRecords(Buffer.alloc(0), 0, [])).toMatchObject({ records: [], next: undefined })
})

test('of a batch that cannot be read no record is handed over', async () => {
  const bad = batchBytes({ baseOffset: 2, records: [{ value: 'c' }, { value: 'd' }] })
  bad[bad.length - 8] = 126
  const decoded = await decodeRecords(Buffer.concat([good, sealed(bad)]), 0, [])
  expect([values(decoded), decoded.next]).toEqual([['a', 'b'], 2])
})

describe('messages of the formats before record batches', () => {
  const inner = Buffer.concat([0, 1].map(offset => oldMessage({ offset, value: Buffer.from(`inner ${offset}`) })))
  const old = [
    oldMessage({ offset: 4, value: Buffer.from('first') }),
    oldMessage({ offset: 6, value: gzipSync(inner), codec: 1 }),
  ]

  test('are read, compressed or not, and batches behind them', async () => {
    const decoded = await decodeRecords(
      Buffer.concat([...old, batchBytes({ baseOffset: 7, records: [{ value: 'new' }] })]),
      0,
      [],
    )
    expect(decoded.records.map(({ offset }) => offset)).toEqual([4, 5, 6, 7])
    expect(values(decoded)).toEqual(['first', 'inner 0', 'inner 1', 'new'])
    expect(decoded.next).toBe(8)
  })

  test('are refused when one bit is another', async () => {
    for (let at = 12; at < old[0]!.length; at++)
      await expect(decodeRecords(flipped(old[0]!, at), 0, []), `byte ${at}`).rejects.toThrow(CorruptData)
    const decoded = await decodeRecords(Buffer.concat([old[0]!, flipped(old[1]!, 40)]), 0, [])
    expect([values(decoded), decoded.next]).toEqual([['first'], 5])
  })

  test.each(codecNumbers)('are read in codec %i', async codec => {
    const { compress } = await codecOf(codec)
    const decoded = await decodeRecords(oldMessage({ offset: 6, value: compress(inner), codec }), 0, [])
    expect([values(decoded), decoded.next]).toEqual([['inner 0', 'inner 1'], 7])
  })

  test.each(codecNumbers)('are errors where they are not what codec %i makes', async codec => {
    const broken = oldMessage({ offset: 6, value: Buffer.from('no such thing'), codec })
    await expect(decodeRecords(broken, 6, [])).rejects.toThrow()
  })

  test('are named by the number of a codec that is unknown', async () => {
    const unknown = oldMessage({ offset: 9, value: inner, codec: 5 })
    await expect(decodeRecords(unknown, 0, [])).rejects.toMatchObject({ codec: 'codec 5', offset: 9 })
  })
})

test.each(codecNumbers)('a batch that is not what its codec %i makes is an error with its offset', async codec => {
  const batch = batchBytes({ baseOffset: 2, records: [{ value: 'c' }], codec })
  await expect(decodeRecords(batch, 2, [])).rejects.toThrow('the batch at offset 2 cannot be decompressed: ')
  const decoded = await decodeRecords(Buffer.concat([good, batch]), 0, [])
  expect([values(decoded), decoded.next]).toEqual([['a', 'b'], 2])
})

test('a batch in a codec that is unknown is named by its number', async () => {
  const batch = batchBytes({ baseOffset: 2, records: [{ value: 'c' }], codec: 5 })
  await expect(decodeRecords(batch, 2, [])).rejects.toMatchObject({ codec: 'codec 5', offset: 2 })
  await expect(decodeRecords(batch, 2, [])).rejects.toThrow(MissingCodec)
  const decoded = await decodeRecords(Buffer.concat([good, batch]), 0, [])
  expect([values(decoded), decoded.next]).toEqual([['a', 'b'], 2])
})
