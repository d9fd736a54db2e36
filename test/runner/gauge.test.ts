import { expect, test } from 'vitest'
import type { Statistics } from '../../src/consumer/statistics.ts'
import { deferred } from '../../src/lib/deferred.ts'
import { ByHand, p, produceError, Rig, values } from './rig.ts'

const config = { statisticsInterval: 2, pauseTimeout: 30 }

test('every interval the figures are told, from the start to the teardown', async () => {
  const told: number[] = []
  const rig: Rig = await Rig.started(
    {
      process: () => {},
      statisticsCallback: ({ at }) => void told.push(at),
      teardown: () => void told.push(-1),
    },
    { config },
  )
  await rig.clock.advance(6_500)
  expect(told.map(at => at - told[0]!)).toEqual([0, 2_000, 4_000])
  expect(told[0]).toBe(rig.clock.epoch() - 4_500)
  await rig.clock.when(rig.stop())
  await rig.clock.advance(10_000)
  expect(told).toHaveLength(4)
  expect(told[3]).toBe(-1)
  expect(rig.clock.pending).toBe(0)
})

test('while a stop waits for what is in hand the figures go on', async () => {
  const hand = new ByHand()
  let calls = 0
  const rig = await Rig.started(
    { process: (m, c) => hand.call(m.value!, c), statisticsCallback: () => void calls++ },
    { config },
  )
  rig.engine.append(p(0), ['a'])
  await rig.settle()
  const stopped = rig.stop()
  await rig.clock.advance(4_000)
  expect(calls).toBe(2)
  hand.end()
  await rig.clock.when(stopped)
})

test('say how partitions, the producer, handlers and the group stand', async () => {
  const hand = new ByHand()
  const told: Statistics[] = []
  const rig: Rig = await Rig.started(
    {
      process(m, c) {
        if (m.partition === 1) throw new Error('told to fail')
        this.produce('x', { topic: 'out' })
        return hand.call(m.value!, c)
      },
      statisticsCallback: statistics => void told.push(statistics),
    },
    { config, partitions: 3 },
  )
  const acknowledged = deferred()
  rig.engine.onProduce = async records => {
    await acknowledged.promise
    return records.map(() => produceError('refused', false))
  }
  const joined = { groupId: 'g', generation: 7, memberId: 'me', leader: false, partitions: [], durationMs: 5 }
  rig.bus.publish('group.joined', joined)
  rig.engine.append(p(0), values(3))
  rig.engine.append(p(1), values(2))
  await rig.clock.advance(2_000)
  const [{ topics, handler, producer, group, consumer, clientId, process: own, brokers }] = told as [Statistics]
  expect({ consumer, clientId, brokers }).toEqual({ consumer: 'OrdersConsumer', clientId: 'racecar', brokers: [] })
  expect(topics).toEqual({
    orders: {
      0: {
        ...{ position: 0, committed: 0, end: 3, lag: 3, waiting: 3, waitingBytes: 3 * 34 },
        ...{ state: 'handling', inHandFor: 2, pausedFor: null, why: null },
      },
      1: {
        ...{ position: 0, committed: 0, end: 2, lag: 2, waiting: 2, waitingBytes: 2 * 34 },
        ...{ state: 'paused', inHandFor: null, pausedFor: 28, why: expect.stringContaining('told to fail') },
      },
      2: {
        ...{ position: 0, committed: 0, end: null, lag: null, waiting: 0, waitingBytes: 0 },
        ...{ state: 'waiting', inHandFor: null, pausedFor: null, why: null },
      },
    },
  })
  expect(handler).toEqual({ inHand: 1, longest: 2, failed: 1 })
  expect(producer).toMatchObject({ queued: 1, settled: 0, failed: 0, waiting: 1 })
  expect(producer.waitingBytes).toBeGreaterThan(0)
  expect(group).toEqual({
    ...{ id: 'orders-consumer', instanceId: null, state: 'stable', memberId: 'me' },
    ...{ generation: 7, joins: 1, beatAgo: null },
  })
  expect(own).toMatchObject({ pid: process.pid, loopDelay: 0 })
  expect(own.memoryBytes).toBeGreaterThan(1_000_000)
  expect(own.cpu).toBeGreaterThanOrEqual(0)
  acknowledged.resolve()
  rig.bus.publish('group.lost', { groupId: 'g', reason: 'x', partitions: [] })
  await rig.clock.advance(2_000)
  expect(told[1]!.producer).toEqual({ queued: 1, settled: 1, failed: 1, waiting: 0, waitingBytes: 0 })
  expect(told[1]!.group).toMatchObject({ state: 'out', joins: 1 })
  hand.end()
})

test('are never told twice at a time, and what was missed is not made up for', async () => {
  const first = deferred()
  const at: number[] = []
  const rig: Rig = await Rig.started(
    {
      process: () => {},
      async statisticsCallback() {
        at.push(rig.clock.now())
        if (at.length === 1) await first.promise
      },
    },
    { config },
  )
  await rig.clock.advance(9_000)
  expect(at).toEqual([2_000])
  first.resolve()
  await rig.clock.advance(4_000)
  expect(at).toEqual([2_000, 10_000, 12_000])
})

test('what the callback throws is logged, and hurts nothing', async () => {
  const seen: string[] = []
  let calls = 0
  const rig = await Rig.started(
    {
      process: m => void seen.push(m.value!),
      statisticsCallback() {
        if (calls++ % 2 === 0) throw new Error('told to fail')
        return Promise.reject(new Error('told to fail as well'))
      },
    },
    { config },
  )
  await rig.clock.advance(4_000)
  rig.engine.append(p(0), values(2))
  await rig.clock.advance(1_000)
  expect(seen).toEqual(['v0', 'v1'])
  expect(rig.of('hook.failed')).toMatchObject([
    { hook: 'statisticsCallback', error: { message: 'told to fail' } },
    { hook: 'statisticsCallback', error: { message: 'told to fail as well' } },
  ])
  expect(await rig.clock.when(rig.stop())).toEqual({ clean: true })
})

test('a callback that never settles holds up no stop', async () => {
  const rig = await Rig.started({ process: () => {}, statisticsCallback: () => new Promise(() => {}) }, { config })
  await rig.clock.advance(5_000)
  expect(await rig.clock.when(rig.stop())).toEqual({ clean: true })
})

test('with 0, or without a callback, nothing is taken', async () => {
  let calls = 0
  const off = await Rig.started(
    { process: () => {}, statisticsCallback: () => void calls++ },
    { config: { statisticsInterval: 0 } },
  )
  const none = await Rig.started({ process: () => {} }, { config })
  const on = await Rig.started({ process: () => {}, statisticsCallback: () => {} }, { config })
  await off.clock.advance(10_000)
  expect(calls).toBe(0)
  const timers = on.clock.pending
  expect([off.clock.pending, none.clock.pending]).toEqual([timers - 1, timers - 1])
})
