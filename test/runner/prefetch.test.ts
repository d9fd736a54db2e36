import { expect, test } from 'vitest'
import { demandOf, shareOf } from '../../src/runner/demand.ts'
import { ByHand, p, Rig, values } from './rig.ts'

const KB = 1024
const budget = { share: 1024 * KB, room: 4096 * KB, minMessages: 2000 }

test('an empty partition always wants something, even when the others have taken all', () => {
  const demand = demandOf({ bytes: 0, count: 0, isSated: false }, { ...budget, share: 10, room: -5 })
  expect(demand).toBeGreaterThanOrEqual(64 * KB)
})

test('a partition wants what is left of its share', () => {
  expect(demandOf({ bytes: 300 * KB, count: 5000, isSated: false }, budget)).toBe(724 * KB)
})

test('a partition with few large messages may exceed its share while there is room', () => {
  expect(demandOf({ bytes: 2000 * KB, count: 2, isSated: false }, budget)).toBeGreaterThan(0)
  expect(demandOf({ bytes: 2000 * KB, count: 2, isSated: false }, { ...budget, room: 0 })).toBe(0)
})

test('who had enough wants more only when half of the share is used up', () => {
  expect(demandOf({ bytes: 700 * KB, count: 5000, isSated: true }, budget)).toBe(0)
  expect(demandOf({ bytes: 700 * KB, count: 5000, isSated: false }, budget)).toBeGreaterThan(0)
  expect(demandOf({ bytes: 500 * KB, count: 5000, isSated: true }, budget)).toBeGreaterThan(0)
})

test('no partition is left with a share that is not worth a fetch', () => {
  expect(shareOf(32 * KB * KB, 4)).toBe(8 * KB * KB)
  expect(shareOf(32 * KB * KB, 100_000)).toBe(64 * KB)
  expect(shareOf(32 * KB * KB, 0)).toBe(32 * KB * KB)
})

test('the engine is told once when a partition wants more again, not with every message', async () => {
  const rig = await Rig.started(
    { process: async () => {} },
    { config: { prefetchMaxBytes: 200 * KB, minMessageQueueSize: 1 } },
  )
  rig.engine.lease = false
  rig.engine.batchSize = 1000
  rig.engine.append(
    p(0),
    values(400).map(value => value.padEnd(992)),
  )
  await rig.settle()
  expect(rig.engine.sink.wants(p(0))).toBe(0)
  rig.engine.lease = true
  await rig.clock.advance(100)
  expect(rig.runner.snapshot().lanes[0]).toMatchObject({ position: 400, waiting: 0, waitingBytes: 0 })
  expect(rig.engine.demands).toBe(1)
})

test('a partition with a stuck handler fills up to its share and leaves the budget to the others', async () => {
  const hand = new ByHand()
  let handled = 0
  const rig = await Rig.started(
    { process: (m, c) => (m.partition === 0 ? hand.call(m.value!, c) : void handled++) },
    { config: { prefetchMaxBytes: 256 * KB, minMessageQueueSize: 10 }, partitions: 2 },
  )
  const large = values(2000).map(value => value.padEnd(992))
  rig.engine.append(p(0), large)
  rig.engine.append(p(1), large)
  await rig.clock.until(() => handled === 2000)
  const [stuck, other] = rig.runner.snapshot().lanes
  expect(stuck!.waitingBytes).toBeLessThan(256 * KB)
  expect(other).toMatchObject({ waiting: 0, position: 2000 })
  expect(rig.engine.sink.wants(p(0))).toBe(0)
})

test('what a partition held is free for the others when it goes', async () => {
  const hand = new ByHand()
  const rig = await Rig.started(
    { process: (m, c) => hand.call(m.value!, c) },
    { config: { prefetchMaxBytes: 128 * KB, minMessageQueueSize: 1000 }, partitions: 2 },
  )
  const large = values(300).map(value => value.padEnd(992))
  rig.engine.append(p(0), large)
  await rig.settle()
  rig.engine.lose(p(0))
  rig.engine.append(p(1), large)
  await rig.settle()
  expect(rig.runner.snapshot().lanes[0]!.waitingBytes).toBeGreaterThanOrEqual(128 * KB)
})
