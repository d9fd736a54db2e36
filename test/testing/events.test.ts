// What a test hears of events: those of production, in its own process and in virtual time.
import { events } from 'racecar'
import { testConsumer } from 'racecar/testing'
import { expect, it, onTestFinished } from 'vitest'
import { consuming } from './support.ts'

it('a consumer that is tested publishes as one in production does', async () => {
  const heard: unknown[] = []
  onTestFinished(
    events.on('message.handled', ({ partition, message, failed }) => heard.push([partition, message.value, failed])),
  )
  await using orders = await testConsumer(
    consuming(() => {}),
    { partitions: 2 },
  )
  await orders.give({ value: 'a', partition: 1 })
  expect(heard).toEqual([[1, 'a', false]])
})

it('a listener that fails is an error of the test’s to look at, once', async () => {
  onTestFinished(
    events.on('message.handled', () => {
      throw new Error('no database')
    }),
  )
  await using orders = await testConsumer(consuming(() => {}))
  await orders.give('a', 'b')
  expect(orders.handled).toHaveLength(2)
  expect(orders.errors).toMatchObject([{ hook: 'events.on message.handled', error: { message: 'no database' } }])
})
