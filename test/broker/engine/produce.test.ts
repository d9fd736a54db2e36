// Rule 10: a record counts as delivered when its acknowledgement has come, and as nothing else; and whoever waits for one holds up
// no heartbeat.

import { expect, test } from 'vitest'
import { MessageDeliveryError } from '../../../src/delivery-error.ts'
import type { OutgoingRecord } from '../../../src/engine/engine.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import { deferred } from '../../../src/lib/deferred.ts'
import { type DeliveryFailure, Outbox } from '../../../src/producer/outbox.ts'
import { SESSION, values } from '../../contract/world.ts'
import { twoBrokers } from '../../support/broker.ts'
import { Api } from '../../support/proxy.ts'
import { openTrial, type Trial } from './member.ts'

const record = (topic: string, value: string, partition = 0): OutgoingRecord => {
  return { topic, partition, key: null, value: Buffer.from(value), headers: [] }
}

/** What stands in the log of partition 0, in order. */
async function logOf({ harness, topic, world }: Trial): Promise<string[]> {
  const reader = await world.join({ topic, group: 'reader' })
  const end = await harness.end(topic, 0)
  await harness.until('the whole log', () => reader.next(0) === end)
  return reader.values(0)
}

test('a record whose acknowledgement is lost is no delivered one, and sent again it is stored once', async () => {
  await using trial = await openTrial({ partitions: 1 })
  const { topic } = trial
  const { probe, proxy } = await trial.join({ settings: { socketTimeout: 500 } })
  let losses = 1
  proxy.onResponse = ({ apiKey }) => (apiKey === Api.Produce && losses-- > 0 ? 'drop' : undefined)
  const sent = values(3).map(value => record(topic, value))
  const fates = await probe.engine.produce(sent)
  expect(fates.map(fate => fate?.retriable)).toEqual([true, true, true])
  expect(await probe.engine.produce(sent)).toEqual([undefined, undefined, undefined])
  expect(await logOf(trial)).toEqual(values(3))
})

test('what is given up in doubt has the producer begin anew, on another connection, and nothing of it is sent any more', async () => {
  await using trial = await openTrial({ partitions: 1 })
  const { topic } = trial
  const { probe, proxy } = await trial.join({ settings: { socketTimeout: 300 } })
  const failures: DeliveryFailure[] = []
  const outbox = new Outbox({
    clock: systemClock,
    messageTimeout: 1_000,
    produce: records => probe.engine.produce(records),
    abandon: records => probe.engine.abandon(records),
    onDelivered: () => {},
    onFailed: failure => failures.push(failure),
  })
  outbox.produce('before', { topic })
  await outbox.deliver()
  expect(proxy.count(Api.InitProducerId)).toBe(1)
  proxy.onRequest = ({ apiKey }) => (apiKey === Api.Produce ? 'drop' : undefined)
  outbox.produce('given up', { topic })
  await expect(outbox.deliver()).rejects.toBeInstanceOf(MessageDeliveryError)
  outbox.forgive()
  expect(failures).toMatchObject([{ count: 1, error: { topic, partition: 0, problem: 'timed-out' } }])
  expect(probe.events('producer.renewed')).toHaveLength(1)
  proxy.onRequest = undefined
  outbox.produce('after', { topic })
  await outbox.deliver()
  expect(proxy.count(Api.InitProducerId)).toBe(2)
  expect(await logOf(trial)).toEqual(['before', 'after'])
  outbox.close()
})

test('records keep their order within a partition, whatever happens to the others', async () => {
  await using trial = await openTrial({ partitions: 2 })
  const { topic } = trial
  const { probe, proxy } = await trial.join()
  for (let round = 0; round < 5; round++) {
    if (round === 2) proxy.rewriteError(Api.Produce, 1, 6, { topic, partition: 1 })
    const batch = values(20, round * 20).flatMap(value => [record(topic, value, 0), record(topic, value, 1)])
    const fates = await probe.engine.produce(batch)
    expect(fates.filter((_, index) => index % 2 === 0)).toEqual(Array(20).fill(undefined))
    expect(fates.filter((_, index) => index % 2 === 1).some(Boolean)).toBe(round === 2)
  }
  expect(await logOf(trial)).toEqual(values(100))
})

test('beats go on while an acknowledgement is waited for, for longer than a session', { timeout: 30_000 }, async () => {
  await using trial = await openTrial({ partitions: 1 })
  const { topic } = trial
  const { probe, proxy } = await trial.join({ settings: { socketTimeout: SESSION } })
  const held = deferred()
  // As a broker does that waits for its replicas: what is asked on the same connection waits as well.
  proxy.onResponse = async ({ apiKey }) => {
    if (apiKey === Api.Produce) await held.promise
    return undefined
  }
  const producing = probe.engine.produce([record(topic, 'slow')])
  await proxy.next(Api.Heartbeat, Math.ceil((SESSION * 1.2) / 300))
  expect(probe.engine.mayStart()).toBe(true)
  held.resolve()
  expect(await producing).toEqual([undefined])
  expect(probe.events('group.joined')).toHaveLength(1)
})

test('a record for a partition whose leader has moved is stored at the next attempt', async () => {
  const cluster = await twoBrokers()
  await using trial = await openTrial({ at: cluster.address, replicas: [[1]] })
  const { harness, topic } = trial
  const settings = { brokers: cluster.address.split(','), metadataMaxAge: 60_000 }
  const { probe } = await trial.join({ settings })
  expect(await probe.engine.produce([record(topic, 'before')])).toEqual([undefined])
  await harness.topics.move(topic, 0, [2])
  const [moved] = await probe.engine.produce([record(topic, 'after')])
  expect(moved?.retriable ?? true).toBe(true)
  await harness.until('the record to be stored', async () => {
    const [fate] = await probe.engine.produce([record(topic, 'again')])
    return fate === undefined
  })
})
