// Retry topics in a unit test: delays of minutes in virtual time, and what waits where.
import { testConsumer } from 'racecar/testing'
import { expect, it } from 'vitest'
import { consuming } from './support.ts'

const HOUR = 3600

/** Fails so many times. */
const failing = (times: number) =>
  consuming(
    ({ value, retriesCount }) => {
      if (value === 'bad' && retriesCount < times) throw new Error('boom')
    },
    { retryTopics: [60, HOUR], retryThen: 'skip' },
  )

const topicOf = (seconds: number) => `orders.retry-${seconds}s.orders-consumer`

it('what fails is tried again when it is due, and what waits for that is seen', async () => {
  await using orders = await testConsumer(failing(2))
  await orders.give('bad', 'good')
  expect(orders.handled).toMatchObject([{ value: 'good' }])
  expect(orders.produced).toEqual([])
  expect(orders.deferred).toMatchObject([{ topic: topicOf(60), value: 'bad', headers: { 'racecar-attempts': '1' } }])
  expect(orders.paused).toMatchObject([{ topic: topicOf(60), offset: 0, secondsLeft: 60 }])
  await orders.advance(60)
  expect(orders.errors).toMatchObject([
    { topic: 'orders', offset: 0, retriesCount: 0, next: 'retry-topic' },
    { topic: 'orders', offset: 0, retriesCount: 1, next: 'retry-topic' },
  ])
  await orders.settle({ within: HOUR + 1 })
  expect(orders.handled).toMatchObject([
    { value: 'good' },
    { topic: 'orders', offset: 0, value: 'bad', retriesCount: 2 },
  ])
  expect([orders.committed('orders'), orders.committed(topicOf(HOUR))]).toEqual([2, 1])
})

it('as many at once as fail when something is down: nobody takes them for a loop', async () => {
  await using orders = await testConsumer(failing(1))
  await orders.give(...Array<string>(1500).fill('bad'))
  await orders.settle()
  expect(orders.handled).toHaveLength(1500)
})
