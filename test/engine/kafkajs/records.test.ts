import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { codecNumbers, codecOf } from '../../../src/engine/kafkajs/codecs/index.ts'
import { decodeRecords } from '../../../src/engine/kafkajs/records.ts'
import { batchBytes, type GivenRecord, marker, sealed } from './batches.ts'

const from = (...batches: Buffer[]) => Buffer.concat(batches)
const plain = (records: readonly { offset: number; value: Buffer | null }[]) =>
  records.map(({ offset, value }) => [offset, value?.toString() ?? null])

describe('record batches', () => {
  test('come back with every field', async () => {
    const given: GivenRecord[] = [
      {
        key: 'k',
        value: 'v',
        timestamp: 1_700_000_000_005,
        headers: [
          ['a', '1'],
          ['a', null],
          ['é', ''],
        ],
      },
      { key: null, value: null, timestamp: 1_700_000_000_000, headers: [] },
    ]
    const { records, next } = await decodeRecords(batchBytes({ baseOffset: 41, records: given }), 0, [])
    expect(next).toBe(43)
    expect(records.map(r => [r.offset, r.timestamp, r.key?.toString() ?? null, r.value?.toString() ?? null])).toEqual([
      [41, 1_700_000_000_005, 'k', 'v'],
      [42, 1_700_000_000_000, null, null],
    ])
    expect(records[0]!.headers.map(([name, value]) => [name, value?.toString() ?? null])).toEqual([
      ['a', '1'],
      ['a', null],
      ['é', ''],
    ])
    expect(records[1]!.headers).toEqual([])
  })

  test('any records in any batches are read as they were written', async () => {
    const record = fc.record({
      key: fc.option(fc.string({ unit: 'binary' })),
      value: fc.option(fc.string({ unit: 'binary', maxLength: 300 })),
      timestamp: fc.integer({ min: 0, max: 4_000_000_000_000 }),
      headers: fc.array(fc.tuple(fc.string({ unit: 'binary' }), fc.option(fc.string({ unit: 'binary' })))),
    })
    const batches = fc.array(fc.array(record, { minLength: 1, maxLength: 70 }), { minLength: 1, maxLength: 4 })
    await fc.assert(
      fc.asyncProperty(
        batches,
        fc.integer({ min: 0, max: 2 ** 52 }),
        fc.constantFrom(0, ...codecNumbers),
        async (all, base, number) => {
          const codec = number === 0 ? undefined : { codec: number, compress: (await codecOf(number)).compress }
          let offset = base
          const bytes = all.map(records => {
            const batch = batchBytes({ baseOffset: offset, records, ...codec })
            offset += records.length
            return batch
          })
          const { records, next } = await decodeRecords(from(...bytes), base, [])
          expect(next).toBe(offset)
          expect(
            records.map(r => ({
              key: r.key?.toString() ?? null,
              value: r.value?.toString() ?? null,
              timestamp: r.timestamp,
              headers: r.headers.map(([name, value]) => [name, value?.toString() ?? null]),
            })),
          ).toEqual(all.flat())
          expect(records.map(r => r.offset)).toEqual(all.flat().map((_, i) => base + i))
        },
      ),
    )
  })

  test('records below the asked offset are left out', async () => {
    const bytes = batchBytes({ baseOffset: 10, records: ['a', 'b', 'c'].map(value => ({ value })) })
    expect(plain((await decodeRecords(bytes, 12, [])).records)).toEqual([[12, 'c']])
  })

  test('a batch that is cut off is left for the next fetch', async () => {
    const whole = batchBytes({ baseOffset: 0, records: [{ value: 'a' }] })
    const cut = batchBytes({ baseOffset: 1, records: [{ value: 'b' }] })
    for (let length = 0; length < cut.length; length++) {
      const { records, next } = await decodeRecords(from(whole, cut.subarray(0, length)), 0, [])
      expect([plain(records), next]).toEqual([[[0, 'a']], 1])
    }
  })

  test('the position moves past offsets that compaction has removed', async () => {
    const bytes = batchBytes({ baseOffset: 5, records: [{ value: 'a' }], lastOffsetDelta: 9 })
    expect((await decodeRecords(bytes, 0, [])).next).toBe(15)
    const empty = batchBytes({ baseOffset: 15, records: [], lastOffsetDelta: 3 })
    expect(await decodeRecords(empty, 0, [])).toMatchObject({ records: [], next: 19 })
  })

  test('control records are never seen and move the position', async () => {
    const bytes = from(
      batchBytes({ baseOffset: 0, producerId: 7, transactional: true, records: [{ value: 'a' }] }),
      marker({ baseOffset: 1, producerId: 7, commit: true }),
    )
    const { records, next } = await decodeRecords(bytes, 0, [])
    expect([plain(records), next]).toEqual([[[0, 'a']], 2])
  })

  test('aborted transactions are skipped, others of the same and of other producers are not', async () => {
    const bytes = from(
      batchBytes({ baseOffset: 0, producerId: 7, transactional: true, records: [{ value: 'aborted' }] }),
      batchBytes({ baseOffset: 1, producerId: 8, transactional: true, records: [{ value: 'other' }] }),
      batchBytes({ baseOffset: 2, records: [{ value: 'plain' }] }),
      marker({ baseOffset: 3, producerId: 7, commit: false }),
      batchBytes({ baseOffset: 4, producerId: 7, transactional: true, records: [{ value: 'again' }] }),
      marker({ baseOffset: 5, producerId: 7, commit: true }),
      marker({ baseOffset: 6, producerId: 8, commit: true }),
    )
    const { records, next } = await decodeRecords(bytes, 0, [{ producerId: '7', firstOffset: 0 }])
    expect([plain(records), next]).toEqual([
      [
        [1, 'other'],
        [2, 'plain'],
        [4, 'again'],
      ],
      7,
    ])
  })

  test('a record that claims to be longer than its batch is an error, not nonsense', async () => {
    const bytes = batchBytes({ baseOffset: 0, records: [{ value: 'abc' }] })
    bytes[61] = 126
    await expect(decodeRecords(sealed(bytes), 0, [])).rejects.toThrow('longer than its batch')
  })
})
