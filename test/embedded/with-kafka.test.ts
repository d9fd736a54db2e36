// A test on a real protocol as a user writes it, and what it is told when something is wrong.

import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { Consumer, type Message, type MessageOf, produceAsync, produceSync, topic, waitForDelivery } from 'racecar'
import { message, type RunningConsumer, withKafka } from 'racecar/testing'
import { describe, expect, test } from 'vitest'

const orders = topic<{ id: number }>('orders')

class OrderConsumer extends Consumer {
  static {
    this.subscribesTo(orders)
  }
  isClosed = false
  refused: number[] = []
  process({ data: { id } }: MessageOf<typeof orders>) {
    if (this.refused.includes(id)) throw new Error(`order ${id} is refused`)
    this.produce(JSON.stringify({ confirmed: id }), { topic: 'confirmations', key: String(id) })
  }
  teardown() {
    this.isClosed = true
  }
}

describe('withKafka', () => {
  test(
    'runs a consumer on a Kafka of the test’s own',
    withKafka({ topics: { confirmations: 1 } }, async kafka => {
      const consumer = await kafka.run(OrderConsumer)
      await kafka.produce(orders, { value: { id: 1 }, key: 'a', headers: { from: 'shop' } }, '{"id":2}')
      await consumer.settle()
      expect(consumer.handled.map(({ offset, key, headers }) => [offset, key, headers])).toEqual([
        [0, 'a', { from: 'shop' }],
        [1, null, {}],
      ])
      expect(await consumer.committed(orders)).toBe(2)
      const confirmations = await kafka.messages(topic<{ confirmed: number }>('confirmations'))
      expect(confirmations.map(({ key, data }) => [key, data.confirmed])).toEqual([
        ['1', 1],
        ['2', 2],
      ])
    }),
  )

  test(
    'is the Kafka of produceAsync and its like, in the test and in the consumers that it runs',
    withKafka({ topics: { confirmations: 1 } }, async kafka => {
      class Confirming extends Consumer {
        static {
          this.subscribesTo(orders)
        }
        async process({ value }: Message) {
          await waitForDelivery(() => produceAsync(`confirmed ${value}`, { topic: 'confirmations' }))
        }
      }
      const consumer = await kafka.run(Confirming)
      expect(await produceSync('{"id":1}', { topic: 'orders' })).toEqual({ topic: 'orders', partition: 0, offset: 0 })
      await consumer.settle()
      expect((await kafka.messages('confirmations')).map(({ value }) => value)).toEqual(['confirmed {"id":1}'])
    }),
  )

  test(
    'knows nothing of what other tests did, under the same names',
    withKafka(async kafka => {
      expect(await kafka.messages(orders)).toEqual([])
      const consumer = await kafka.run(OrderConsumer)
      expect(await consumer.committed(orders)).toBe(0)
    }),
  )

  test(
    'two members of a group share the partitions, and one that stops leaves them to the other',
    withKafka({ topics: { orders: 4, confirmations: 1 } }, async kafka => {
      const [first, second] = [await kafka.run(OrderConsumer), await kafka.run(OrderConsumer)]
      const give = () =>
        Promise.all([0, 1, 2, 3].map(partition => kafka.produce(orders, { value: { id: 1 }, partition })))
      await expect
        .poll(async () => {
          await give()
          await Promise.all([first.settle(), second.settle()])
          return Math.min(first.handled.length, second.handled.length)
        })
        .toBeGreaterThan(0)
      expect(await first.stop()).toEqual({ clean: true })
      const before = first.handled.length
      await give()
      await second.settle()
      expect(first.handled.length).toBe(before)
      expect(first.consumer.isClosed).toBe(true)
    }),
  )

  test(
    'an error is told, and tried again in real time',
    withKafka({ topics: ['confirmations'] }, async kafka => {
      const told: number[] = []
      const consumer = await kafka.run(OrderConsumer, {
        config: { pauseTimeout: 0.05 },
        prepare: instance => instance.refused.push(7),
        onError: (_, { retriesCount }) => {
          told.push(retriesCount)
          if (retriesCount === 1) consumer.consumer.refused = []
        },
      })
      await kafka.produce(orders, { value: { id: 7 } })
      await consumer.settle()
      expect(told).toEqual([0, 1])
      expect(consumer.errors.map(({ error }) => (error as Error).message)).toEqual(Array(2).fill('order 7 is refused'))
      expect(consumer.handled.map(({ retriesCount }) => retriesCount)).toEqual([2])
    }),
  )

  test(
    'what does not settle is named, with the reason',
    withKafka(async kafka => {
      const prepare = (instance: OrderConsumer) => instance.refused.push(7)
      const consumer = await kafka.run(OrderConsumer, { prepare })
      await kafka.produce(orders, { value: { id: 7 } })
      await expect(consumer.settle({ within: 0.3 })).rejects.toThrow(
        'OrderConsumer has not settled within 0.3 s; orders/0 is committed up to 0 of 1, attempt 1 failed: order 7 is refused',
      )
      const doomed = await kafka.run(OrderConsumer, { prepare, name: 'Doomed', config: { pauseTimeout: 0 } })
      await expect(doomed.settle()).rejects.toThrow(/^Doomed has ended; .*order 7 is refused/)
      expect(doomed.ended).toMatchObject({ exitCode: 1 })
    }),
  )

  test('stops what it started when the test ends, also when the test fails', async () => {
    let consumer: RunningConsumer<OrderConsumer> | undefined
    const failing = withKafka(async kafka => {
      consumer = await kafka.run(OrderConsumer)
      throw new Error('the test itself')
    })
    await expect(failing()).rejects.toThrow('the test itself')
    expect(consumer?.ended).toEqual({ exitCode: 0 })
    expect(consumer?.consumer.isClosed).toBe(true)
  })

  test('a handler that hangs does not hide why the test has failed', async () => {
    class Hanging extends Consumer {
      static {
        this.subscribesTo(orders)
      }
      process() {
        return new Promise(() => {})
      }
    }
    const failing = withKafka(async kafka => {
      const consumer = await kafka.run(Hanging)
      await kafka.produce(orders, { value: { id: 1 } })
      await consumer.settle()
    })
    const began = performance.now()
    await expect(failing()).rejects.toThrow('Hanging has not settled within 4 s; orders/0 is committed up to 0 of 1')
    // The five seconds of a test runner, and some for a busy machine.
    expect(performance.now() - began).toBeLessThan(10_000)
  })

  test(
    'refuses what it does not know, and what production would refuse',
    withKafka(async kafka => {
      expect(() => withKafka({ topic: ['orders'] } as never, async () => {})).toThrow(
        'withKafka knows no topic; did you mean topics?',
      )
      await expect(kafka.run(OrderConsumer, { partitions: 3 } as never)).rejects.toThrow('run knows no partitions')
      await expect(kafka.run(class Nobody {} as never)).rejects.toThrow('run takes a class that extends Consumer')
      await expect(kafka.run(OrderConsumer, { config: { pauseTimout: 1 } as never })).rejects.toMatchObject({
        code: 'CONFIG',
      })
      await expect(kafka.produce(orders, { vaule: 1 } as never)).rejects.toThrow(
        'vaule is no part of a message; did you mean value?',
      )
      await expect(kafka.produce('orders', { value: 'x', partition: 5 })).rejects.toThrow()
    }),
  )

  test('a process ends by itself when its tests are done', () => {
    const script = fileURLToPath(new URL('../fixtures/with-kafka.mjs', import.meta.url))
    const { status, stdout } = spawnSync(process.execPath, [script], { timeout: 30_000, encoding: 'utf8' })
    expect([stdout, status]).toEqual(['["hello"]\n', 0])
  })

  test(
    'takes what message() and other consumers have made',
    withKafka(async kafka => {
      const given: Message = message({ value: 'once', key: 'k' })
      await kafka.produce('first', given)
      const [stored] = await kafka.messages('first')
      await kafka.produce('second', stored!)
      expect((await kafka.messages('second')).map(({ key, value }) => [key, value])).toEqual([['k', 'once']])
    }),
  )
})
