import { expect, test } from 'vitest'
import type { Header, KafkaRecord } from '../../src/engine/engine.ts'
import { type DeadLetter, deadLetter, deadLetterTopicOf } from '../../src/runner/dead-letter.ts'

const bytes = Buffer.from([0xff, 0x00, 0xfe])

const letter = (record: Partial<KafkaRecord> = {}): DeadLetter => ({
  of: { topic: 'orders', partition: 3, offset: 17 },
  record: { offset: 17, timestamp: Date.UTC(2026, 0, 2), key: bytes, value: bytes, headers: [], ...record },
  error: 'was ended by SIGABRT',
  attempts: 3,
  group: 'orders-consumer',
  consumer: 'OrdersConsumer',
})

const texts = (headers: readonly Header[]) => headers.map(([name, value]) => [name, value?.toString() ?? null])

test('has the key, the value and the headers of the message, and where it came from and why', () => {
  const headers: Header[] = [
    ['trace', Buffer.from('a')],
    ['trace', null],
  ]
  const record = deadLetter('lost', letter({ headers }))
  expect(record).toMatchObject({ topic: 'lost', key: bytes, value: bytes })
  expect([record.partition, record.timestamp]).toEqual([undefined, undefined])
  expect(texts(record.headers)).toEqual([
    ['trace', 'a'],
    ['trace', null],
    ['racecar-topic', 'orders'],
    ['racecar-partition', '3'],
    ['racecar-offset', '17'],
    ['racecar-timestamp', '2026-01-02T00:00:00.000Z'],
    ['racecar-error', 'was ended by SIGABRT'],
    ['racecar-attempts', '3'],
    ['racecar-group', 'orders-consumer'],
    ['racecar-consumer', 'OrdersConsumer'],
  ])
})

test('may have neither key nor value, and of one that was a dead letter before only the last death counts', () => {
  const headers: Header[] = [['racecar-topic', Buffer.from('older')]]
  const record = deadLetter('lost', letter({ key: null, value: null, headers }))
  expect([record.key, record.value]).toEqual([null, null])
  expect(texts(record.headers).filter(([name]) => name === 'racecar-topic')).toEqual([['racecar-topic', 'orders']])
})

test('how often a message was replayed stays with it', () => {
  const record = deadLetter('lost', letter({ headers: [['racecar-replays', Buffer.from('2')]] }))
  expect(texts(record.headers)).toContainEqual(['racecar-replays', '2'])
})

test('goes to a topic beside its own where no other is named', () => {
  expect(deadLetterTopicOf('orders', undefined)).toBe('orders.dead-letter')
  expect(deadLetterTopicOf('orders', 'lost')).toBe('lost')
})

test('what fails among dead letters has no topic to go to', () => {
  expect(deadLetterTopicOf('orders.dead-letter', undefined)).toBe(undefined)
  expect(deadLetterTopicOf('orders.dead-letter', 'lost')).toBe(undefined)
  expect(deadLetterTopicOf('lost', 'lost')).toBe(undefined)
})
