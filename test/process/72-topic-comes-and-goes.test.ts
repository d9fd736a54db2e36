import { expect, test } from 'vitest'
import { codeOf } from '../../src/engine/kafkajs/codes.ts'
import { deferred } from '../../src/lib/deferred.ts'
import { brokers } from '../support/broker.ts'
import { type Acknowledged, now } from '../support/ledger.ts'
import { lossesOf } from '../support/membership.ts'
import { Api, KafkaProxy } from '../support/proxy.ts'
import type { RacecarProcess } from '../support/racecar-process.ts'
import { millis, print, Scenario } from '../support/scenario.ts'
import { uniqueName } from '../support/topics.ts'

const WORKERS = 2
const LOOKS = 5

/** Each worker says that the topic is not there, once more than `before`; meanwhile what it asks of the brokers is no storm. */
async function missed(scenario: Scenario, racecar: RacecarProcess, { proxy, topic, times }: Missed): Promise<void> {
  const lines = () => racecar.all('topic.missing', line => line.topic === topic)
  await racecar.until(`${topic} being missed`, () => lines().length === times * WORKERS)
  await scenario.served()
  const start = now()
  // Each looks a few times in a row when it notices something: what is asked for is what it does from then on.
  await proxy.next(Api.Metadata, LOOKS)
  const rate = LOOKS / ((now() - start) / 1000) / WORKERS
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
async function isCommitted(scenario: Scenario, racecar: RacecarProcess, topic: string): Promise<void> {
  const ends = (await scenario.topics.ends(topic)).map(({ high }) => high)
  const committed = async () => String(await scenario.topics.committed(scenario.group, topic)) === String(ends)
  await scenario.until(`all of ${topic} being committed`, committed)
  // Of what is told of the old topic when that is gone, nobody could say that it was late.
  const isTold = (end: number, of: number) =>
    racecar
      .all('offsets.committed')
      .some(({ offsets }) =>
        (offsets as Acknowledged[]).some(one => one.topic === topic && one.partition === of && one.offset === end),
      )
  await racecar.until('its being told', () => ends.every((end, of) => end === 0 || isTold(end, of)))
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
  await missed(scenario, racecar, { proxy, topic, times: 1 })
  await scenario.passes()

  await scenario.add(topic, 4)
  const came = now()
  await scenario.send(Array(40).fill({}), { topic })
  await scenario.handledAll()
  print(`row 72: a topic that came was consumed ${millis(now() - came)} later`)
  await scenario.served()
  await isCommitted(scenario, racecar, topic)

  await scenario.remove(topic)
  await missed(scenario, racecar, { proxy, topic, times: 2 })
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

/** Two partitions of a topic, each read up to 100 and committed, are deleted with it; a load goes on with another topic. */
async function aboutToBeRemade(kafka: string, { address = kafka, policy = 'earliest' } = {}) {
  const scenario = await Scenario.open('stays', { kafka, address, partitions: 2 })
  const topic = await scenario.topics.create('made-again', { partitions: 2 })
  scenario.shape.set(topic, 2)
  const how = {
    workers: WORKERS,
    args: ['--offset-out-of-range', policy],
    env: { TOPICS: `${scenario.topic},${topic}` },
  }
  const racecar = scenario.racecar(how)
  await scenario.served()
  const load = scenario.load()
  await scenario.passes()
  await scenario.send(Array(200).fill({}), { topic })
  await scenario.handledAll()
  await isCommitted(scenario, racecar, topic)
  return { scenario, topic, how, racecar, load }
}

// What is in it was never read: there is nothing of it to leave out, even where offsets beyond the end of a log go on at its end.
test('a topic that is deleted and made again before anybody misses it begins anew, with less in it than was read before', async () => {
  const kafka = await brokers()
  const { scenario, topic, racecar, load } = await aboutToBeRemade(kafka, { policy: 'latest' })
  await using _ = scenario
  await scenario.remove(topic)
  await scenario.add(topic, 2)
  const again = now()
  await scenario.send(Array(40).fill({}), { topic })
  await scenario.handledAll()
  print(`row 72: one that was made again at once was consumed ${millis(now() - again)} later`)
  await load.stop()
  await scenario.handledAll()
  expect(racecar.all('slot.exited')).toEqual([])
  expect(await scenario.stop(racecar)).toEqual([0, null])
  await scenario.expectWhole()
  await scenario.expectNothingLeft()
})

test('where offsets out of range are to go on nowhere a topic that is made again ends all with 78, and the next start begins it', async () => {
  const kafka = await brokers()
  const { scenario, topic, how, racecar, load } = await aboutToBeRemade(kafka, { policy: 'fail' })
  await using _ = scenario
  await scenario.remove(topic)
  await scenario.add(topic, 2)
  const sent = await scenario.send(Array(40).fill({}), { topic })
  expect(await scenario.ended(racecar)).toEqual([78, null])
  const [{ message } = { message: '' }] = racecar.all('primary.stopped')
  expect(message).toContain(`the topic ${topic} was deleted and made again: the offsets of ${topic}/`)
  expect(racecar.forks()).toHaveLength(WORKERS)
  expect(scenario.ledger.lost(sent)).toHaveLength(40)
  // The broker has deleted the group's offsets with the topic.
  expect(await scenario.topics.committed(scenario.group, topic)).toEqual([-1, -1])
  await load.stop()
  const again = scenario.racecar(how)
  await scenario.handledAll()
  await scenario.committedAll()
  expect(await scenario.stop(again)).toEqual([0, null])
  await scenario.expectWhole(lossesOf([racecar]))
  await scenario.expectNothingLeft()
  print(`row 72: ${message}`)
})

test('a topic that is made again and read on in before anybody knows begins anew when its other id is seen', async () => {
  const kafka = await brokers()
  await using proxy = await KafkaProxy.before(kafka)
  let answered = 0
  proxy.onResponse = ({ apiKey }) => {
    if (apiKey === Api.Fetch) answered++
    return undefined
  }
  const { scenario, topic, racecar, load } = await aboutToBeRemade(kafka, { address: proxy.address })
  await using _ = scenario
  const [filled, read] = [deferred(), deferred()]
  const held = new Map<number, Promise<void>>([
    [Api.Fetch, filled.promise],
    [Api.Metadata, read.promise],
  ])
  proxy.onRequest = ({ apiKey }) => held.get(apiKey)?.then(() => undefined)
  // A fetch that waits in the broker would be answered out of the new log, before that is filled.
  await scenario.until('no fetch being under way', () => answered === proxy.count(Api.Fetch))
  await scenario.remove(topic)
  await scenario.add(topic, 2)
  const sent = await scenario.send(Array(400).fill({}), { topic })
  filled.resolve()
  await scenario.until('both partitions being read on in', () => {
    const handled = scenario.ledger.ended.filter(one => one.topic === topic && one.offset >= 100)
    return new Set(handled.map(({ partition }) => partition)).size === 2
  })
  expect(scenario.ledger.lost(sent.filter(({ offset }) => offset < 100))).toHaveLength(200)
  read.resolve()
  // Else the topics are looked at every half minute. Each worker is to get one of these.
  proxy.rewriteError(Api.Fetch, 6, codeOf('NOT_LEADER_OR_FOLLOWER'))
  const seen = now()
  await scenario.handledAll(60_000)
  print(`row 72: one that was read on in was consumed ${millis(now() - seen)} after its id could be seen`)
  await racecar.until('both saying so', () => racecar.all('topic.remade').length >= WORKERS)
  expect(racecar.all('topic.remade').map(({ message }) => message)).toEqual(
    Array(WORKERS).fill(`The topic ${topic} was deleted and made again. Its partitions begin anew at their start.`),
  )
  await load.stop()
  await scenario.handledAll()
  await scenario.committedAll()
  expect(racecar.all('slot.exited')).toEqual([])
  expect(await scenario.stop(racecar)).toEqual([0, null])
  await scenario.expectWhole(lossesOf([racecar]))
  await scenario.expectNothingLeft()
})
