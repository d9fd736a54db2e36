// Which event makes which metric, with which tags and units: those of Racecar for Ruby.
import { describe, expect, test } from 'vitest'
import { Meter } from '../../src/datadog/meter.ts'
import { subscribe } from '../../src/datadog/metrics.ts'
import { type AllEvents, createBus } from '../../src/events/bus.ts'
import { recorder } from './recorder.ts'

function metering() {
  const bus = createBus()
  const meter = new Meter()
  const { client, sent } = recorder()
  const off = subscribe({ bus, meter, clientId: 'racecar', groupId: 'g', epoch: () => 10_000 })
  const told = () => {
    sent.length = 0
    meter.hand(client, 1000)
    return Object.fromEntries(sent.map(([, name, value, tags]) => [name, [value, tags.join(' ')]]))
  }
  return { bus, off, told }
}

const who = { clientId: 'racecar', consumer: 'OrdersConsumer', groupId: 'g' }
const seen = { topic: 't', partition: 3, key: null, value: null, headers: {}, timestamp: new Date(0) }
const message = { ...seen, offset: 41, retriesCount: 0 }
const ofMessage: AllEvents['message.handled'] = {
  ...{ ...who, topic: 't', partition: 3, offset: 41, timestamp: 7_500, retriesCount: 0, message },
  ...{ durationMs: 12.5, failed: false, error: undefined },
}
const ofBatch: AllEvents['batch.handled'] = {
  ...{ ...who, topic: 't', partition: 3, firstOffset: 40, lastOffset: 49, count: 8, lastTimestamp: 9_000 },
  ...{ retriesCount: 0, durationMs: 20, failed: false, error: undefined },
}
const group = 'client:racecar group_id:g'
const partition = `${group} topic:t partition:3`
const error = { name: 'Error', message: 'refused' }

describe('handling', () => {
  test('a message', () => {
    const { bus, told } = metering()
    bus.publish('message.handled', ofMessage)
    bus.publish('message.handled', { ...ofMessage, offset: 42, durationMs: 1 })
    expect(told()).toEqual({
      'consumer.messages': [2, partition],
      'consumer.process_message.latency': ['12.5:1', partition],
      'consumer.offset': [42, partition],
      'consumer.time_lag': [2_500, partition],
    })
  })

  test('one that failed is an error and no message, and has no latency', () => {
    const { bus, told } = metering()
    bus.publish('message.handled', { ...ofMessage, failed: true, error: undefined })
    expect(told()).toEqual({
      'consumer.process_message.errors': [1, partition],
      'consumer.offset': [41, partition],
      'consumer.time_lag': [2_500, partition],
    })
  })

  test('one without a timestamp, or from the future, has no lag', () => {
    const { bus, told } = metering()
    bus.publish('message.handled', { ...ofMessage, timestamp: -1 })
    expect(told()).not.toHaveProperty('consumer.time_lag')
    bus.publish('message.handled', { ...ofMessage, timestamp: 11_000 })
    expect(told()).toHaveProperty('consumer.time_lag', [0, partition])
  })

  test('a batch', () => {
    const { bus, told } = metering()
    bus.publish('batch.handled', ofBatch)
    expect(told()).toEqual({
      'consumer.messages': [8, partition],
      'consumer.process_batch.latency': ['20', partition],
      'consumer.batch_size': ['8', partition],
      'consumer.offset': [49, partition],
      'consumer.time_lag': [1_000, partition],
    })
    bus.publish('batch.handled', { ...ofBatch, failed: true })
    expect(told()).toMatchObject({
      'consumer.process_batch.errors': [1, partition],
      'consumer.batch_size': ['8', partition],
    })
  })

  test('a pause, in seconds', () => {
    const { bus, told } = metering()
    bus.publish('pause.status', { ...who, topic: 't', partition: 3, pausedMs: 1500 })
    expect(told()).toEqual({ 'consumer.pause.duration': [1.5, partition] })
  })
})

test('partitions and topics have series of their own', () => {
  const { bus, told } = metering()
  const sums: unknown[] = []
  for (const of of [
    { topic: 't', partition: 3 },
    { topic: 't', partition: 0 },
    { topic: 'u', partition: 3 },
  ]) {
    bus.publish('message.handled', { ...ofMessage, ...of })
    sums.push(told()['consumer.messages'])
  }
  expect(sums).toEqual([
    [1, partition],
    [1, `${group} topic:t partition:0`],
    [1, `${group} topic:u partition:3`],
  ])
})

test('the group, and what goes wrong with it and with fetches', () => {
  const { bus, told } = metering()
  const joined = { groupId: 'g', generation: 1, memberId: 'm', leader: true, partitions: [], durationMs: 300 }
  bus.publish('group.joined', joined)
  bus.publish('group.join.failed', { groupId: 'g', durationMs: 5, error: new Error('no') })
  bus.publish('group.left', { groupId: 'g', durationMs: 4 })
  bus.publish('group.leave.failed', { groupId: 'g', durationMs: 5000, error: new Error('no') })
  const at = { topic: 't', partition: 3, offset: 1, unreadable: false }
  bus.publish('fetch.failed', { ...at, error: { ...error, code: 'NOT_LEADER_OR_FOLLOWER' } })
  bus.publish('fetch.failed', { ...at, error })
  bus.publish('broker.unreachable', { broker: 'b', error, waitingMs: 5000 })
  bus.publish('loop.turned', {
    ...{ ...who, durationMs: 1001, partitions: 1, inHand: 0 },
    ...{ longestInHandMs: 0, beatAgoMs: 5 },
  })
  expect(told()).toEqual({
    'consumer.join_group': ['300:5', group],
    'consumer.join_group.errors': [1, group],
    'consumer.leave_group': ['4:5000', group],
    'consumer.leave_group.errors': [1, group],
    'consumer.poll.rdkafka_error.not_leader_or_follower': [1, group],
    'consumer.poll.rdkafka_error.unknown': [1, group],
    'consumer.poll.rdkafka_error.transport': [1, group],
    'consumer.loop.duration': ['1001', group],
  })
})

test('what is produced', () => {
  const { bus, told } = metering()
  const record = { key: null, value: null, headers: [] }
  const produced = { ...who, topic: 't', partition: null, bytes: 100, record }
  bus.publish('message.queued', { ...produced, waiting: 1 })
  bus.publish('message.queued', { ...produced, bytes: 50, waiting: 2 })
  bus.publish('message.refused', { ...produced, error: new Error('full') })
  bus.publish('messages.delivered', { ...who, count: 2, durationMs: 6 })
  bus.publish('message.undelivered', { ...produced, durationMs: 300_000, error: new Error('no') })
  expect(told()).toEqual({
    'producer.produce.messages': [2, 'client:racecar topic:t'],
    'producer.produce.errors': [1, 'client:racecar topic:t'],
    'producer.produce.message_size': ['100:50', 'client:racecar topic:t'],
    'producer.produce.message_size.sum': [150, 'client:racecar topic:t'],
    'producer.buffer.size': ['1:2', 'client:racecar topic:t'],
    'producer.deliver.latency': ['6', 'client:racecar'],
    'producer.deliver.messages': [2, 'client:racecar'],
    'producer.ack.messages': [2, 'client:racecar'],
    'producer.produce.delivery.errors': [1, 'client:racecar'],
  })
})

test('nothing is counted any more once that is taken back', () => {
  const { bus, off, told } = metering()
  off()
  bus.publish('message.handled', ofMessage)
  expect(told()).toEqual({})
})
