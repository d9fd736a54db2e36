// Coming from another client's consumer group, as one of Ruby's Racecar is: an eager member with `range`. It is stopped, racecar goes on
// under the same group id where it was, and could be left again the same way.

import { expect, test } from 'vitest'
import { brokers } from '../support/broker.ts'
import { groupTool } from '../support/group-tool.ts'
import { JavaConsumer } from '../support/java.ts'
import { Scenario } from '../support/scenario.ts'

const PARTITIONS = 3

/** By partition, of what kafka-consumer-groups prints: GROUP TOPIC PARTITION CURRENT-OFFSET LOG-END-OFFSET LAG CONSUMER-ID … */
function described(output: string, topic: string) {
  const rows = output
    .split('\n')
    .map(line => line.trim().split(/\s+/))
    .filter(([, name]) => name === topic)
  const told = rows.map(([, , partition, offset, end, lag, member]) => ({ partition, offset, end, lag, member }))
  return told.sort((a, b) => Number(a.partition) - Number(b.partition))
}

test('racecar takes a stopped group over where it was, Kafka’s own tool sees it, and the group can go back', async () => {
  const kafka = await brokers()
  await using scenario = await Scenario.open('migrated', { kafka, partitions: PARTITIONS })
  const { group, topic } = scenario
  const ends = async () => (await scenario.topics.ends(topic)).map(({ high }) => high)
  const before = await scenario.send(Array(10 * PARTITIONS).fill({}))
  const old = await JavaConsumer.start({ kafka, topic, group, strategy: 'range' })
  await scenario.until('the old group having all', () => new Set(old.seen).size === before.length)
  await old.end()
  // kafkajs's producer may send one twice where the topic is quite new.
  const taken = await ends()

  const during = await scenario.send(Array(7 * PARTITIONS).fill({}))
  const racecar = scenario.racecar({ workers: 2 })
  await scenario.until('racecar having the rest', () => scenario.ledger.lost(during).length === 0)
  await scenario.committedAll()
  expect(scenario.ledger.handlings.filter(({ partition, offset }) => offset < taken[partition]!)).toEqual([])
  expect(scenario.ledger.handlings).toHaveLength(during.length)

  const rows = described(await groupTool(kafka, '--describe', '--group', group), topic)
  expect(rows.map(({ partition, offset, end, lag }) => [partition, offset, end, lag])).toEqual(
    (await ends()).map((end, partition) => [`${partition}`, `${end}`, `${end}`, '0']),
  )
  const { members } = await scenario.view()
  expect(new Set(rows.map(({ member }) => member))).toEqual(new Set(members.map(({ memberId }) => memberId)))
  expect(await scenario.stop(racecar)).toEqual([0, null])
  await scenario.expectNothingLeft()

  const back = await JavaConsumer.start({ kafka, topic, group, strategy: 'range' })
  const after = await scenario.send(Array(PARTITIONS).fill({}))
  await scenario.until('the old group going on', () => back.seen.length >= after.length)
  await back.end()
  const seen = back.seen.map(value => (JSON.parse(value) as { seq: number }).seq)
  expect(new Set(seen)).toEqual(new Set(after.map(({ seq }) => seq)))
})
