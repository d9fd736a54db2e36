import { expect, test } from 'vitest'
import { brokers } from '../support/broker.ts'
import { type Acknowledged, now } from '../support/ledger.ts'
import { Api, KafkaProxy } from '../support/proxy.ts'
import type { RacecarProcess } from '../support/racecar-process.ts'
import { millis, print, Scenario } from '../support/scenario.ts'
import { uniqueName } from '../support/topics.ts'

const WORKERS = 2

/** Each worker says that the topic is not there, once more than `before`; meanwhile what it asks of the brokers is no storm. */
async function missed(racecar: RacecarProcess, { proxy, topic, times }: Missed): Promise<void> {
  const lines = () => racecar.all('topic.missing', line => line.topic === topic)
  await racecar.until(`${topic} being missed`, () => lines().length === times * WORKERS)
  const start = now()
  await proxy.next(Api.Metadata, 3)
  const rate = 3 / ((now() - start) / 1000) / WORKERS
  print(`row 72: ${rate.toFixed(2)} requests for metadata a second and worker (bound 1)`)
  expect(rate).toBeLessThan(4)
  expect(lines()).toHaveLength(times * WORKERS)
  for (const { message } of lines())
    expect(message).toBe(`The topic ${topic} does not exist, and is not created by accident. Waiting for it.`)
}

interface Missed {
  readonly proxy: KafkaProxy
  readonly topic: string
  readonly times: number
}

/** Where the partitions of the topic were begun, each time. */
const beginnings = (racecar: RacecarProcess, topic: string, since = 0): number[] =>
  racecar.lines
    .slice(since)
    .filter(({ event }) => event === 'partitions.assigned')
    .flatMap(({ partitions }) => (partitions as Acknowledged[]).filter(one => one.topic === topic))
    .map(({ offset }) => offset)

/** The load goes on: of another topic everything is never committed. */
async function isCommitted(scenario: Scenario, topic: string): Promise<void> {
  const ends = (await scenario.topics.ends(topic)).map(({ high }) => high)
  const committed = async () => String(await scenario.topics.committed(scenario.group, topic)) === String(ends)
  await scenario.until(`all of ${topic} being committed`, committed)
}

test('a topic that is missing at the start, comes, is deleted and made again holds up no other, and is consumed whenever it is there', async () => {
  const kafka = await brokers()
  await using proxy = await KafkaProxy.before(kafka)
  await using scenario = await Scenario.open('stays', { kafka, address: proxy.address, partitions: 4 })
  const topic = uniqueName('comes-and-goes')
  // From its end where it was there before: it comes only later.
  const racecar = scenario.racecar({
    workers: WORKERS,
    env: { TOPICS: `${scenario.topic},${topic}`, START_AT: 'end' },
  })
  await scenario.served()
  await racecar.until('both topics’ partitions being taken', () => beginnings(racecar, scenario.topic).length >= 4)
  const load = scenario.load({ everyMs: 40 })
  await scenario.flows()
  await missed(racecar, { proxy, topic, times: 1 })
  await scenario.passes()

  await scenario.add(topic, 4)
  const came = now()
  await scenario.send(Array(40).fill({}), { topic })
  await scenario.handledAll()
  print(`row 72: a topic that came was consumed ${millis(now() - came)} later`)
  await scenario.served()
  await isCommitted(scenario, topic)

  await scenario.remove(topic)
  await missed(racecar, { proxy, topic, times: 2 })
  await scenario.served()
  await scenario.passes()

  const since = racecar.lines.length
  await scenario.add(topic, 3)
  const again = now()
  await scenario.send(Array(300).fill({}), { topic })
  await scenario.handledAll()
  print(`row 72: one that was made again was consumed ${millis(now() - again)} later`)
  await scenario.served()
  await load.stop()
  await scenario.handledAll()

  expect(new Set(beginnings(racecar, topic))).toEqual(new Set([0]))
  expect(beginnings(racecar, topic, since)).toHaveLength(3)
  expect(racecar.all('slot.exited')).toEqual([])
  expect(await scenario.stop(racecar)).toEqual([0, null])
  await scenario.expectWhole()
  await scenario.expectNothingLeft()
})

test('a topic that is deleted and made again before anybody misses it begins anew, with less in it than was read before', async () => {
  await using scenario = await Scenario.open('stays', { kafka: await brokers(), partitions: 2 })
  const topic = await scenario.topics.create('made-again', { partitions: 2 })
  scenario.shape.set(topic, 2)
  const racecar = scenario.racecar({ workers: WORKERS, env: { TOPICS: `${scenario.topic},${topic}` } })
  await scenario.served()
  const load = scenario.load()
  await scenario.passes()
  await scenario.send(Array(200).fill({}), { topic })
  await scenario.handledAll()
  await isCommitted(scenario, topic)

  await scenario.remove(topic)
  await scenario.add(topic, 2)
  const again = now()
  await scenario.send(Array(40).fill({}), { topic })
  await scenario.handledAll()
  print(`row 72: one that was made again at once was consumed ${millis(now() - again)} later`)
  for (const { from, to } of racecar.all('offset.reset')) expect([from, to]).toEqual([100, 0])
  print(`row 72: ${racecar.all('offset.reset').length} positions behind the end`)
  await load.stop()
  await scenario.handledAll()
  expect(racecar.all('slot.exited')).toEqual([])
  expect(await scenario.stop(racecar)).toEqual([0, null])
  await scenario.expectWhole()
  await scenario.expectNothingLeft()
})
