// An idempotent producer on Apache Kafka, whose brokers can be killed as well.

import { expect, test } from 'vitest'
import { openSender } from '../../src/engine/kafkajs/sender.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { Outbox } from '../../src/producer/outbox.ts'
import { idempotence } from '../contract/idempotence.ts'
import { brokers, privateBroker } from '../support/broker.ts'
import { Api, KafkaProxy } from '../support/proxy.ts'
import { TestTopics } from '../support/topics.ts'

idempotence('Apache Kafka', brokers)

test('what a broker had stored when it was killed is known to it after its restart', { timeout: 120_000 }, async () => {
  await using cluster = await privateBroker()
  await using proxy = await KafkaProxy.before(cluster.address)
  const [node] = cluster.brokers
  const topics = await TestTopics.open(cluster.address)
  const topic = await topics.create('idempotence')
  const where = {
    brokers: [proxy.address],
    clientId: 'test',
    socketTimeout: 2_000,
    withinMs: 20_000,
    partitioner: 'consistent_random',
    compression: 'none',
    tls: null,
    sasl: null,
  } as const
  const sender = await openSender({ ...where, topic, clock: systemClock, onStored: () => {} })
  const outbox = new Outbox({
    clock: systemClock,
    messageTimeout: 90_000,
    produce: some => sender.produce(some),
    abandon: some => sender.abandon(some),
    onDelivered: () => {},
    onFailed: () => {},
  })
  outbox.produce('before', { topic })
  await outbox.deliver()
  proxy.onResponse = async ({ apiKey }) => {
    if (apiKey !== Api.Produce) return undefined
    await node!.kill()
    return 'cut'
  }
  outbox.produce('stored, and not acknowledged', { topic })
  const delivered = outbox.deliver()
  while (node!.alive()) await new Promise(resolve => setTimeout(resolve, 10))
  proxy.onResponse = undefined
  await node!.start()
  await delivered
  await topics.renew()
  expect(await topics.ends(topic)).toEqual([{ low: 0, high: 2 }])
  outbox.close()
  sender.close()
  await topics.close()
})
