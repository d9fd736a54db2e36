// What only two brokers show. Rule 1: while one broker's fetch is under way, the group rebalances; what comes back late belongs to
// an ownership that is over. And a leader that moves is a matter for the fetcher: no rebalance, nothing lost.

import { expect, test } from 'vitest'
import { deferred } from '../../../src/lib/deferred.ts'
import { values } from '../../contract/world.ts'
import { twoBrokers } from '../../support/broker.ts'
import { Api, KafkaProxy } from '../../support/proxy.ts'
import { allDone, openTrial } from './member.ts'

const LED_BY = [1, 2, 1, 2]
const replicas = LED_BY.map(broker => [broker])

for (const strategy of ['range', 'cooperative-sticky'] as const) {
  test(`a fetch that comes back after a rebalance is thrown away, and nothing is skipped: ${strategy}`, async () => {
    const cluster = await twoBrokers()
    const [one, two] = cluster.brokers
    const advertise = new Map<number, number>()
    await using first = await KafkaProxy.open({ target: one!.ports.client, advertise })
    await using second = await KafkaProxy.open({ target: two!.ports.client, advertise })
    advertise.set(one!.ports.client, first.port)
    advertise.set(two!.ports.client, second.port)
    await using trial = await openTrial({ at: cluster.address, replicas })
    const { harness, topic } = trial
    const behind = { brokers: [first.address, second.address] }
    const { probe: a } = await trial.join({ strategy, settings: behind })
    for (let partition = 0; partition < LED_BY.length; partition++) await harness.produce(topic, partition, values(100))
    await harness.until('it flows', () => a.seen.length === 400)

    const release = deferred()
    const held = deferred()
    second.onResponse = async ({ apiKey }) => {
      if (apiKey !== Api.Fetch) return undefined
      held.resolve()
      await release.promise
      return undefined
    }
    for (let partition = 0; partition < LED_BY.length; partition++)
      await harness.produce(topic, partition, values(200, 100))
    await held.promise
    const { probe: b } = await trial.join({ strategy, settings: { brokers: cluster.address.split(',') } })
    await harness.until('they share', () => a.owned.size === 2 && b.owned.size === 2)
    second.onResponse = undefined
    release.resolve()
    await allDone(trial, [a, b], 1_200)
    const repeated = [...a.seen, ...b.seen].length - 1_200
    expect(repeated).toBe(0)
  })
}

test('a leader that moves costs no rebalance and no record', async () => {
  const cluster = await twoBrokers()
  await using trial = await openTrial({ at: cluster.address, replicas })
  const { harness, topic } = trial
  const { probe } = await trial.join({ settings: { brokers: cluster.address.split(','), metadataMaxAge: 60_000 } })
  let produced = 0
  for (const leader of [2, 1, 2]) {
    await harness.topics.move(topic, 0, [leader])
    for (let partition = 0; partition < LED_BY.length; partition++)
      await harness.produce(topic, partition, values(20, produced / 4))
    produced += 80
    await harness.until(`${produced} records`, () => probe.seen.length === produced)
  }
  await allDone(trial, [probe], produced)
  expect(probe.events('group.joined')).toHaveLength(1)
})
