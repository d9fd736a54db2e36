import { expect, test } from 'vitest'
import type { Context } from '../../src/consumer/consumer.ts'
import type { Message } from '../../src/consumer/message.ts'
import { ByHand, p, Rig, values } from './rig.ts'

test('a synchronous handler gets every message once, in order, and the end is committed within the interval', async () => {
  const seen: string[] = []
  const rig = await Rig.started({ process: message => void seen.push(message.value!) })
  rig.engine.append(p(0), values(1000))
  await rig.settle()
  expect(seen).toEqual(values(1000))
  expect(rig.engine.commits).toEqual([])
  await rig.clock.advance(250)
  expect(rig.engine.committed(p(0))).toBe(1000)
  expect(rig.of('offsets.committed')).toEqual([{ offsets: [{ ...p(0), offset: 1000 }] }])
})

test('one message of a partition is handled at a time, and partitions do not wait for each other', async () => {
  const hand = new ByHand()
  const rig = await Rig.started({ process: (m, c) => hand.call(`${m.partition}:${m.value}`, c) }, { partitions: 2 })
  rig.engine.append(p(0), ['a', 'b'])
  rig.engine.append(p(1), ['c', 'd'])
  await rig.settle()
  expect(hand.given).toEqual(['0:a', '1:c'])
  hand.end(1)
  await rig.settle()
  expect(hand.given).toEqual(['0:a', '1:c', '1:d'])
  hand.end(0)
  await rig.settle()
  expect(hand.given).toEqual(['0:a', '1:c', '1:d', '0:b'])
})

test('a handler may be synchronous for one message and asynchronous for the next', async () => {
  const seen: string[] = []
  const rig = await Rig.started({
    process(message) {
      seen.push(message.value!)
      return message.offset % 3 === 0 ? Promise.resolve() : undefined
    },
  })
  rig.engine.append(p(0), values(50))
  await rig.clock.advance(250)
  expect(seen).toEqual(values(50))
  expect(rig.engine.committed(p(0))).toBe(50)
})

test('a thenable that settles twice, and both ways, counts once', async () => {
  const seen: string[] = []
  const rig = await Rig.started({
    process(message) {
      seen.push(message.value!)
      return {
        // biome-ignore lint/suspicious/noThenProperty: user code does this
        then(done: () => void, failed: (error: Error) => void) {
          done()
          failed(new Error('too late'))
          done()
        },
      }
    },
  })
  rig.engine.append(p(0), values(3))
  await rig.clock.advance(250)
  expect(seen).toEqual(values(3))
  expect(rig.errors).toEqual([])
  expect(rig.engine.committed(p(0))).toBe(3)
})

test('a message without key and value reaches the handler as nulls', async () => {
  const seen: unknown[] = []
  const rig = await Rig.started({
    process: ({ key, value, headers, data }) => void seen.push({ key, value, headers: { ...headers }, data }),
  })
  const record = { offset: 0, timestamp: 0, key: null, value: null, headers: [] }
  rig.engine.sink.records({ ...p(0), records: [record], next: 1, bytes: 10, highWatermark: 1 })
  await rig.settle()
  expect(seen).toEqual([{ key: null, value: null, headers: {}, data: null }])
})

test('values are read by the schema of their topic', async () => {
  const seen: unknown[] = []
  const rig = await Rig.started(
    { process: message => void seen.push(message.data) },
    { parsers: topic => (topic === 'orders' ? raw => `parsed ${raw}` : undefined) },
  )
  rig.engine.append(p(0), ['x'])
  await rig.settle()
  expect(seen).toEqual(['parsed x'])
})

test('the position behind control records and gaps is committed, even where no message was handed over', async () => {
  const seen: number[] = []
  const rig = await Rig.started({ process: message => void seen.push(message.offset) })
  const record = (offset: number) => ({ offset, timestamp: 0, key: null, value: null, headers: [] })
  const batch = (offsets: number[], next: number) =>
    rig.engine.sink.records({ ...p(0), records: offsets.map(record), next, bytes: 100, highWatermark: 30 })
  batch([], 3)
  await rig.clock.advance(250)
  expect(rig.engine.committed(p(0))).toBe(3)
  batch([4, 7], 10)
  batch([], 12)
  batch([15], 16)
  batch([], 30)
  await rig.clock.advance(250)
  expect(seen).toEqual([4, 7, 15])
  expect(rig.engine.committed(p(0))).toBe(30)
})

test('records below the position, which no engine should hand over, are not handled again', async () => {
  const seen: number[] = []
  const rig = await Rig.started({ process: message => void seen.push(message.offset) })
  const record = (offset: number) => ({ offset, timestamp: 0, key: null, value: null, headers: [] })
  const batch = (offsets: number[], next: number) =>
    rig.engine.sink.records({ ...p(0), records: offsets.map(record), next, bytes: 100, highWatermark: 9 })
  batch([0, 1, 2], 3)
  batch([1, 2], 3)
  batch([2, 3, 4], 5)
  await rig.settle()
  expect(seen).toEqual([0, 1, 2, 3, 4])
})

test('nothing is started while the lease has run out, and everything goes on when it is renewed', async () => {
  const seen: string[] = []
  const rig = await Rig.started({ process: message => void seen.push(message.value!) }, { partitions: 2 })
  rig.engine.lease = false
  rig.engine.append(p(0), ['a'])
  rig.engine.append(p(1), ['b'])
  await rig.clock.advance(60_000)
  expect(seen).toEqual([])
  rig.engine.lease = true
  await rig.clock.advance(50)
  expect(seen.toSorted()).toEqual(['a', 'b'])
})

test('the lease is looked at before each message, not only when the lane begins', async () => {
  const seen: string[] = []
  const rig: Rig = await Rig.started({
    process(message) {
      seen.push(message.value!)
      if (seen.length === 2) rig.engine.lease = false
    },
  })
  rig.engine.append(p(0), values(10))
  await rig.clock.advance(1000)
  expect(seen).toEqual(values(2))
})

test('a handler that is asked for its signal only later gets one', async () => {
  const hand = new ByHand()
  const rig = await Rig.started({ process: (m, c) => hand.call(m.value!, c) })
  rig.engine.append(p(0), ['a'])
  await rig.settle()
  expect(hand.calls[0]!.signal().aborted).toBe(false)
  expect(hand.calls[0]!.signal()).toBe(hand.calls[0]!.signal())
})

test('lines of the consumer reach the bus under its name', async () => {
  const rig = await Rig.started({
    process(message) {
      this.logger.info('seen', { offset: message.offset })
    },
  })
  rig.engine.append(p(0), ['a'])
  await rig.settle()
  expect(rig.of('line')).toEqual([{ level: 'info', message: 'seen', from: 'OrdersConsumer', fields: { offset: 0 } }])
})

test('what begins is told before its handler is called, with all that is in hand by then', async () => {
  const order: unknown[] = []
  const hand = new ByHand()
  const begins = () => {
    const inHand = rig.runner.inHand().map(({ partition, offset, forMs }) => [partition, offset, forMs])
    order.push(inHand)
    return undefined
  }
  const process = (message: Message, context: Context) => {
    order.push(message.value)
    return message.partition === 0 ? hand.call(message.value!, context) : undefined
  }
  const rig = await Rig.started({ process }, { witness: { begins }, partitions: 2 })
  rig.engine.append(p(0), ['waits'])
  await rig.settle()
  await rig.clock.advance(400)
  rig.engine.append(p(1), ['returns'])
  await rig.settle()
  expect(order).toEqual([
    [[0, 0, 0]],
    'waits',
    [
      [0, 0, 400],
      [1, 0, 0],
    ],
    'returns',
  ])
  expect(rig.runner.inHand()).toEqual([expect.objectContaining({ partition: 0, offset: 0, forMs: 400 })])
})

test('a snapshot says what each lane is doing', async () => {
  const hand = new ByHand()
  const rig = await Rig.started({ process: (m, c) => hand.call(m.value!, c) }, { partitions: 2 })
  rig.engine.append(p(0), values(3))
  await rig.settle()
  await rig.clock.advance(1500)
  const [busy, idle] = rig.runner.snapshot().lanes
  expect(busy).toMatchObject({ ...p(0), state: 'handling', position: 0, waiting: 3, inHandForMs: 1500, lag: 3 })
  expect(busy).toMatchObject({ inHandOffset: 0, inHandLastOffset: 0, why: null })
  expect(idle).toMatchObject({ ...p(1), state: 'waiting', position: 0, waiting: 0, inHandForMs: null, lag: 0 })
  hand.fail()
  await rig.clock.advance(4000)
  expect(rig.runner.snapshot().lanes[0]).toMatchObject({
    state: 'paused',
    pausedForMs: 6000,
    inHandOffset: null,
    why: expect.stringMatching(/^attempt 1 failed: /),
  })
})
