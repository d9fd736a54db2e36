// Virtual time beside real time: handlers that wait for something outside, for too long, or for ever.
import { readFile } from 'node:fs/promises'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Statistics } from 'racecar'
import { testConsumer } from 'racecar/testing'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { deferred } from '../../src/lib/deferred.ts'
import { consuming, untilAborted } from './support.ts'

const here = fileURLToPath(import.meta.url)
const forEver = () => new Promise<never>(() => {})

describe('a handler that really waits', () => {
  it('for a file or a timer has it in hand until it is done, and virtual time stands still', async () => {
    const lengths: number[] = []
    const Reading = consuming(async () => {
      await wait(5)
      lengths.push((await readFile(here)).length)
    })
    await using orders = await testConsumer(Reading, { partitions: 2 })
    await orders.give('a', 'b', 'c')
    expect(lengths).toHaveLength(3)
    await orders.give('d')
    const [first, , , last] = orders.handled
    expect(last?.timestamp).toEqual(first?.timestamp)
  })

  it('when it is tried again is waited for before time goes on', async () => {
    const Late = consuming(
      async ({ retriesCount }) => {
        await wait(5)
        if (retriesCount < 3) throw new Error('not yet')
      },
      { pauseTimeout: 10 },
    )
    await using orders = await testConsumer(Late)
    await orders.give('x')
    await orders.advance(30)
    expect(orders.handled).toHaveLength(1)
    expect(orders.errors).toHaveLength(3)
  })

  it('for what another one does is no dead end, although that needs a fetch', async () => {
    const arrived = deferred()
    const Meeting = consuming(async function ({ value }) {
      if (value !== 'start') return arrived.resolve()
      await wait(1)
      this.produce('answer', { topic: 'orders', partition: 1 })
      await arrived.promise
    })
    await using orders = await testConsumer(Meeting, { partitions: 2 })
    await orders.give({ value: 'start', partition: 0 })
    expect(orders.handled.map(({ value }) => value)).toEqual(['answer', 'start'])
  })

  it('and is a thenable that works each time it is asked, is asked once', async () => {
    let runs = 0
    const query = {
      // biome-ignore lint/suspicious/noThenProperty: this is what query builders are
      then(resolve: (value: unknown) => void) {
        runs++
        resolve(runs)
      },
    }
    await using orders = await testConsumer(consuming(() => query))
    await orders.give('x')
    expect(runs).toBe(1)
    expect(orders.handled).toHaveLength(1)
  })
})

describe('a handler that takes too long', () => {
  it('hears of it from its signal when virtual time has passed max_poll_interval', async () => {
    const Slow = consuming((_, context) => untilAborted(context), { maxPollInterval: 60, pauseTimeout: -1 })
    await using orders = await testConsumer(Slow)
    const given = orders.give('x')
    await orders.advance(59.9)
    expect(orders.errors).toEqual([])
    await orders.advance(0.1)
    await given
    expect(orders.errors).toMatchObject([{ error: { name: 'AbortError', message: expect.stringContaining('60 s') } }])
  })

  it('and heeds no signal ends the worker', async () => {
    await using orders = await testConsumer(consuming(forEver), { patience: 0.05 })
    const given = orders.give('x').catch((error: Error) => error.message)
    await orders.advance(300 + 30)
    expect(orders.ended).toMatchObject({ error: { code: 'HANDLER_STUCK' } })
    expect(await given).toMatch('process() of orders/0 at offset 0 has not settled within 0.05 s of real time')
  })

  it('and was given up counts for nothing when it comes back', async () => {
    const end = deferred()
    await using orders = await testConsumer(consuming(() => end.promise))
    const given = orders.give('x')
    await orders.advance(300 + 30)
    end.resolve()
    await given
    expect(orders.handled).toEqual([])
  })

  it('in real time makes give() fail, and does not keep the test from its end', async () => {
    await using orders = await testConsumer(consuming(forEver), { patience: 0.05 })
    await expect(orders.give('x')).rejects.toThrow('process() of orders/0 at offset 0 has not settled within 0.05 s')
    expect(await orders.stop()).toEqual({ clean: false })
  })
})

describe('advance()', () => {
  it('takes seconds', async () => {
    await using orders = await testConsumer(consuming(() => {}))
    await expect(orders.advance(-1)).rejects.toThrow('advance takes a number of seconds, not -1')
    await expect(orders.advance(Number.NaN)).rejects.toThrow('not NaN')
    await orders.advance(0)
  })

  it('passes a day in a moment, and the membership stands', async () => {
    await using orders = await testConsumer(consuming(() => {}))
    await orders.advance(24 * 3600)
    await orders.give('x')
    expect(orders.handled).toHaveLength(1)
  })
})

describe('under fake timers', () => {
  afterEach(() => {
    vi.useRealTimers()
  })

  const fake = () =>
    vi.useFakeTimers({
      now: new Date('2030-01-01'),
      toFake: ['setTimeout', 'clearTimeout', 'setImmediate', 'clearImmediate', 'Date', 'queueMicrotask', 'performance'],
    })

  it('everything goes on', async () => {
    fake()
    const Producing = consuming(function () {
      this.produce('x', { topic: 'out' })
    })
    const orders = await testConsumer(Producing, { config: { offsetCommitInterval: 0 } })
    await orders.give('a')
    await orders.advance(20)
    await orders.give('b')
    expect(orders.handled[0]?.timestamp).toEqual(new Date('2030-01-01'))
    expect(orders.produced).toHaveLength(2)
    expect(orders.committed('orders')).toBe(2)
    expect(await orders.stop()).toEqual({ clean: true })
  })

  it('a handler has the fake ones', async () => {
    fake()
    const Resting = consuming(() => new Promise(resolve => setTimeout(resolve, 60_000)))
    const orders = await testConsumer(Resting)
    const given = orders.give('a')
    await orders.advance(0)
    vi.advanceTimersByTime(60_000)
    await given
    expect(orders.handled).toHaveLength(1)
  })
})

describe('statisticsCallback', () => {
  it('is called in virtual time, and not after the stop', async () => {
    const told: Statistics[] = []
    class Counting extends consuming(() => {}) {
      static {
        this.subscribesTo('orders')
      }

      async statisticsCallback(statistics: Statistics) {
        await wait(1)
        told.push(statistics)
      }
    }
    const orders = await testConsumer(Counting, { partitions: 2, config: { statisticsInterval: 10 } })
    await orders.give({ value: 'a', partition: 1 })
    await orders.advance(35)
    expect(told).toHaveLength(3)
    const [first, second] = told as [Statistics, Statistics]
    expect(second.at - first.at).toBe(10_000)
    expect(first.group).toMatchObject({ state: 'stable', joins: 1 })
    expect(first.topics.orders?.[1]).toMatchObject({ position: 1, committed: 1, end: 1, lag: 0, state: 'waiting' })
    expect(first.brokers).toEqual([])
    await orders.stop()
    expect(told).toHaveLength(3)
  })

  it('that throws is among the errors', async () => {
    class Failing extends consuming(() => {}) {
      static {
        this.subscribesTo('orders')
      }

      statisticsCallback() {
        throw new Error('no gauge')
      }
    }
    await using orders = await testConsumer(Failing)
    await orders.advance(1)
    expect(orders.errors).toMatchObject([{ hook: 'statisticsCallback', error: { message: 'no gauge' } }])
  })
})
