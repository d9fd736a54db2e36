// Handlers that throw, and deliveries that fail: retries and pauses in virtual time.
import { Consumer } from 'racecar'
import { testConsumer } from 'racecar/testing'
import { describe, expect, it } from 'vitest'
import { consuming } from './support.ts'

/** Fails so many times, with `boom 1`, `boom 2` … */
function failing(times: number, options: Parameters<typeof consuming>[1] = {}) {
  return consuming(({ value, retriesCount }) => {
    if (value === 'bad' && retriesCount < times) throw new Error(`boom ${retriesCount + 1}`)
  }, options)
}

describe('a handler that throws', () => {
  it('is tried again after its pause, and the other partitions go on', async () => {
    await using orders = await testConsumer(failing(2, { pauseTimeout: 2 }), { partitions: 2 })
    await orders.give({ value: 'bad', key: 'k', partition: 0 }, { value: 'good', partition: 1 })
    expect(orders.handled).toMatchObject([{ value: 'good' }])
    expect(orders.paused).toEqual([
      { topic: 'orders', partition: 0, offset: 0, secondsLeft: 2, error: new Error('boom 1') },
    ])
    expect(orders.errors).toMatchObject([{ error: new Error('boom 1'), key: 'k', value: 'bad', retriesCount: 0 }])
    await orders.advance(1.5)
    expect(orders.paused[0]?.secondsLeft).toBe(0.5)
    await orders.advance(0.5)
    expect(orders.errors).toMatchObject([{ retriesCount: 0 }, { error: new Error('boom 2'), retriesCount: 1 }])
    await orders.settle()
    expect(orders.handled).toMatchObject([{ value: 'good' }, { value: 'bad', retriesCount: 2 }])
    expect(orders.paused).toEqual([])
    expect(orders.committed('orders', 0)).toBe(1)
  })

  it('is told to onError, and what that throws is noted as well', async () => {
    const told: unknown[] = []
    const onError = async (error: unknown, { offset }: { offset?: number }) => {
      told.push(error, offset)
      throw new Error('nobody home')
    }
    await using orders = await testConsumer(failing(1), { onError })
    await orders.give('bad')
    expect(told).toEqual([new Error('boom 1'), 0])
    expect(orders.errors).toMatchObject([{ offset: 0 }, { hook: 'onError', error: new Error('nobody home') }])
  })

  it('for ever, makes settle() fail with the place and the reason', async () => {
    await using orders = await testConsumer(failing(Infinity))
    await orders.give('good', 'bad', 'good')
    const error = await orders.settle({ within: 60 }).catch((thrown: Error) => thrown)
    expect(error).toMatchObject({
      message:
        'OrdersConsumer has not settled within 60 s of virtual time; ' +
        'orders/0 is committed up to 1 of 3, attempt 7 failed: boom 7',
      cause: new Error('boom 7'),
    })
  })

  it('with pauseTimeout -1 pauses for good, and nobody waits for that', async () => {
    await using orders = await testConsumer(failing(1, { pauseTimeout: -1 }))
    await orders.give('bad')
    expect(orders.paused).toMatchObject([{ secondsLeft: Infinity }])
    await expect(orders.settle()).rejects.toThrow('is paused for good; orders/0 is committed up to 0 of 1')
  })

  it('with pauseTimeout 0 ends the worker', async () => {
    await using orders = await testConsumer(failing(1, { pauseTimeout: 0 }))
    await orders.give('bad')
    expect(orders.ended).toMatchObject({ exitCode: 1, error: { code: 'HANDLER_FAILED' } })
    await expect(orders.settle()).rejects.toThrow('OrdersConsumer has ended; orders/0 at offset 0 failed: boom 1')
    await expect(orders.give('good')).rejects.toThrow('OrdersConsumer has ended')
    await expect(orders.revoke('orders')).rejects.toThrow('OrdersConsumer has ended')
  })

  it('pauses longer and longer with back-off', async () => {
    const options = { pauseTimeout: 1, pauseWithExponentialBackoff: true, maxPauseTimeout: 3 }
    await using orders = await testConsumer(failing(4), { config: options })
    await orders.give('bad')
    const pauses: (number | undefined)[] = []
    for (let attempt = 0; attempt < 4; attempt++) {
      const left = orders.paused[0]?.secondsLeft
      pauses.push(left)
      await orders.advance(left ?? 0)
    }
    expect(pauses).toEqual([1, 2, 3, 3])
    expect(orders.handled).toHaveLength(1)
  })
})

describe('a delivery that fails', () => {
  const Producing = consuming(
    function ({ value }) {
      this.produce(`first of ${value}`, { topic: 'out', partition: 1 })
      this.produce(`second of ${value}`, { topic: 'out', partition: 1 })
    },
    { pauseTimeout: 2 },
  )

  it('for good makes its message be handled again; nothing is committed before', async () => {
    await using orders = await testConsumer(Producing)
    orders.failDelivery('out')
    await orders.give('a')
    expect(orders.produced.map(({ value }) => value)).toEqual(['second of a'])
    expect(orders.errors).toMatchObject([
      { error: { code: 'DELIVERY_FAILED' }, unrecoverableDeliveryError: true, offset: 0 },
    ])
    await orders.advance(1)
    expect(orders.committed('orders')).toBe(0)
    await orders.settle()
    expect(orders.handled.map(({ retriesCount }) => retriesCount)).toEqual([0, 1])
    expect(orders.produced.map(({ value }) => value)).toEqual(['second of a', 'first of a', 'second of a'])
    expect(orders.committed('orders')).toBe(1)
  })

  it('for a while is tried again, and the commit waits for it', async () => {
    await using orders = await testConsumer(Producing)
    orders.failDelivery('out', { times: 3, forGood: false })
    await orders.give('a')
    expect(orders.handled).toHaveLength(1)
    expect(orders.produced).toEqual([])
    await orders.settle()
    expect(orders.produced).toHaveLength(2)
    expect(orders.errors).toEqual([])
    expect(orders.handled).toHaveLength(1)
  })

  it('is waited for by settle() although no message is concerned', async () => {
    await using orders = await testConsumer(Producing)
    orders.failDelivery('out', { times: 3, forGood: false })
    orders.consumer.produce('x', { topic: 'out' })
    await orders.settle()
    expect(orders.produced).toMatchObject([{ value: 'x' }])
  })

  it('leaves a topic alone that it was not told of', async () => {
    await using orders = await testConsumer(Producing)
    orders.failDelivery('elsewhere')
    await orders.give('a')
    expect(orders.produced).toHaveLength(2)
  })

  it('for ever is what settle() says', async () => {
    await using orders = await testConsumer(Producing)
    orders.failDelivery('out', { times: Infinity, forGood: false })
    await orders.give('a')
    await expect(orders.settle({ within: 60 })).rejects.toThrow('2 produced messages are not delivered')
  })

  it('is waited for in virtual time by a handler that calls deliver()', async () => {
    let delivered = 0
    class Waiting extends Consumer {
      static {
        this.subscribesTo('orders')
      }
      async process() {
        this.produce('x', { topic: 'out' })
        await this.deliver()
        delivered++
      }
    }
    await using orders = await testConsumer(Waiting)
    await orders.give('a')
    expect(delivered).toBe(1)
    orders.failDelivery('out', { times: 3, forGood: false })
    await orders.give('b')
    expect(delivered).toBe(1)
    await orders.settle()
    expect(delivered).toBe(2)
    orders.failDelivery('out')
    await orders.give('c')
    expect(orders.errors).toMatchObject([{ error: { code: 'DELIVERY_FAILED' } }])
  })
})

describe('a message that is given up', () => {
  it('is in the topic for dead letters, with why, and is nothing that the consumer has produced', async () => {
    const retry = { times: 1, backoff: 2, andThen: 'dead-letter' as const }
    await using orders = await testConsumer(failing(Infinity, { retry }))
    await orders.give({ value: 'bad', key: 'k' }, 'good')
    expect(orders.paused).toMatchObject([{ secondsLeft: 2 }])
    expect(orders.deadLetters).toEqual([])
    await orders.settle()
    expect(orders.errors.map(({ next }) => next)).toEqual(['again', 'dead-letter'])
    expect(orders.deadLetters).toMatchObject([
      {
        topic: 'orders.dead-letter',
        key: 'k',
        value: 'bad',
        headers: {
          'racecar-offset': '0',
          'racecar-attempts': '2',
          'racecar-error': expect.stringMatching(/^boom 2 \(at /),
        },
      },
    ])
    expect(orders.produced).toEqual([])
    expect(orders.handled).toMatchObject([{ value: 'good' }])
    expect(orders.committed('orders')).toBe(2)
  })

  it('waits while its topic refuses it', async () => {
    const retry = { times: 0, backoff: 5, andThen: 'dead-letter' as const }
    await using orders = await testConsumer(failing(Infinity, { retry }))
    orders.failDelivery('orders.dead-letter')
    await orders.give('bad')
    expect(orders.errors).toMatchObject([
      { next: 'dead-letter' },
      { next: 'again', error: { code: 'DELIVERY_FAILED' } },
    ])
    expect(orders.committed('orders')).toBe(0)
    await orders.settle()
    expect(orders.deadLetters).toHaveLength(1)
    expect(orders.committed('orders')).toBe(1)
  })

  it('is skipped', async () => {
    await using orders = await testConsumer(failing(Infinity, { retryTimes: 1, retryThen: 'skip', pauseTimeout: 1 }))
    await orders.give('bad', 'good')
    await orders.settle()
    expect(orders.errors.map(({ next }) => next)).toEqual(['again', 'skip'])
    expect([orders.deadLetters, orders.paused]).toEqual([[], []])
    expect(orders.handled).toMatchObject([{ value: 'good' }])
  })

  it('stops its partition, until somebody has it tried again', async () => {
    let isMended = false
    const Orders = consuming(
      () => {
        if (!isMended) throw new Error('boom')
      },
      { retry: { times: 1, backoff: 1 } },
    )
    await using orders = await testConsumer(Orders)
    await orders.give('one')
    await orders.advance(1)
    expect(orders.paused).toMatchObject([{ offset: 0, secondsLeft: Infinity, error: new Error('boom') }])
    await expect(orders.settle()).rejects.toThrow('is paused for good')
    isMended = true
    await orders.resume()
    expect(orders.handled).toMatchObject([{ value: 'one', retriesCount: 0 }])
    await orders.settle()
  })
})
