import assert from 'node:assert/strict'
import { test } from 'node:test'
import { testConsumer } from 'racecar/testing'
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
const told = ({ produced }) => produced.map(({ topic, data }) => [topic, data])

test('a payment that is accepted gets a receipt', async () => {
  const { payments } = await start()
  await payments.give(payment('p1'))
  await payments.settle()
  assert.deepEqual(told(payments), [['receipts', { id: 'p1', amount: 100 }]])
  assert.equal(payments.produced[0].key, 'p1')
  assert.equal(payments.committed('payments'), 1)
})

test('one that is declined is told with the reason, and not tried again', async () => {
  const { payments, gateway } = await start()
  gateway.answer = async () => ({ isAccepted: false, reason: 'no funds' })
  await payments.give(payment('p1'))
  await payments.settle()
  assert.deepEqual(gateway.asked, ['p1'])
  assert.deepEqual(told(payments), [['declined-payments', { id: 'p1', amount: 100, reason: 'no funds' }]])
})

test('while the gateway is down a payment waits, longer each time, and nothing is told', async () => {
  const { payments, gateway } = await start()
  gateway.answer = async () => {
    throw new Error('down')
  }
  await payments.give(payment('p1'))
  assert.equal(payments.paused[0].secondsLeft, 5)
  await payments.advance(5)
  assert.equal(payments.paused[0].secondsLeft, 10)
  assert.deepEqual(payments.produced, [])

  gateway.answer = async () => ({ isAccepted: true })
  await payments.settle()
  assert.deepEqual(gateway.asked, ['p1', 'p1', 'p1'])
  assert.equal(payments.produced.length, 1)
})

test('a payment that fails holds up only its own partition', async () => {
  const { payments, gateway } = await start({ partitions: 2 })
  gateway.answer = async ({ id }) => {
    if (id === 'bad') throw new Error('no such account')
    return { isAccepted: true }
  }
  await payments.give({ ...payment('bad'), partition: 0 }, { ...payment('good'), partition: 1 })
  assert.deepEqual(
    payments.handled.map(({ key }) => key),
    ['good'],
  )
  await assert.rejects(payments.settle(), /no such account/)
})

test('a gateway that hangs is left after max_poll_interval', async () => {
  const { payments, gateway } = await start()
  gateway.answer = hang
  const given = payments.give(payment('p1'))
  await payments.advance(120)
  await given
  assert.equal(payments.errors[0].error.name, 'AbortError')
})

test('a receipt that cannot be delivered is written again, for a charge of the same id', async () => {
  const { payments, gateway } = await start()
  payments.failDelivery('receipts')
  await payments.give(payment('p1'))
  assert.equal(payments.errors[0].unrecoverableDeliveryError, true)
  await payments.settle()
  assert.deepEqual(gateway.asked, ['p1', 'p1'])
  assert.deepEqual(told(payments), [['receipts', { id: 'p1', amount: 100 }]])
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
  assert.deepEqual(await stopped, { clean: true })
  await given
  assert.deepEqual(told(payments), [['receipts', { id: 'p1', amount: 100 }]])
  assert.equal(payments.committed('payments'), 1)
})
