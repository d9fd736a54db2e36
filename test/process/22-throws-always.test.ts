import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Order } from '../fixtures/consumers/obedient-consumer.ts'
import { letGo, lettersIn } from '../support/dead-letters.ts'
import { type Acknowledged, exactly, now, where } from '../support/ledger.ts'
import { racecarctl, statusOf } from '../support/racecarctl.ts'
import { generationsOf, millis, print, Scenario } from '../support/scenario.ts'

const TRIES = ['--retry-times', '2', '--pause-timeout', '0.2']

const handlingsOf = ({ ledger }: Scenario, message: Acknowledged) =>
  ledger.handlings.filter(one => exactly(one) === exactly(message))

test('dead-letter: tried so many times, then stored whole in the topic for dead letters, once, and only then committed', async () => {
  await using scenario = await Scenario.open('fails-dead-letter', { partitions: 4 })
  const { topics, topic, group } = scenario
  const to = await topics.createNamed(`${topic}.dead-letter`)
  const racecar = scenario.racecar({ workers: 2, args: [...TRIES, '--retry-then', 'dead-letter'] })
  await scenario.served()
  const load = scenario.load({ everyMs: 20 })
  await scenario.flows()
  const before = generationsOf(racecar)
  const at = now()
  const [failing] = await scenario.send([{ do: 'throw' }], { partition: 1 })
  const buried = await racecar.line('message.dead.lettered')
  print(`row 22: in the topic for dead letters after ${millis(now() - at)}`)
  const { partition, offset } = failing!
  expect(buried).toMatchObject({ topic, partition, offset, to, reason: 'errors', times: 3, level: 'error' })
  letGo(scenario, [failing!])
  await scenario.flows()
  await load.stop()
  await scenario.handledAll()
  await scenario.committedAll()
  const letters = await lettersIn(scenario, to)
  expect(letters.map(({ key, value }) => [key, (JSON.parse(value) as Order).seq])).toEqual([['key-1', failing!.seq]])
  expect(letters[0]!.headers).toMatchObject({
    ...{ 'racecar-topic': topic, 'racecar-partition': '1', 'racecar-offset': `${offset}`, 'racecar-attempts': '3' },
    ...{ 'racecar-group': group, 'racecar-consumer': 'ObedientConsumer' },
    'racecar-error': expect.stringMatching(
      new RegExp(`^told to fail on ${failing!.seq} \\(at .*obedient-consumer\\.ts:\\d+:\\d+\\)?\\)$`),
    ),
  })
  expect(handlingsOf(scenario, failing!).map(({ end }) => end)).toEqual([undefined, undefined, undefined])
  expect(
    racecar.all('message.failed').map(({ attempt, attempts, next, pauseMs }) => [attempt, attempts, next, pauseMs]),
  ).toEqual([
    [1, 3, 'again', 200],
    [2, 3, 'again', 200],
    [3, 3, 'dead-letter', null],
  ])
  expect(generationsOf(racecar), 'nobody rebalances for that').toEqual(before)
  const buriedAt = racecar.lines.findIndex(({ event }) => event === 'message.dead.lettered')
  const passedAt = racecar.lines.findIndex(
    ({ event, offsets = [] }) =>
      event === 'offsets.committed' &&
      (offsets as Acknowledged[]).some(one => where(one) === where(failing!) && one.offset > offset),
  )
  expect(passedAt === -1 || passedAt > buriedAt, 'committed after it is stored').toBe(true)
  expect(await scenario.stop(racecar)).toEqual([0, null])
  await scenario.expectWhole()
  await scenario.expectNothingLeft()
})

test('stop: its partition stands before it and says so, the others flow, and racecarctl has it tried again', async () => {
  await using scenario = await Scenario.open('fails-stop', { partitions: 2 })
  const { folder } = scenario
  const racecar = scenario.racecar({ workers: 1, args: TRIES })
  await scenario.served()
  const mended = join(folder, 'mended')
  const [failing, behind] = await scenario.send([{ do: 'throw', until: mended }, {}], { partition: 0 })
  const stopped = await racecar.line('message.failed', ({ next }) => next === 'stop')
  expect(stopped).toMatchObject({ partition: 0, offset: 0, attempt: 3, attempts: 3, pauseMs: null, level: 'error' })
  expect(stopped.message).toContain(`racecarctl continue --partition ${where(failing!)}`)
  const other = await scenario.send([{}, {}], { partition: 1 })
  await scenario.until('the other partition flowing', () => scenario.ledger.lost(other).length === 0)
  const standing = async () =>
    (await statusOf(folder)).slots.flatMap(({ partitions }) => partitions.filter(one => one.paused))
  const why = `given up after 3 attempts: told to fail on ${failing!.seq}`
  expect(await standing()).toMatchObject([{ partition: 0, position: 0, committed: 0, pausedUntil: null, why }])
  expect(handlingsOf(scenario, failing!)).toHaveLength(3)
  expect(handlingsOf(scenario, behind!)).toEqual([])

  const goOn = ['continue', '--partition', where(failing!)]
  expect((await racecarctl(folder, ...goOn)).code).toBe(0)
  await racecar.line('partition.resumed')
  await scenario.until('three more attempts', () => racecar.all('message.failed').length === 6)
  expect(await standing()).toHaveLength(1)
  writeFileSync(mended, '')
  expect((await racecarctl(folder, ...goOn)).code).toBe(0)
  await scenario.handledAll()
  await scenario.committedAll()
  expect(await standing()).toEqual([])
  expect(handlingsOf(scenario, failing!)).toHaveLength(7)
  expect(await scenario.stop(racecar)).toEqual([0, null])
  await scenario.expectWhole()
  await scenario.expectNothingLeft()
})
