import { expect, test } from 'vitest'
import type { Message } from '../../src/consumer/message.ts'
import { ByHand, p, Rig, values } from './rig.ts'

const text = (messages: readonly Message[]): string => messages.map(({ value }) => value).join(' ')

const collecting = (seen: string[]) => ({
  processBatch: (messages: readonly Message[]) => void seen.push(text(messages)),
})

test('a batch is handed over when it is full, or when its first message has waited long enough', async () => {
  const seen: string[] = []
  const rig = await Rig.started(collecting(seen), { config: { fetchMessages: 3, maxWaitTime: 1 } })
  rig.engine.append(p(0), values(7))
  await rig.settle()
  expect(seen).toEqual(['v0 v1 v2', 'v3 v4 v5'])
  await rig.clock.advance(600)
  rig.engine.append(p(0), ['v7'])
  await rig.clock.advance(399)
  expect(seen).toHaveLength(2)
  await rig.clock.advance(1)
  expect(seen).toEqual(['v0 v1 v2', 'v3 v4 v5', 'v6 v7'])
  await rig.clock.advance(250)
  expect(rig.engine.committed(p(0))).toBe(8)
})

test('a batch is of one partition', async () => {
  const seen: string[] = []
  const rig = await Rig.started(collecting(seen), { partitions: 2 })
  rig.engine.append(p(0), ['a', 'b'])
  rig.engine.append(p(1), ['c', 'd'])
  await rig.clock.advance(1000)
  expect(seen.toSorted()).toEqual(['a b', 'c d'])
})

test('a batch that fails is repeated whole, as it was, from its first offset', async () => {
  const seen: string[] = []
  const retries: number[] = []
  const rig = await Rig.started({
    processBatch(messages) {
      seen.push(text(messages))
      retries.push(...messages.map(({ retriesCount }) => retriesCount))
      if (seen.length === 1) throw new Error('boom')
    },
  })
  rig.engine.append(p(0), ['a', 'b'])
  await rig.clock.advance(1000)
  rig.engine.append(p(0), ['c'])
  await rig.clock.advance(9_999)
  expect(rig.engine.committed(p(0))).toBeUndefined()
  await rig.clock.advance(10_000)
  expect(seen).toEqual(['a b', 'a b', 'c'])
  expect(retries).toEqual([0, 0, 1, 1, 0])
  expect(rig.errors).toMatchObject([{ info: { offset: 0, lastOffset: 1, count: 2, retriesCount: 0 } }])
  expect(rig.errors[0]!.info).not.toHaveProperty('value')
  expect(rig.engine.committed(p(0))).toBe(3)
})

test('batches of a partition follow one another, and gather while one is handled', async () => {
  const hand = new ByHand()
  const rig = await Rig.started(
    { processBatch: (messages, context) => hand.call(text(messages), context) },
    { config: { fetchMessages: 4, maxWaitTime: 1 } },
  )
  rig.engine.append(p(0), ['a', 'b'])
  await rig.clock.advance(1000)
  rig.engine.append(p(0), values(6))
  await rig.clock.advance(5000)
  expect(hand.given).toEqual(['a b'])
  hand.end()
  await rig.settle()
  expect(hand.given).toEqual(['a b', 'v0 v1 v2 v3'])
  hand.end()
  await rig.settle()
  // These have waited for five seconds already.
  expect(hand.given).toEqual(['a b', 'v0 v1 v2 v3', 'v4 v5'])
})

test('a batch spans what was fetched apart, and commits what lies behind it', async () => {
  const seen: string[] = []
  const rig = await Rig.started(collecting(seen), { config: { fetchMessages: 5 } })
  const record = (offset: number) => ({
    offset,
    timestamp: 0,
    key: null,
    value: Buffer.from(String(offset)),
    headers: [],
  })
  const batch = (offsets: number[], next: number) =>
    rig.engine.sink.records({ ...p(0), records: offsets.map(record), next, bytes: 100, highWatermark: 30 })
  batch([1, 2], 5)
  batch([], 8)
  batch([8, 11], 12)
  batch([13, 14], 20)
  await rig.settle()
  expect(seen).toEqual(['1 2 8 11 13'])
  await rig.clock.advance(250)
  expect(rig.engine.committed(p(0))).toBe(14)
  await rig.clock.advance(1000)
  expect(seen).toEqual(['1 2 8 11 13', '14'])
  expect(rig.engine.committed(p(0))).toBe(20)
})

test('a batch that cannot grow because its partition has its share does not wait', async () => {
  const seen: string[] = []
  const rig = await Rig.started(collecting(seen), {
    config: { fetchMessages: 1000, maxWaitTime: 60, prefetchMaxBytes: 65_536, minMessageQueueSize: 2 },
  })
  rig.engine.append(
    p(0),
    values(20).map(value => value.padEnd(10_000)),
  )
  await rig.settle()
  expect(seen).toHaveLength(1)
})
