import { expect, test } from 'vitest'
import type { OutgoingRecord, ProduceError } from '../../src/engine/engine.ts'
import { createBus } from '../../src/events/bus.ts'
import { Outbox } from '../../src/producer/outbox.ts'
import { Told } from '../../src/producer/told.ts'
import { FakeClock, turn } from '../support/fake-clock.ts'

const who = { clientId: 'c', consumer: 'OrdersConsumer', groupId: 'g' }

function setUp(answer: (record: OutgoingRecord) => ProduceError | undefined) {
  const clock = new FakeClock()
  const bus = createBus()
  const heard: [name: string, data: object][] = []
  const names = ['queued', 'refused', 'acknowledged', 'undelivered'] as const
  for (const name of names) bus.on(`message.${name}`, data => heard.push([name, data]))
  bus.on('messages.delivered', data => heard.push(['delivered', data]))
  const outbox = new Outbox({
    clock,
    messageTimeout: 30_000,
    onDelivered: () => {},
    onFailed: () => {},
    abandon: () => {},
    told: new Told(bus, who),
    async produce(records) {
      await new Promise<void>(resolve => void clock.after(5, resolve))
      return records.map(answer)
    },
  })
  return { clock, outbox, heard }
}

const record = (value: string) => expect.objectContaining({ value: Buffer.from(value), key: null, headers: [] })

test('a record is told of when it is queued, and when it is acknowledged, with how long that took', async () => {
  const { clock, outbox, heard } = setUp(() => undefined)
  outbox.produce('a', { topic: 't' })
  outbox.produce('bcd', { topic: 't', partition: 3 })
  await clock.advance(5)
  const a = { ...who, topic: 't', partition: null, bytes: 1, record: record('a') }
  const b = { ...who, topic: 't', partition: 3, bytes: 3, record: record('bcd') }
  expect(heard).toEqual([
    ['queued', { ...a, waiting: 1 }],
    ['queued', { ...b, waiting: 2 }],
    ['acknowledged', { ...a, durationMs: 5 }],
    ['acknowledged', { ...b, durationMs: 5 }],
    ['delivered', { ...who, count: 2, durationMs: 5 }],
  ])
})

test('one that is tried again is acknowledged once, and its time is that of all tries', async () => {
  let tries = 0
  const again = () => (++tries === 1 ? Object.assign(new Error('later'), { retriable: true }) : undefined)
  const { clock, outbox, heard } = setUp(again)
  outbox.produce('a', { topic: 't' })
  await clock.advance(1000)
  expect(heard.map(([name]) => name)).toEqual(['queued', 'acknowledged', 'delivered'])
  expect((heard[1]![1] as { durationMs: number }).durationMs).toBeGreaterThan(10)
})

test('one that is given up is told with its error, and not as delivered', async () => {
  const error = Object.assign(new Error('too large'), { retriable: false })
  const { clock, outbox, heard } = setUp(() => error)
  outbox.produce('a', { topic: 't' })
  await clock.advance(5)
  await turn()
  expect(heard.slice(1)).toMatchObject([['undelivered', { topic: 't', bytes: 1, durationMs: 5, error }]])
})

test('one that produce() does not take is told as refused', () => {
  const { outbox, heard } = setUp(() => undefined)
  outbox.close()
  expect(() => outbox.produce('a', { topic: 't' })).toThrow('has stopped')
  expect(heard).toMatchObject([['refused', { topic: 't', error: { code: 'DELIVERY_FAILED' } }]])
})
