import { expect, test } from 'vitest'
import { Sequences } from '../../../src/engine/kafkajs/sequences.ts'

const identity = { producerId: '1', producerEpoch: 0 }
const at = { topic: 't', partition: 0 }
const batch = (firstSequence: number, count: number) => ({
  ...{ ...at, identity, firstSequence, now: 0 },
  records: Array.from({ length: count }, () => ({ topic: 't', key: null, value: null, headers: [] })),
})

test('numbers go on with 0 after 2^31 - 1, within a batch as well', () => {
  const sequences = new Sequences()
  sequences.settle(batch(2 ** 31 - 3, 2), new Set())
  expect(sequences.next(at, identity)).toBe(2 ** 31 - 1)
  sequences.settle(batch(2 ** 31 - 1, 4), new Set())
  expect(sequences.next(at, identity)).toBe(3)
  sequences.settle(batch(2 ** 31 - 2, 2), new Set())
  expect(sequences.next(at, identity)).toBe(0)
})

test('each partition is counted for itself, and under another identity from 0', () => {
  const sequences = new Sequences()
  sequences.settle(batch(0, 5), new Set())
  expect(sequences.next({ topic: 't', partition: 1 }, identity)).toBe(0)
  expect(sequences.next({ topic: 't/0', partition: 0 }, identity)).toBe(0)
  expect(sequences.next(at, { ...identity })).toBe(0)
  expect(sequences.next(at, identity)).toBe(5)
})
