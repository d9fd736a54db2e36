import { expect, test } from 'vitest'
import { codeOf } from '../../src/engine/kafkajs/codes.ts'
import { brokers } from '../support/broker.ts'
import { type Acknowledged, now } from '../support/ledger.ts'
import { Api, KafkaProxy } from '../support/proxy.ts'
import type { RacecarProcess } from '../support/racecar-process.ts'
import { millis, PATIENT, print, Scenario } from '../support/scenario.ts'

const AT_END = { workers: 3, args: PATIENT, env: { START_AT: 'end' } }

/** A topic that holds something which nobody is to see, because it is read from its end. */
async function withHistory(name: string, { kafka, address }: { kafka: string; address?: string }) {
  const scenario = await Scenario.open(name, { kafka, ...(address ? { address } : {}), partitions: 3 })
  const history = await scenario.send(Array(15).fill({}))
  scenario.acknowledged.length = 0
  // A producer that tries again may have stored some of them twice.
  const ends = (await scenario.topics.ends(scenario.topic)).map(({ high }) => high)
  return { scenario, ends, isHistory: ({ seq }: { seq: number }) => history.some(one => one.seq === seq) }
}

/** Adds partitions and fills them at once: nobody can know of them yet. */
async function grow(scenario: Scenario, total: number): Promise<number> {
  const from = scenario.partitions
  await scenario.grow(total)
  for (let partition = from; partition < total; partition++) await scenario.send(Array(5).fill({}), { partition })
  return now()
}

/** Where each partition was begun the first time, by partition. */
function beginnings(...racecars: RacecarProcess[]): number[] {
  const first = new Map<number, number>()
  for (const { partitions } of racecars.flatMap(racecar => racecar.all('partitions.assigned'))) {
    for (const { partition, offset } of partitions as Acknowledged[])
      if (!first.has(partition)) first.set(partition, offset)
  }
  return [...first].sort(([a], [b]) => a - b).map(([, offset]) => offset)
}

test('partitions that are added while a group reads their topic from its end are read from their start, by a new process too', async () => {
  const kafka = await brokers()
  await using proxy = await KafkaProxy.before(kafka)
  const { scenario, ends, isHistory } = await withHistory('added', { kafka, address: proxy.address })
  await using _ = scenario
  const racecar = scenario.racecar(AT_END)
  await scenario.served()
  const load = scenario.load({ everyMs: 40 })
  await scenario.flows()

  const first = await grow(scenario, 6)
  // Else the topics are looked at every half minute.
  proxy.rewriteError(Api.Fetch, 1, codeOf('NOT_LEADER_OR_FOLLOWER'))
  await scenario.handledAll()
  const seen = now() - first
  await scenario.served()

  const [victim] = racecar.workers()
  const growing = grow(scenario, 9)
  const deaths = await scenario.kill(victim!)
  const second = await growing
  await scenario.served()
  await scenario.handledAll()
  print(
    `row 73: added partitions were read ${millis(seen)} after they were filled, with a kill ${millis(now() - second)}`,
  )

  await load.stop()
  await scenario.handledAll()
  expect(await scenario.stop(racecar)).toEqual([0, null])
  expect(beginnings(racecar)).toEqual([...ends, 0, 0, 0, 0, 0, 0])
  expect(scenario.ledger.handlings.filter(isHistory)).toEqual([])
  await scenario.expectWhole(deaths)
  await scenario.expectNothingLeft()
})

test('partitions that were added while nobody read their topic are read from their start, the others from where the group was', async () => {
  const { scenario, ends, isHistory } = await withHistory('added-while-away', { kafka: await brokers() })
  await using _ = scenario
  const before = scenario.racecar(AT_END)
  await scenario.served()
  // One of the three never had a message.
  for (const partition of [0, 1]) await scenario.send(Array(5).fill({}), { partition })
  await scenario.handledAll()
  expect(await scenario.stop(before)).toEqual([0, null])

  await scenario.send(Array(15).fill({}))
  await grow(scenario, 6)
  const after = scenario.racecar(AT_END)
  await scenario.handledAll()
  await scenario.served()
  expect(await scenario.stop(after)).toEqual([0, null])
  expect(beginnings(before)).toEqual(ends)
  expect(beginnings(after)).toEqual([ends[0]! + 5, ends[1]! + 5, ends[2]!, 0, 0, 0])
  expect(scenario.ledger.handlings.filter(isHistory)).toEqual([])
  await scenario.expectWhole()
  await scenario.expectNothingLeft()
})
