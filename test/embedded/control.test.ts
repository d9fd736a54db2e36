// Faults that are ordered of the embedded Kafka, seen by a member of our own engine.

import { type Kafka, startKafka } from 'racecar-embedded'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Probe } from '../contract/probe.ts'
import { values, World } from '../contract/world.ts'
import { KafkaHarness } from '../support/kafka-harness.ts'

interface Place {
  readonly kafka: Kafka
  readonly world: World
  readonly harness: KafkaHarness
  readonly topic: string
  readonly member: Probe
}

async function place(brokers = 1): Promise<Place> {
  const kafka = await startKafka({ brokers })
  onTestFinished(() => kafka.stop())
  const harness = await KafkaHarness.open(kafka.brokers.join(','))
  const world = new World(harness)
  onTestFinished(() => world.close())
  const topic = await harness.createTopic(2)
  const member = await world.join({ topic, settings: { brokers: kafka.brokers } })
  return { kafka, world, harness, topic, member }
}

async function flows({ harness, topic, member }: Place): Promise<void> {
  const before = member.seen.length
  for (const partition of [0, 1]) await harness.produce(topic, partition, values(5))
  await harness.until('ten records', () => member.seen.length === before + 10)
}

test('the next three heartbeats of a group are answered by an error, and no more', async () => {
  const at = await place()
  const group = at.world.groupId()
  const fault = await at.kafka.control.fault({
    requests: ['Heartbeat'],
    group,
    error: 'REBALANCE_IN_PROGRESS',
    count: 3,
  })
  await at.harness.until('three of them', async () => (await fault.hits()) === 3)
  await flows(at)
  expect(await fault.hits()).toBe(3)
  expect(at.member.events('group.joined').length).toBeGreaterThan(1)
})

test('a fault of one partition leaves the other alone, until it is lifted', async () => {
  const at = await place()
  const { topic, member, harness } = at
  const fault = await at.kafka.control.fault({
    requests: ['Fetch'],
    topic,
    partitions: [0],
    error: 'NOT_LEADER_OR_FOLLOWER',
    count: Number.POSITIVE_INFINITY,
  })
  await harness.produce(topic, 0, values(5))
  await harness.produce(topic, 1, values(5))
  await harness.until('those of the other', () => member.values(1).length === 5)
  expect(member.values(0)).toEqual([])
  expect(await fault.hits()).toBeGreaterThan(0)
  await fault.lift()
  await harness.until('those of the first', () => member.values(0).length === 5)
})

test('fetches are delayed, until that is lifted', async () => {
  const at = await place()
  await flows(at)
  const delay = await at.kafka.control.delay({ requests: ['Fetch'], milliseconds: 700 })
  await at.harness.until('one that waits', async () => (await delay.hits()) > 0)
  const since = performance.now()
  await flows(at)
  expect(performance.now() - since).toBeGreaterThan(300)
  await delay.lift()
  await flows(at)
})

test('a leader is moved', async () => {
  const at = await place(2)
  const { control } = at.kafka
  const before = await control.leader(at.topic, 0)
  await control.moveLeader(at.topic, 0, 1 - before)
  expect(await control.leader(at.topic, 0)).toBe(1 - before)
  await flows(at)
})

test('the coordinator is moved, and the member finds it', async () => {
  const at = await place(2)
  const { control } = at.kafka
  const group = at.world.groupId()
  const before = await control.coordinator(group)
  expect(await control.moveCoordinator(group)).toBe(1 - before)
  await flows(at)
  expect(at.member.failure).toBeUndefined()
})

test('a broker is dropped, others take over what it led, and it comes back on its port', async () => {
  const at = await place(2)
  const { control } = at.kafka
  const gone = await control.coordinator(at.world.groupId())
  await control.dropBroker(gone)
  expect([await control.leader(at.topic, 0), await control.leader(at.topic, 1)]).toEqual([1 - gone, 1 - gone])
  await at.harness.topics.renew()
  await flows(at)
  await control.restoreBroker(gone)
  await control.moveLeader(at.topic, 0, gone)
  await at.harness.topics.renew()
  await flows(at)
  expect(at.member.failure).toBeUndefined()
})

describe('what cannot be done is refused by name', () => {
  test.each([
    ['a request', { requests: ['Heartbeet'], error: 'NOT_COORDINATOR' }, /no request named "Heartbeet"/],
    ['an error', { requests: ['Heartbeat'], error: 'NOT_CORDINATOR' }, /no error named "NOT_CORDINATOR"/],
  ])('%s that Kafka does not know', async (_, fault, message) => {
    await using kafka = await startKafka()
    await expect(kafka.control.fault(fault)).rejects.toThrow(message)
  })

  test('moving the coordinator of the only broker', async () => {
    await using kafka = await startKafka()
    await expect(kafka.control.moveCoordinator('group')).rejects.toThrow(/where there are two brokers/)
    await expect(kafka.control.dropBroker(0)).rejects.toThrow(/cannot remove all brokers/)
  })
})
