import { ConfigResourceTypes } from 'kafkajs'
import { expect, test } from 'vitest'
import { letGo, lettersIn } from '../support/dead-letters.ts'
import { print, Scenario } from '../support/scenario.ts'

const ARGS = ['--retry-times', '0', '--pause-timeout', '1', '--retry-then', 'dead-letter']

test('what no topic takes is not passed: its partition waits, with an alarm, the others flow, and nothing is lost', async () => {
  await using scenario = await Scenario.open('no-dead-letter', { partitions: 2 })
  const { topics, topic } = scenario
  const racecar = scenario.racecar({ workers: 1, args: ARGS })
  await scenario.served()
  const [failing, behind] = await scenario.send([{ do: 'throw' }, {}], { partition: 0 })
  const { partition, offset } = failing!
  const to = `${topic}.dead-letter`
  expect(await racecar.line('topic.missing')).toMatchObject({ topic: to })
  expect(await racecar.line('dead.letter.waiting')).toMatchObject({ topic, partition, offset, to, level: 'error' })
  const other = await scenario.send([{}, {}], { partition: 1 })
  await scenario.until('the other partition flowing', async () => (await scenario.committed()).get(`${topic}/1`) === 2)
  expect((await scenario.committed()).get(`${topic}/0`)).toBe(0)
  expect(scenario.ledger.lost([...other, behind!])).toEqual([behind!])

  // Now it is there, and takes nothing of that size.
  await topics.createNamed(to, { config: { 'max.message.bytes': '50' } })
  const refused = await racecar.line('message.failed', ({ to: named, next }) => named === to && next === 'again')
  expect(refused).toMatchObject({ partition, offset, pauseMs: 1000 })
  expect((await scenario.committed()).get(`${topic}/0`)).toBe(0)
  const described = { type: ConfigResourceTypes.TOPIC, name: to }
  const configEntries = [{ name: 'max.message.bytes', value: '1000000' }]
  await topics.admin.alterConfigs({ validateOnly: false, resources: [{ ...described, configEntries }] })
  expect(await racecar.line('message.dead.lettered')).toMatchObject({ topic, partition, offset, to })
  letGo(scenario, [failing!])
  await scenario.handledAll()
  await scenario.committedAll()
  expect(await scenario.stop(racecar)).toEqual([0, null])
  expect(await lettersIn(scenario, to)).toHaveLength(1)
  expect(racecar.forks()).toHaveLength(1)
  expect(scenario.ledger.handlings.filter(({ seq }) => seq === failing!.seq)).toHaveLength(1)
  print(`row 23: ${racecar.all('dead.letter.waiting').length} alarms`)
  await scenario.expectWhole()
  await scenario.expectNothingLeft()
})

test('a stop does not wait for a dead letter that nobody takes, and the next racecar begins before it', async () => {
  await using scenario = await Scenario.open('no-dead-letter-stop', { partitions: 1 })
  const { topics, topic } = scenario
  const racecar = scenario.racecar({ workers: 1, args: [...ARGS, '--shutdown-timeout', '60'] })
  await scenario.served()
  const [failing] = await scenario.send([{ do: 'throw' }, {}], { partition: 0 })
  await racecar.line('topic.missing')
  expect(await scenario.stop(racecar)).toEqual([0, null])
  expect((await scenario.committed()).get(`${topic}/0`)).toBe(0)
  expect(racecar.all('handler.given.up')).toEqual([])
  const to = await topics.createNamed(`${topic}.dead-letter`)
  const again = scenario.racecar({ workers: 1, args: ARGS })
  await again.line('message.dead.lettered')
  letGo(scenario, [failing!])
  await scenario.handledAll()
  await scenario.committedAll()
  expect(await scenario.stop(again)).toEqual([0, null])
  expect(await lettersIn(scenario, to)).toHaveLength(1)
  await scenario.expectNothingLeft()
})
