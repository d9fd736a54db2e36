import { expect, test } from 'vitest'
import { RacecarError } from '../../src/errors.ts'
import { deferred } from '../../src/lib/deferred.ts'
import { ByHand, p, Rig, values } from './rig.ts'

test('the engine is told the options in its own units', () => {
  const rig = new Rig({ process: () => {} }, { config: { sessionTimeout: 6, maxPollInterval: 120 } })
  expect(rig.engine.settings).toMatchObject({
    groupId: 'orders-consumer',
    instanceId: null,
    brokers: ['localhost:9092'],
    subscriptions: [{ topic: 'orders' }],
    strategies: ['cooperative-sticky'],
    offsetOutOfRange: 'earliest',
    sessionTimeout: 6_000,
    heartbeatInterval: 3_000,
    rebalanceTimeout: 120_000,
    maxWaitTime: 1_000,
    socketTimeout: 30_000,
  })
})

test('initialize is awaited before the group is joined, and what it produces goes out', async () => {
  const gate = deferred()
  const rig = new Rig({
    process: () => {},
    async initialize() {
      this.produce('hello', { topic: 'out' })
      await this.deliver()
      await gate.promise
    },
  })
  let isReady = false
  const ready = rig.runner.initialize().then(() => {
    isReady = true
  })
  await rig.settle()
  expect(rig.engine.produced).toHaveLength(1)
  expect(isReady).toBe(false)
  gate.resolve()
  await ready
  await rig.runner.start()
  expect(rig.engine.starts).toBe(1)
})

test('what a constructor produced goes out as well', async () => {
  const rig = new Rig({ process: () => {}, produced: [{ value: 'early', topic: 'out' }] } as object)
  await rig.settle()
  expect(rig.engine.produced).toMatchObject([{ topic: 'out', value: Buffer.from('early') }])
})

test('an initialize that throws ends the worker: onError and teardown are called, and nothing joins', async () => {
  const boom = new Error('boom')
  const steps: string[] = []
  const rig = new Rig({
    process: () => {},
    initialize: () => Promise.reject(boom),
    teardown: () => void steps.push('teardown'),
  })
  const initialized = rig.runner.initialize()
  await expect(rig.clock.when(initialized)).rejects.toMatchObject({ code: 'START_FAILED', cause: boom })
  expect(steps).toEqual(['teardown'])
  expect(rig.errors).toEqual([
    { error: boom, info: { consumer: 'OrdersConsumer', retriesCount: 0, unrecoverableDeliveryError: false } },
  ])
  expect(await rig.runner.done).toMatchObject({ exitCode: 1, error: { code: 'START_FAILED' } })
  await rig.runner.start().catch(() => {})
  expect(rig.engine.starts).toBe(0)
  expect(rig.engine.stops).toHaveLength(1)
})

test('a delivery that fails in initialize is seen by its deliver(), even if it failed before that was called', async () => {
  const gate = deferred()
  const rig = new Rig({
    process: () => {},
    async initialize() {
      this.produce('hello', { topic: 'out' })
      await gate.promise
      await this.deliver()
    },
  })
  rig.engine.onProduce = records => records.map(() => Object.assign(new Error('too large'), { retriable: false }))
  const initialized = rig.runner.initialize()
  await rig.settle()
  expect(rig.of('delivery.failed')).toHaveLength(1)
  gate.resolve()
  await expect(rig.clock.when(initialized)).rejects.toMatchObject({
    code: 'START_FAILED',
    cause: { code: 'DELIVERY_FAILED' },
  })
})

test('an engine that cannot start ends the worker with its exit code', async () => {
  const steps: string[] = []
  const rig = new Rig({ process: () => {}, teardown: () => void steps.push('teardown') })
  const refused = new RacecarError('NOT_ALLOWED', 'no')
  rig.engine.start = async () => {
    throw refused
  }
  await rig.runner.initialize()
  await expect(rig.clock.when(rig.runner.start())).rejects.toBe(refused)
  expect(steps).toEqual(['teardown'])
  expect(rig.errors).toMatchObject([{ error: refused, info: { consumer: 'OrdersConsumer' } }])
  expect(await rig.runner.done).toEqual({ exitCode: 77, error: refused })
})

test('an engine that fails while it joins ends the start as well', async () => {
  const rig = new Rig({ process: () => {} })
  rig.engine.start = () => new Promise(() => {})
  await rig.runner.initialize()
  const started = rig.runner.start()
  const fenced = new RacecarError('FENCED', 'another one')
  rig.engine.sink.failed(fenced)
  await expect(rig.clock.when(started)).rejects.toBe(fenced)
  expect(rig.errors).toMatchObject([{ error: fenced }])
  expect(await rig.runner.done).toEqual({ exitCode: 76, error: fenced })
})

test('when the membership ends for good, handlers are told, nothing is committed, and teardown is called', async () => {
  const hand = new ByHand()
  const steps: string[] = []
  const rig = await Rig.started({
    process: (m, c) => hand.call(m.value!, c),
    teardown: () => void steps.push('teardown'),
  })
  rig.engine.append(p(0), ['a', 'b', 'c'])
  await rig.settle()
  hand.end()
  await rig.settle()
  const fenced = new RacecarError('FENCED', 'another one')
  rig.engine.sink.failed(fenced)
  expect(hand.calls[1]!.signal().aborted).toBe(true)
  expect(await rig.clock.when(rig.runner.done)).toEqual({ exitCode: 76, error: fenced })
  hand.end()
  await rig.clock.advance(60_000)
  expect(hand.given).toEqual(['a', 'b'])
  expect(rig.engine.commits).toEqual([])
  expect(steps).toEqual(['teardown'])
  expect(rig.clock.pending).toBe(0)
})

test('an unknown error of the engine is a plain failure', async () => {
  const rig = await Rig.started({ process: () => {} })
  rig.engine.sink.failed(new TypeError('a bug'))
  expect(await rig.clock.when(rig.runner.done)).toMatchObject({ exitCode: 1, error: { name: 'TypeError' } })
})

test('a stop during initialize waits for it, and then nothing joins', async () => {
  const gate = deferred()
  const steps: string[] = []
  const rig = new Rig({
    process: () => {},
    initialize: () => gate.promise.then(() => void steps.push('initialized')),
    teardown: () => void steps.push('teardown'),
  })
  const initialized = rig.runner.initialize()
  const stopped = rig.stop()
  await rig.clock.advance(1000)
  expect(steps).toEqual([])
  gate.resolve()
  await initialized
  await rig.runner.start()
  expect(await rig.clock.when(stopped)).toEqual({ clean: true })
  expect(steps).toEqual(['initialized', 'teardown'])
  expect(rig.engine.starts).toBe(0)
  expect(rig.engine.stops).toHaveLength(1)
})

test('a stop during an initialize that never settles ends in time', async () => {
  const rig = new Rig({ process: () => {}, initialize: () => new Promise(() => {}) })
  void rig.runner.initialize()
  await rig.clock.when(rig.stop(10_000))
  expect(rig.clock.now()).toBeLessThanOrEqual(10_000)
  expect(await rig.runner.done).toEqual({ exitCode: 2 })
})

test('a stop during the join ends it, and nothing is handled although partitions still come', async () => {
  const seen: string[] = []
  const rig = new Rig({ process: message => void seen.push(message.value!) })
  rig.engine.start = () => new Promise(() => {})
  await rig.runner.initialize()
  const started = rig.runner.start()
  const stopped = rig.stop()
  rig.engine.assign(p(0))
  rig.engine.append(p(0), values(3))
  await rig.clock.when(started)
  expect(await rig.clock.when(stopped)).toEqual({ clean: true })
  await rig.clock.advance(10_000)
  expect(seen).toEqual([])
  expect(rig.engine.stops).toHaveLength(1)
})

test('a stop before anything has begun ends cleanly, and nothing joins afterwards', async () => {
  const rig = new Rig({ process: () => {} })
  expect(await rig.clock.when(rig.stop())).toEqual({ clean: true })
  await rig.runner.start()
  expect(rig.engine.starts).toBe(0)
})

test('a beat is passed on while there is a membership', async () => {
  const rig = new Rig({ process: () => {} })
  rig.runner.beat()
  expect(rig.engine.beats).toBe(0)
  await rig.runner.start()
  rig.runner.beat()
  expect(rig.engine.beats).toBe(1)
  await rig.clock.when(rig.stop())
  rig.runner.beat()
  expect(rig.engine.beats).toBe(1)
})
