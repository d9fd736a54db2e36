import { afterEach, expect, test, vi } from 'vitest'
import { loadConfig } from '../../src/config/load.ts'
import { MessageDeliveryError } from '../../src/delivery-error.ts'
import type { OutgoingRecord, ProduceError } from '../../src/engine/engine.ts'
import { RacecarError } from '../../src/errors.ts'
import { createBus } from '../../src/events/bus.ts'
import { allSettled, surroundings } from '../../src/producer/surroundings.ts'
import type { LineEvents, ProducerOptions } from '../../src/standalone/port.ts'
import { StandaloneProducer } from '../../src/standalone/producer.ts'
import { failFast } from '../../src/worker/fail-fast.ts'

const refused = (): ProduceError => Object.assign(new Error('refused'), { retriable: false, partition: 3 })
const turn = () => new Promise<void>(resolve => setImmediate(resolve))

/** A line that stores, or loses, when it is told to. */
function setUp(options: ProducerOptions = {}) {
  const sent: OutgoingRecord[] = []
  const opened: LineEvents[] = []
  const errors: RacecarError[] = []
  let whenOpened: () => Promise<void> = async () => {}
  let closed = 0
  const producer = new StandaloneProducer({ onError: error => errors.push(error), ...options }, async (_, events) => {
    await whenOpened()
    opened.push(events)
    return { send: record => sent.push(record), close: () => closed++ }
  })
  const find = (value: string) => sent.find(record => String(record.value) === value)!
  return {
    ...{ producer, sent, opened, errors },
    closed: () => closed,
    failToOpen: (error: Error) => {
      whenOpened = () => Promise.reject(error)
    },
    mend: () => {
      whenOpened = async () => {}
    },
    store(...values: string[]) {
      for (const value of values) {
        const { topic, partition = 0 } = find(value)
        opened[0]!.onSettled(find(value), undefined, { topic, partition, offset: Number(value) })
      }
    },
    lose(...values: string[]) {
      for (const value of values) opened[0]!.onSettled(find(value), refused(), undefined)
    },
  }
}

const t = { topic: 't' }

afterEach(() => {
  delete surroundings().worker
  expect(surroundings().unsettled.size).toBe(0)
})

test('nothing is opened before something is produced, and then once', async () => {
  const { producer, opened, sent, store } = setUp()
  await turn()
  expect(opened).toHaveLength(0)
  producer.produceAsync('1', { ...t, key: 'k', headers: { a: 'b' }, partition: 2, timestamp: 5 })
  producer.produceAsync('2', t)
  await turn()
  producer.produceAsync('3', t)
  expect(opened).toHaveLength(1)
  expect(sent.map(({ value }) => String(value))).toEqual(['1', '2', '3'])
  expect(sent[0]).toMatchObject({ topic: 't', partition: 2, key: Buffer.from('k'), timestamp: 5 })
  store('1', '2', '3')
})

test('produceSync resolves to the place, and rejects with what says why', async () => {
  const { producer, store, lose, errors } = setUp()
  const [one, two] = [producer.produceSync('1', t), producer.produceSync('2', t)]
  await turn()
  store('1')
  lose('2')
  expect(await one).toEqual({ topic: 't', partition: 0, offset: 1 })
  const error = await two.catch(thrown => thrown)
  expect(error).toBeInstanceOf(MessageDeliveryError)
  expect(error).toMatchObject({ topic: 't', partition: 3, count: 1 })
  expect(errors).toEqual([])
})

test('what nobody waits for is told to onError when it is lost, together where it is in one turn', async () => {
  const { producer, lose, store, errors } = setUp()
  for (const value of ['1', '2', '3']) producer.produceAsync(value, t)
  await turn()
  lose('1', '3')
  store('2')
  await turn()
  expect(errors).toMatchObject([{ code: 'DELIVERY_FAILED', count: 2 }])
})

test('without onError that is a line on standard error, in a worker one in its log', async () => {
  const said = vi.spyOn(console, 'error').mockImplementation(() => {})
  const { producer, lose } = setUp({ onError: undefined })
  producer.produceAsync('1', t)
  await turn()
  lose('1')
  await turn()
  expect(said.mock.lastCall![0]).toMatch(/^racecar: a message for t\/3 could not be delivered: refused/)
  const bus = createBus()
  const events: unknown[] = []
  bus.on('delivery.failed', event => events.push(event))
  surroundings().worker = { config: new Promise(() => {}), bus }
  producer.produceAsync('2', t)
  lose('2')
  await turn()
  expect(events).toMatchObject([{ count: 1, error: { name: 'MessageDeliveryError', code: 'DELIVERY_FAILED' } }])
  expect(said).toHaveBeenCalledTimes(1)
  said.mockRestore()
})

test('an onError that throws hurts nothing, and is told', async () => {
  const said = vi.spyOn(console, 'error').mockImplementation(() => {})
  const onError = () => {
    throw new Error('nobody home')
  }
  const { producer, lose } = setUp({ onError })
  producer.produceAsync('1', t)
  await turn()
  lose('1')
  await turn()
  expect(said.mock.calls).toEqual([['racecar: onError failed: nobody home']])
  said.mockRestore()
})

test('waitForDelivery waits for all that its callback queues, now and later, and answers with what that returns', async () => {
  const { producer, store } = setUp()
  let isOver = false
  const waiting = producer.waitForDelivery(async () => {
    producer.produceAsync('1', t)
    await turn()
    await Promise.all([0].map(async () => producer.produceAsync('2', t)))
    return 'result'
  })
  void waiting.then(() => {
    isOver = true
  })
  await turn()
  await turn()
  store('1')
  await turn()
  expect(isOver).toBe(false)
  store('2')
  expect(await waiting).toBe('result')
})

test('it rejects with the first loss, which says how many there are, when the others are settled', async () => {
  const { producer, store, lose, errors } = setUp()
  const waiting = producer.waitForDelivery(() => {
    for (const value of ['1', '2', '3']) producer.produceAsync(value, t)
  })
  let isOver = false
  waiting.catch(() => {
    isOver = true
  })
  await turn()
  lose('2', '1')
  await turn()
  expect(isOver).toBe(false)
  store('3')
  await expect(waiting).rejects.toMatchObject({ name: 'MessageDeliveryError', count: 2 })
  await turn()
  expect(errors).toEqual([])
})

test('calls beside each other and within each other wait for what is theirs alone', async () => {
  const { producer, store, lose } = setUp()
  const order: string[] = []
  const beside = producer.waitForDelivery(() => producer.produceAsync('1', t)).then(() => order.push('beside'))
  const outer = producer.waitForDelivery(async () => {
    producer.produceAsync('2', t)
    const inner = producer.waitForDelivery(() => producer.produceAsync('3', t))
    await inner.catch(() => order.push('inner lost'))
  })
  await turn()
  store('2')
  lose('3')
  await outer
  order.push('outer')
  store('1')
  await beside
  expect(order).toEqual(['inner lost', 'outer', 'beside'])
})

test('where the callback throws nobody waits any more, and losses are told to onError', async () => {
  const { producer, lose, errors } = setUp()
  const boom = new Error('boom')
  const waiting = producer.waitForDelivery(() => {
    producer.produceAsync('1', t)
    throw boom
  })
  await expect(waiting).rejects.toBe(boom)
  await turn()
  lose('1')
  await turn()
  expect(errors).toHaveLength(1)
})

test('what a callback queues after its end is nobody’s', async () => {
  const { producer, lose, errors } = setUp()
  let later!: () => void
  await producer.waitForDelivery(() => {
    later = () => producer.produceAsync('1', t)
    setImmediate(later)
  })
  await turn()
  await turn()
  lose('1')
  await turn()
  expect(errors).toHaveLength(1)
})

test('what cannot be sent is refused where it is called', async () => {
  const { producer, opened } = setUp()
  expect(() => producer.produceAsync({} as never, t)).toThrow(TypeError)
  await expect(producer.produceSync('1', {} as never)).rejects.toThrow(TypeError)
  await turn()
  expect(opened).toHaveLength(0)
})

test('wrong options are told to whoever waits, and the next message tries again', async () => {
  const { producer, failToOpen, mend, store, errors } = setUp()
  failToOpen(new RacecarError('CONFIG', 'brokers must be a list'))
  const one = producer.produceSync('1', t)
  const all = producer.waitForDelivery(() => producer.produceAsync('2', t))
  producer.produceAsync('3', t)
  await expect(one).rejects.toMatchObject({ code: 'CONFIG' })
  await expect(all).rejects.toMatchObject({ code: 'CONFIG' })
  await turn()
  expect(errors).toMatchObject([{ code: 'CONFIG' }])
  mend()
  const again = producer.produceSync('4', t)
  await turn()
  store('4')
  expect((await again).offset).toBe(4)
})

test('while a worker loads its modules messages are queued, and what would wait for them is refused', async () => {
  const { producer, sent, store } = setUp()
  const early = { code: 'CONFIG', message: expect.stringContaining('while a worker loads its modules') }
  surroundings().worker = { config: new Promise(() => {}), bus: createBus(), isLoading: true }
  const callback = vi.fn()
  await expect(producer.produceSync('0', t)).rejects.toMatchObject(early)
  await expect(producer.waitForDelivery(callback)).rejects.toMatchObject(early)
  expect(callback).not.toHaveBeenCalled()
  producer.produceAsync('1', t)
  await expect(producer.close()).rejects.toMatchObject(early)
  await turn()
  expect(sent.map(({ value }) => String(value))).toEqual(['1'])
  delete surroundings().worker
  const closed = producer.close()
  store('1')
  await closed
})

test('close waits for what is queued, and then nothing can be produced', async () => {
  const { producer, store, closed } = setUp()
  producer.produceAsync('1', t)
  const closing = producer.close()
  await turn()
  expect(closed()).toBe(0)
  store('1')
  await closing
  expect(closed()).toBe(1)
  expect(() => producer.produceAsync('2', t)).toThrow('the producer is closed')
})

test('a process can wait for all of its producers', async () => {
  const [one, two] = [setUp(), setUp()]
  one.producer.produceAsync('1', t)
  two.producer.produceAsync('2', t)
  await turn()
  let isOver = false
  const all = allSettled().then(() => {
    isOver = true
  })
  one.store('1')
  await turn()
  expect(isOver).toBe(false)
  two.lose('2')
  await all
  await allSettled()
})

test('what a full queue does not take any more is lost, and nobody waits for it', async () => {
  const producer = new StandaloneProducer({ onError: () => {} }, async (_, { onSettled }) => {
    let taken = 0
    return {
      close: () => {},
      send(record) {
        if (++taken > 1) throw new RacecarError('DELIVERY_FAILED', 'full')
        queueMicrotask(() => onSettled(record, undefined, { topic: 't', partition: 0, offset: 1 }))
      },
    }
  })
  const all = await Promise.allSettled(['1', '2', '3'].map(value => producer.produceSync(value, t)))
  expect(all.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'rejected'])
  await producer.close()
})

test('whoever waits for what is queued does not wait for what comes later', async () => {
  const { producer, store } = setUp()
  producer.produceAsync('1', t)
  await turn()
  let isDone = false
  const settled = allSettled().then(() => {
    isDone = true
  })
  producer.produceAsync('2', t)
  expect(producer.unsettled).toBe(2)
  await turn()
  expect(isDone).toBe(false)
  store('1')
  await settled
  store('2')
})

test('brokers of its own that are gone end no worker that is to fail fast, and are told as lines', async () => {
  const bus = createBus()
  const refused: Error[] = []
  const [lines, clusters]: [string[], unknown[]] = [[], []]
  failFast(bus, error => refused.push(error))
  bus.on('line', ({ message }) => lines.push(message))
  bus.on('broker.unreachable', told => clusters.push(told))
  const given = { brokers: ['127.0.0.1:1'], messageTimeout: 4 }
  surroundings().worker = { config: Promise.resolve(loadConfig({}).config), bus }
  const producer = new StandaloneProducer(given)
  await expect(producer.produceSync('1', t)).rejects.toThrow(MessageDeliveryError)
  expect(lines).toContainEqual(expect.stringMatching(/127\.0\.0\.1:1/))
  expect([refused, clusters]).toEqual([[], []])
  await producer.close()
})
