import { expect, test } from 'vitest'
import { letGo } from '../support/dead-letters.ts'
import { type Acknowledged, exactly, where } from '../support/ledger.ts'
import { generationsOf, print, Scenario } from '../support/scenario.ts'

const DELAYS = [1, 2]
const RETRY = ['--retry-topics', DELAYS.join(','), '--retry-then', 'skip']

const retryTopics = ({ topic, group }: Scenario) => DELAYS.map(seconds => `${topic}.retry-${seconds}s.${group}`)

const handlingsOf = ({ ledger }: Scenario, message: Acknowledged) =>
  ledger.handlings.filter(one => exactly(one) === exactly(message))

/** Of every topic, the retry topics among them, everything is committed. */
const settled = (scenario: Scenario) =>
  scenario.until('all offsets at their ends', async () => {
    const committed = await scenario.committed()
    const ends = await Promise.all(
      [...scenario.shape.keys()].map(async topic =>
        (await scenario.topics.ends(topic)).map(({ high }, partition) => [where({ topic, partition }), high] as const),
      ),
    )
    return ends.flat().every(([partition, high]) => committed.get(partition) === high)
  })

test('what fails comes back after 1 s, then after 2 s, while its partition goes on; a worker that is killed meanwhile loses nothing', async () => {
  await using scenario = await Scenario.open('retry-topics', { partitions: 4 })
  for (const name of retryTopics(scenario)) await scenario.add(name, 4)
  const racecar = scenario.racecar({ workers: 2, args: [...RETRY, '--session-timeout', '20'] })
  await scenario.served()
  const load = scenario.load({ everyMs: 30 })
  const before = generationsOf(racecar)
  const [once] = await scenario.send([{ do: 'throw', times: 1 }], { partition: 0 })
  const behind = await scenario.send(Array(4).fill({}), { partition: 0 })
  await scenario.until('what lies behind it being handled', () => scenario.ledger.lost(behind).length === 0)
  expect(handlingsOf(scenario, once!), 'before it is due').toHaveLength(1)
  await scenario.until('its second attempt', () => handlingsOf(scenario, once!).length === 2)
  const [first, second] = handlingsOf(scenario, once!)
  expect(second!.start - first!.start).toBeGreaterThan(950)
  print(`row 22: tried again ${Math.round(second!.start - first!.start - 1000)} ms after it was due`)
  expect(generationsOf(racecar), 'nobody rebalances for that').toEqual(before)

  const twice = await scenario.send(Array(12).fill({ do: 'throw', times: 2 }))
  const never = await scenario.send(Array(4).fill({ do: 'throw' }))
  await racecar.line('message.deferred', ({ to }) => to === retryTopics(scenario)[1])
  await scenario.kill(racecar.workers()[0]!)
  await racecar.line('message.skipped')
  await load.stop()
  letGo(scenario, never)
  await scenario.handledAll()
  await settled(scenario)
  expect(scenario.ledger.lost([once!, ...twice, ...behind])).toEqual([])
  for (const message of never) expect(handlingsOf(scenario, message).length).toBeGreaterThanOrEqual(3)
  const skipped = racecar.all('message.skipped').length
  expect(skipped).toBeGreaterThanOrEqual(never.length)
  expect(await scenario.stop(racecar)).toEqual([0, null])
  await scenario.expectNothingLeft()
})

test('retry topics that are missing are made where that is allowed, before anything fails', async () => {
  await using scenario = await Scenario.open('retry-topics-made', { partitions: 2 })
  const racecar = scenario.racecar({ workers: 1, args: [...RETRY, '--create-dead-letter-topic'] })
  for (const name of retryTopics(scenario)) {
    expect(await racecar.line('topic.created', ({ topic }) => topic === name)).toMatchObject({ partitions: 2 })
    scenario.shape.set(name, 2)
  }
  await scenario.served()
  const [once] = await scenario.send([{ do: 'throw', times: 1 }])
  await scenario.handledAll()
  await settled(scenario)
  expect(handlingsOf(scenario, once!)).toHaveLength(2)
  expect(await scenario.stop(racecar)).toEqual([0, null])
  for (const name of retryTopics(scenario)) await scenario.topics.delete(name)
  await scenario.expectNothingLeft()
})
