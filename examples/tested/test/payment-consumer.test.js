import { testConsumer } from 'racecar/testing'
import { expect, test } from 'vitest'
import { PaymentConsumer } from '../src/consumers/payment-consumer.js'
import { FakeGateway, hang } from './gateway.js'

async function start(options) {
  const gateway = new FakeGateway()
  const prepare = consumer => {
    consumer.gateway = gateway
  }
  return { gateway, payments: await testConsumer(PaymentConsumer, { prepare, ...options }) }
}

const payment = (id, amount = 100) => ({ key: id, value: { id, amount } })

test('a payment that is accepted gets a receipt', async () => {
  const { payments } = await start()
  await payments.give(payment('p1'))
  await payments.settle()
  expect(payments.produced).toMatchObject([{ topic: 'receipts', key: 'p1', data: { id: 'p1', amount: 100 } }])
  expect(payments.committed('payments')).toBe(1)
})

test('one that is declined is told with the reason, and not tried again', async () => {
  const { payments, gateway } = await start()
  gateway.answer = async () => ({ isAccepted: false, reason: 'no funds' })
  await payments.give(payment('p1'))
  await payments.settle()
  expect(gateway.asked).toEqual(['p1'])
  expect(payments.produced).toMatchObject([{ topic: 'declined-payments', data: { id: 'p1', reason: 'no funds' } }])
})

test('while the gateway is down a payment waits, longer each time, and nothing is told', async () => {
  const { payments, gateway } = await start()
  gateway.answer = async () => {
    throw new Error('down')
  }
  await payments.give(payment('p1'))
  expect(payments.paused).toMatchObject([{ topic: 'payments', secondsLeft: 5 }])
  await payments.advance(5)
  expect(payments.paused).toMatchObject([{ secondsLeft: 10 }])
  expect(payments.produced).toEqual([])

  gateway.answer = async () => ({ isAccepted: true })
  await payments.settle()
  expect(gateway.asked).toEqual(['p1', 'p1', 'p1'])
  expect(payments.produced).toHaveLength(1)
})

test('a payment that fails holds up only its own partition', async () => {
  const { payments, gateway } = await start({ partitions: 2 })
  gateway.answer = async ({ id }) => {
    if (id === 'bad') throw new Error('no such account')
    return { isAccepted: true }
  }
  await payments.give({ ...payment('bad'), partition: 0 }, { ...payment('good'), partition: 1 })
  expect(payments.handled.map(({ key }) => key)).toEqual(['good'])
  await expect(payments.settle()).rejects.toThrow('no such account')
})

test('a gateway that hangs is left after max_poll_interval', async () => {
  const { payments, gateway } = await start()
  gateway.answer = hang
  const given = payments.give(payment('p1'))
  await payments.advance(120)
  await given
  expect(payments.errors).toMatchObject([{ error: { name: 'AbortError' }, retriesCount: 0 }])
})

test('a receipt that cannot be delivered is written again, for a charge of the same id', async () => {
  const { payments, gateway } = await start()
  payments.failDelivery('receipts')
  await payments.give(payment('p1'))
  expect(payments.errors).toMatchObject([{ unrecoverableDeliveryError: true }])
  await payments.settle()
  expect(gateway.asked).toEqual(['p1', 'p1'])
  expect(payments.produced).toMatchObject([{ topic: 'receipts', key: 'p1' }])
})

test('a stop finishes the payment in hand', async () => {
  const { payments, gateway } = await start()
  let answered = () => {}
  gateway.answer = () =>
    new Promise(resolve => {
      answered = () => resolve({ isAccepted: true })
    })
  const given = payments.give(payment('p1'), payment('p2'))
  await payments.advance(0)
  const stopped = payments.stop()
  answered()
  expect(await stopped).toEqual({ clean: true })
  await given
  expect(payments.produced).toMatchObject([{ key: 'p1' }])
  expect(payments.committed('payments')).toBe(1)
})
