import { expect, test } from 'vitest'
import { ByHand, p, Rig, values } from './rig.ts'

const boom = new Error('boom')

test('a message that fails once is handled again after the pause, and what follows it waits', async () => {
  const seen: string[] = []
  const rig = await Rig.started({
    process({ value, retriesCount }) {
      seen.push(`${value}#${retriesCount}`)
      if (value === 'v1' && retriesCount === 0) throw boom
    },
  })
  rig.engine.append(p(0), values(3))
  await rig.clock.advance(9_999)
  expect(seen).toEqual(['v0#0', 'v1#0'])
  expect(rig.engine.committed(p(0))).toBe(1)
  await rig.clock.advance(500)
  expect(seen).toEqual(['v0#0', 'v1#0', 'v1#1', 'v2#0'])
  expect(rig.engine.committed(p(0))).toBe(3)
  expect(rig.engine.seeks).toEqual([])
})

test('a rejection counts as a throw does, and onError is told everything about the message', async () => {
  const rig = await Rig.started({
    process: async () => {
      throw boom
    },
  })
  const record = {
    offset: 0,
    timestamp: 1_700_000_000_000,
    key: Buffer.from('k'),
    value: Buffer.from('v'),
    headers: [['h', Buffer.from('x')]] as const,
  }
  rig.engine.sink.records({ ...p(0), records: [record], next: 1, bytes: 10, highWatermark: 1 })
  await rig.clock.advance(10_000)
  const info = {
    consumer: 'OrdersConsumer',
    topic: 'orders',
    partition: 0,
    offset: 0,
    lastOffset: 0,
    count: 1,
    key: 'k',
    value: 'v',
    headers: { h: 'x' },
    timestamp: new Date(1_700_000_000_000),
    unrecoverableDeliveryError: false,
    next: 'again',
  }
  expect(rig.errors).toEqual([
    { error: boom, info: { ...info, retriesCount: 0 } },
    { error: boom, info: { ...info, retriesCount: 1 } },
  ])
  expect(rig.of('message.failed')).toMatchObject([
    { ...p(0), offset: 0, lastOffset: 0, attempt: 1, pauseMs: 10_000, error: { message: 'boom' } },
    { attempt: 2 },
  ])
})

test('other partitions go on while one is paused', async () => {
  const seen: string[] = []
  const rig = await Rig.started(
    {
      process({ partition, value }) {
        if (partition === 0) throw boom
        seen.push(value!)
      },
    },
    { partitions: 2 },
  )
  rig.engine.append(p(0), ['bad'])
  await rig.settle()
  rig.engine.append(p(1), values(50))
  await rig.clock.advance(250)
  expect(seen).toEqual(values(50))
  expect(rig.engine.committed(p(1))).toBe(50)
  expect(rig.engine.committed(p(0))).toBeUndefined()
})

test('retries are counted by message: one that succeeds begins the next at zero', async () => {
  const seen: string[] = []
  const rig = await Rig.started(
    {
      process({ value, retriesCount }) {
        seen.push(`${value}#${retriesCount}`)
        if (retriesCount < 2) throw boom
      },
    },
    { config: { pauseTimeout: 1 } },
  )
  rig.engine.append(p(0), values(2))
  await rig.clock.advance(10_000)
  expect(seen).toEqual(['v0#0', 'v0#1', 'v0#2', 'v1#0', 'v1#1', 'v1#2'])
})

test('with exponential backoff the pauses double up to the longest', async () => {
  const rig = await Rig.started(
    {
      process: () => {
        throw boom
      },
    },
    { config: { pauseTimeout: 1, pauseWithExponentialBackoff: true, maxPauseTimeout: 5 } },
  )
  rig.engine.append(p(0), ['bad'])
  await rig.clock.advance(20_000)
  expect(rig.of('message.failed').map(({ pauseMs }) => pauseMs)).toEqual([1000, 2000, 4000, 5000, 5000, 5000])
})

test('with pause_timeout -1 the partition stays paused, and the others go on', async () => {
  const seen: string[] = []
  const rig = await Rig.started(
    {
      process({ partition, value }) {
        seen.push(value!)
        if (partition === 0) throw boom
      },
    },
    { config: { pauseTimeout: -1 }, partitions: 2 },
  )
  rig.engine.append(p(0), ['bad', 'behind'])
  await rig.clock.advance(10_000_000)
  rig.engine.append(p(1), ['good'])
  await rig.clock.advance(1000)
  expect(seen).toEqual(['bad', 'good'])
  expect(rig.of('message.failed')).toMatchObject([{ pauseMs: null }])
})

test('with pause_timeout 0 the worker ends with the error as the cause, and what others had in hand is committed', async () => {
  const hand = new ByHand()
  const rig = await Rig.started(
    {
      process(m, c) {
        if (m.value === 'bad') throw boom
        return hand.call(m.value!, c)
      },
    },
    { config: { pauseTimeout: 0 }, partitions: 2 },
  )
  rig.engine.append(p(0), ['good', 'not begun'])
  await rig.settle()
  rig.engine.append(p(1), ['bad'])
  await rig.settle()
  expect(rig.engine.stops).toEqual([])
  hand.end(0)
  const end = await rig.clock.when(rig.runner.done)
  expect(end.exitCode).toBe(1)
  expect(end.error).toMatchObject({ code: 'HANDLER_FAILED', cause: boom })
  expect(hand.given).toEqual(['good'])
  expect(rig.engine.committed(p(0))).toBe(1)
  expect(rig.engine.stops).toMatchObject([{ leave: false }])
  expect(rig.clock.pending).toBe(0)
})

test('an onError that throws or rejects hurts nothing', async () => {
  const seen: number[] = []
  let calls = 0
  const rig = await Rig.started(
    {
      process({ retriesCount }) {
        seen.push(retriesCount)
        throw boom
      },
    },
    {
      onError: () => {
        calls++
        if (calls === 1) throw new Error('onError itself')
        return Promise.reject(new Error('onError itself, later'))
      },
    },
  )
  rig.engine.append(p(0), ['bad'])
  await rig.clock.advance(20_000)
  expect(seen).toEqual([0, 1, 2])
  expect(rig.of('hook.failed')).toMatchObject([
    { hook: 'onError', error: { message: 'onError itself' } },
    { hook: 'onError', error: { message: 'onError itself, later' } },
    { hook: 'onError' },
  ])
})

test('what is thrown need not be an error', async () => {
  const rig = await Rig.started({
    process: () => {
      throw 'just words'
    },
  })
  rig.engine.append(p(0), ['bad'])
  await rig.settle()
  expect(rig.errors).toMatchObject([{ error: 'just words' }])
  expect(rig.of('message.failed')).toMatchObject([{ error: { name: 'NonError', message: 'just words' } }])
})

test('a paused partition takes messages in until it has its share, and no more', async () => {
  const rig = await Rig.started(
    {
      process: () => {
        throw boom
      },
    },
    { config: { prefetchMaxBytes: 131_072, minMessageQueueSize: 10 } },
  )
  rig.engine.batchSize = 50
  rig.engine.append(
    p(0),
    values(1000).map(value => value.padEnd(968)),
  )
  await rig.settle()
  await rig.settle()
  const { waiting, waitingBytes } = rig.runner.snapshot().lanes[0]!
  expect(waitingBytes).toBeGreaterThanOrEqual(131_072)
  expect(waitingBytes).toBeLessThan(131_072 + 50_000)
  expect(waiting).toBeLessThan(200)
  expect(rig.engine.sink.wants(p(0))).toBe(0)
})
