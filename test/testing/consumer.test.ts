// What a consumer is given and what comes of it, where nothing fails.
import { setTimeout as wait } from 'node:timers/promises'
import { inspect } from 'node:util'
import { Consumer, type Context, type Message, type MessageOf, topic } from 'racecar'
import { testConsumer } from 'racecar/testing'
import { describe, expect, it } from 'vitest'
import { deferred } from '../../src/lib/deferred.ts'
import { consuming } from './support.ts'

const values = (messages: readonly Message[]) => messages.map(({ value }) => value)
const Silent = consuming(() => {})

describe('give()', () => {
  it('writes objects as JSON, text and bytes as they are, and returns when they are handled', async () => {
    await using orders = await testConsumer(Silent)
    await orders.give({ value: { id: 1 } }, { value: ['a'] }, 'plain', new Uint8Array([104, 105]), { value: null }, {})
    expect(values(orders.handled)).toEqual(['{"id":1}', '["a"]', 'plain', 'hi', null, null])
    expect(orders.handled.map(({ offset }) => offset)).toEqual([0, 1, 2, 3, 4, 5])
    expect(orders.handled[0]?.json()).toEqual({ id: 1 })
  })

  it('takes key, headers, timestamp and partition', async () => {
    await using orders = await testConsumer(Silent, { partitions: 3 })
    const timestamp = new Date(1000)
    await orders.give({ value: 'x', key: 'a', headers: { source: 'shop' }, timestamp, partition: 2 })
    expect(orders.handled).toMatchObject([{ key: 'a', headers: { source: 'shop' }, timestamp, partition: 2 }])
  })

  it('finds the same partition for the same key, and takes turns without one', async () => {
    await using orders = await testConsumer(Silent, { partitions: 3 })
    await orders.give('a', 'b', 'c')
    expect(new Set(orders.handled.map(({ partition }) => partition))).toEqual(new Set([0, 1, 2]))
    const keys = ['k', 'l', 'm', 'n', 'k', 'l', 'm', 'n']
    await orders.give(...keys.map(key => ({ key })))
    const byKey = new Set(orders.handled.slice(3).map(({ key, partition }) => `${key} ${partition}`))
    expect(byKey.size).toBe(4)
  })

  it('gives messages the time of the test, which goes on with it', async () => {
    await using orders = await testConsumer(Silent)
    await orders.give('now')
    await orders.advance(60)
    await orders.give('a minute later')
    const [first, second] = orders.handled
    expect(Math.abs(Date.now() - first!.timestamp.getTime())).toBeLessThan(60_000)
    expect(second!.timestamp.getTime() - first!.timestamp.getTime()).toBe(60_000)
  })

  it('needs a topic where there are several, and knows those that are subscribed to', async () => {
    class Several extends Consumer {
      static {
        this.subscribesTo('orders', topic('returns'))
      }
      process() {}
    }
    await using several = await testConsumer(Several)
    await several.give({ topic: 'orders' }, { topic: topic('returns') })
    expect(several.handled.map(message => message.topic)).toEqual(['orders', 'returns'])
    await expect(several.give('x')).rejects.toThrow('subscribes to orders, returns: say which topic is meant')
    await expect(several.give({ topic: 'order' })).rejects.toThrow(
      'does not subscribe to order, but to orders, returns',
    )
  })

  it('takes what another consumer has produced, byte by byte', async () => {
    const bytes = new Uint8Array([0, 255])
    const Producing = consuming(function () {
      this.produce(bytes, { topic: 'orders-checked', key: bytes, headers: { raw: bytes, none: null }, partition: 1 })
    })
    class Checked extends Consumer {
      static {
        this.subscribesTo('orders-checked')
      }
      process() {}
    }
    await using orders = await testConsumer(Producing)
    await using checked = await testConsumer(Checked, { partitions: 2 })
    await orders.give('x')
    await checked.give(...orders.produced)
    const [given] = checked.handled
    expect(given).toMatchObject({ topic: 'orders-checked', partition: 1, timestamp: orders.produced[0]?.timestamp })
    expect([given?.rawKey, given?.rawValue]).toEqual([Buffer.from(bytes), Buffer.from(bytes)])
    expect(given?.rawHeaders).toEqual([
      ['raw', Buffer.from(bytes)],
      ['none', null],
    ])
  })

  it('refuses what is no message, and then writes none of the others', async () => {
    await using orders = await testConsumer(Silent)
    const odd = { vlaue: 1 } as object
    await expect(orders.give('x', odd)).rejects.toThrow('vlaue is no part of a message; did you mean value?')
    await expect(orders.give('x', { id: 1 } as object)).rejects.toThrow('id is no part of a message: what a message')
    const nothing = [null, 5, ['x']] as unknown as string[]
    await expect(orders.give('x', nothing[0]!)).rejects.toThrow('give takes text, bytes and { value, key, … }')
    await expect(orders.give('x', nothing[1]!)).rejects.toThrow('not 5')
    await expect(orders.give('x', nothing[2]!)).rejects.toThrow('one after the other, not an array')
    await expect(orders.give('x', { value: () => 1 })).rejects.toThrow('give cannot have a function as its value')
    await expect(orders.give('x', { partition: 1 })).rejects.toThrow('there is no partition 1: each topic has 1')
    expect(orders.handled).toEqual([])
  })
})

describe('what came of it', () => {
  it('is there as it happened: produced messages, log lines, the state of the instance', async () => {
    class Greeter extends Consumer {
      static {
        this.subscribesTo('names')
      }
      count = 0
      #secret = 1
      process(message: Message) {
        this.count += this.#secret
        this.produce(JSON.stringify({ hello: message.value }), { topic: 'greetings', key: 'k', headers: { n: '1' } })
        this.produce('to the first partition', { topic: 'elsewhere' })
        this.produce('to the last partition', { topic: 'elsewhere', partition: 7 })
        this.logger.info('greeted', { name: message.value })
      }
    }
    await using greeter = await testConsumer(Greeter)
    await greeter.give('Ada')
    expect(greeter.produced).toMatchObject([
      { topic: 'greetings', key: 'k', headers: { n: '1' }, partition: 0, offset: 0 },
      { topic: 'elsewhere', partition: 0, value: 'to the first partition' },
      { topic: 'elsewhere', partition: 7, value: 'to the last partition' },
    ])
    expect(greeter.produced[0]?.json()).toEqual({ hello: 'Ada' })
    expect(greeter.logged).toEqual([{ level: 'info', message: 'greeted', fields: { name: 'Ada' } }])
    expect(greeter.consumer.count).toBe(1)
    expect(inspect(greeter)).toMatch(/^Greeter: \{\n? +handled: \[\s+\{\s+topic: 'names'/)
  })

  it('lies where the partitioner in force would put it: by the key, or the partition key instead', async () => {
    class Orders extends Consumer {
      static {
        this.subscribesTo('orders')
      }
      process() {
        this.produce('', { topic: 'out', key: 'kafka' })
        this.produce('', { topic: 'out', key: 'order 1', partitionKey: 'kafka' })
      }
    }
    const at = async (partitioner: 'murmur2' | 'fnv1a') => {
      await using orders = await testConsumer(Orders, { partitions: 100, config: { partitioner } })
      await orders.give({ key: 'kafka' })
      return [...orders.handled, ...orders.produced].map(({ partition }) => partition)
    }
    const [murmur2, fnv1a] = [(0xd067cf64 & 0x7fffffff) % 100, 0x0d33c4e1 % 100]
    expect(await at('murmur2')).toEqual([murmur2, murmur2, murmur2])
    expect(await at('fnv1a')).toEqual([fnv1a, fnv1a, fnv1a])
  })

  it('is committed when its time has come', async () => {
    await using orders = await testConsumer(Silent, { partitions: 2, config: { offsetCommitInterval: 5 } })
    await orders.give({ partition: 1 }, { partition: 1 })
    expect(orders.committed('orders', 1)).toBe(0)
    await orders.advance(4.9)
    expect(orders.committed('orders', 1)).toBe(0)
    await orders.advance(0.1)
    expect(orders.committed('orders', 1)).toBe(2)
    expect(orders.committed(topic('orders'))).toBe(0)
    expect(() => orders.committed('other')).toThrow('does not subscribe to other')
  })

  it('is consumed again where it subscribes to what it produces', async () => {
    const Countdown = consuming(function ({ value }) {
      if (Number(value) > 0) this.produce(String(Number(value) - 1), { topic: 'orders' })
    })
    await using orders = await testConsumer(Countdown)
    await orders.give('3')
    expect(values(orders.handled)).toEqual(['3', '2', '1', '0'])
    await orders.settle()
    expect(orders.committed('orders')).toBe(4)
  })

  it('is cut off where it would never end', async () => {
    const Endless = consuming(function ({ value }) {
      this.produce(value, { topic: 'orders' })
    })
    await using orders = await testConsumer(Endless)
    await expect(orders.give('x')).rejects.toThrow('More than 1000 messages were produced to orders')
    expect(await orders.stop()).toEqual({ clean: true })
  })
})

describe('it runs as in production', () => {
  it('with batches, which wait for more messages in virtual time', async () => {
    const sizes: number[] = []
    class Batches extends Consumer {
      static {
        this.subscribesTo('orders')
        this.configure({ fetchMessages: 3, maxWaitTime: 2 })
      }
      processBatch(messages: readonly Message[]) {
        sizes.push(messages.length)
      }
    }
    await using batches = await testConsumer(Batches)
    await batches.give('a', 'b', 'c', 'd')
    expect(sizes).toEqual([3])
    await batches.advance(1.9)
    expect(sizes).toEqual([3])
    await batches.advance(0.1)
    expect(sizes).toEqual([3, 1])
    expect(values(batches.handled)).toEqual(['a', 'b', 'c', 'd'])
  })

  it('with the schemas of its topics', async () => {
    const numbers = topic<number>('numbers', {
      '~standard': {
        version: 1,
        vendor: 'test',
        validate: value => (typeof value === 'number' ? { value: value * 2 } : { issues: [{ message: 'no number' }] }),
      },
    })
    const seen: number[] = []
    class Numbers extends Consumer {
      static {
        this.subscribesTo(numbers)
      }
      process({ data }: MessageOf<typeof numbers>) {
        seen.push(data)
      }
    }
    await using consumer = await testConsumer(Numbers, { partitions: 2 })
    await consumer.give({ topic: numbers, value: 21, partition: 0 }, { value: '"one"', partition: 1 })
    expect(seen).toEqual([42])
    expect(consumer.handled[0]?.data).toBe(42)
    expect(consumer.errors).toMatchObject([{ error: { code: 'MESSAGE_INVALID', issues: [{ message: 'no number' }] } }])
  })

  it('lanes side by side', async () => {
    const allAreHere = deferred()
    let running = 0
    const Meeting = consuming(() => {
      if (++running === 4) allAreHere.resolve()
      return allAreHere.promise
    })
    await using orders = await testConsumer(Meeting, { partitions: 4 })
    await orders.give('a', 'b', 'c', 'd')
    expect(orders.handled).toHaveLength(4)
  })

  it('one message at a time where it is serial', async () => {
    let [running, highest] = [0, 0]
    const Counting = consuming(
      async () => {
        highest = Math.max(highest, ++running)
        await wait(1)
        running--
      },
      { serial: true },
    )
    await using orders = await testConsumer(Counting, { partitions: 4 })
    await orders.give('a', 'b', 'c', 'd')
    expect(orders.handled).toHaveLength(4)
    expect(highest).toBe(1)
  })

  it('the class is checked in the same words', async () => {
    class Neither extends Consumer {}
    // @ts-expect-error it has no handler
    const neither = testConsumer(Neither)
    await expect(neither).rejects.toMatchObject({
      code: 'CONSUMER_INVALID',
      message: expect.stringMatching(/^Neither cannot run: it has neither process.*; it subscribes to no topic/),
    })
    // @ts-expect-error it is no consumer
    await expect(testConsumer(class {})).rejects.toThrow('takes a class that extends Consumer')
    const nameless = (() => class extends Silent {})()
    Object.defineProperty(nameless, 'name', { value: '' })
    await expect(testConsumer(nameless)).rejects.toThrow('The class has no name')
    await expect(testConsumer(nameless, { name: 'Renamed' })).rejects.toThrow('Renamed cannot run: it subscribes to no')
  })

  it('the options are checked in the same words', async () => {
    const config = { pauseTimeuot: 2 } as object
    await expect(testConsumer(Silent, { config })).rejects.toMatchObject({
      code: 'CONFIG',
      message: expect.stringContaining('did you mean pauseTimeout?'),
    })
    await expect(testConsumer(Silent, { config: { heartbeatInterval: 30 } })).rejects.toThrow('must be below')
    await expect(testConsumer(consuming(() => {}, { fetchMessages: 0 }))).rejects.toThrow('class OrdersConsumer says 0')
    await expect(testConsumer(Silent, { partitons: 3 } as object)).rejects.toThrow('did you mean partitions?')
    await expect(testConsumer(Silent, { partitions: 0 })).rejects.toThrow('partitions must be a whole number')
  })

  it('a start that fails is told as there', async () => {
    const told: unknown[] = []
    class Late extends Silent {
      static {
        this.subscribesTo('orders')
      }
      async initialize() {
        await wait(1)
        throw new Error('no database')
      }
    }
    const starting = testConsumer(Late, { onError: (error, { consumer }) => told.push(consumer, error) })
    await expect(starting).rejects.toMatchObject({ code: 'START_FAILED', message: 'initialize() failed: no database' })
    expect(told).toEqual(['Late', new Error('no database')])
    class Early extends Silent {
      static {
        this.subscribesTo('orders')
      }
      readonly nothing = JSON.parse('') as unknown
    }
    await expect(testConsumer(Early)).rejects.toMatchObject({ code: 'START_FAILED' })
  })

  it('with what a test puts in the place of the rest of the world', async () => {
    class Mails extends Consumer {
      static {
        this.subscribesTo('mails')
      }
      send = (_to: string): void => {
        throw new Error('a real mail')
      }
      initialize() {
        this.send('hello')
      }
      process({ value }: Message) {
        this.send(String(value))
      }
    }
    const sent: string[] = []
    const prepare = async (consumer: Mails) => {
      await wait(1)
      consumer.send = to => sent.push(to)
    }
    await using mails = await testConsumer(Mails, { prepare })
    await mails.give('ada')
    expect(sent).toEqual(['hello', 'ada'])
  })

  it('with each option: a handler sees its context, and the group its name', async () => {
    let context: Context | undefined
    const Looking = consuming((_, given) => {
      context = given
    })
    await using orders = await testConsumer(Looking, { name: 'BaconConsumer' })
    await orders.give('x')
    expect(context?.signal.aborted).toBe(false)
    expect(orders.ended).toBeUndefined()
  })
})
