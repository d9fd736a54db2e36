import { expect, test } from 'vitest'
import { privateBrokers } from '../support/broker.ts'
import { type Acknowledged, now } from '../support/ledger.ts'
import { millis, print, Scenario } from '../support/scenario.ts'

const BACKLOG = 400
const ofMembership = ({ event }: { event: string }) => /^(group|partitions|slot)\./.test(event)

test('leaders that move, and one of two brokers that goes away, are no matter for the group, nor for other partitions', {
  timeout: 240_000,
}, async () => {
  await using kafka = await privateBrokers()
  const replicas = [[1], [2], [1], [2]]
  await using scenario = await Scenario.open('leaders', { kafka: kafka.address, replicas })
  const { ledger, topics, topic } = scenario
  // Partitions 2 and 3 are on both brokers, 1 on the second one alone.
  await topics.move(topic, 2, [1, 2])
  await topics.move(topic, 3, [2, 1])
  // The group's coordinator is to stay: its moving is another matter.
  for (const partition of [0, 1, 2, 3, 4]) await topics.move('__consumer_offsets', partition, [1])
  const racecar = scenario.racecar({
    workers: 2,
    args: ['--prefetch-max-bytes', '100000', '--min-message-queue-size', '1'],
  })
  await scenario.served()

  const load = scenario.load({ isPatient: true })
  await scenario.flows()
  const before = racecar.lines.length
  const moving = now()
  for (const round of [1, 2]) {
    await topics.move(topic, 2, round === 1 ? [2, 1] : [1, 2])
    await topics.move(topic, 3, round === 1 ? [1, 2] : [2, 1])
    await scenario.flows()
  }
  const moved = now()
  await load.stop()
  await scenario.handledAll()
  const gap = Math.max(...ledger.longestGaps(moving, moved).values())

  // Too much to be fetched ahead, so that it has to be fetched while the broker is away.
  const pad = 'x'.repeat(5000)
  const backlog: Acknowledged[] = []
  for (let sent = 0; sent < BACKLOG; sent += 25)
    backlog.push(...(await scenario.send(Array(100).fill({ ms: 15, pad }))))
  const handled = (partition: number) => {
    const seqs = new Set(ledger.ended.map(({ seq }) => seq))
    return backlog.filter(message => message.partition === partition && seqs.has(message.seq)).length
  }
  const [, second] = kafka.brokers
  await scenario.until('the backlog being begun', () => [0, 1, 2, 3].every(partition => handled(partition) > 5))
  const stopping = now()
  await second!.stop()
  await scenario.until('the others handling all of theirs', () =>
    [0, 2, 3].every(partition => handled(partition) === BACKLOG),
  )
  const elsewhere = now()
  await second!.start()
  await scenario.handledAll(60_000)
  const back = now()
  // By a producer that has not known the topic without its leaders: kafkajs keeps to what it has once heard.
  const last = Array.from({ length: 40 }, (_, i) => ({ partition: i % 4, value: JSON.stringify({ seq: -1 - i }) }))
  await topics.produce(topic, last)
  await scenario.until('the last ones', () => ledger.ended.filter(({ seq }) => seq < 0).length === last.length)

  expect(racecar.lines.slice(before).filter(ofMembership)).toEqual([])
  expect(await scenario.stop(racecar)).toEqual([0, null])
  await scenario.expectWhole()
  await scenario.expectNothingLeft()
  print(
    `row 62: longest gap ${millis(gap)} while leaders move; without the broker all others done after ${millis(elsewhere - stopping)}, all of its own ${millis(back - elsewhere)} after its start began`,
  )
})
