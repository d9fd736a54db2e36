import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import type { Order } from '../fixtures/consumers/obedient-consumer.ts'
import { letGo, lettersIn } from '../support/dead-letters.ts'
import { type Acknowledged, type Death, exactly, now, where } from '../support/ledger.ts'
import type { RacecarProcess } from '../support/racecar-process.ts'
import { racecarctl, statusOf } from '../support/racecarctl.ts'
import { numberOf } from '../support/replacement.ts'
import { millis, PATIENT, print, Scenario, sharesOf } from '../support/scenario.ts'

const batches = fileURLToPath(new URL('../fixtures/consumers/batch-consumer.ts', import.meta.url))

/** Nobody waits for long because something was tried in vain. */
const SOON = [...PATIENT, '--restart-backoff-max', '0.5']

/** Its primary knows of a message that takes so long, whatever else has just begun. */
const LONG_MS = 150

/** What ended, and what was committed by then, as the log has it. */
function deathsOf(racecar: RacecarProcess): Death[] {
  const committed = new Map<string, number>()
  return racecar.lines.flatMap(line => {
    const offsets = line.event === 'offsets.committed' ? (line.offsets as Acknowledged[]) : []
    for (const at of offsets) committed.set(where(at), at.offset)
    return line.event === 'slot.exited' ? [{ pid: line.pid, at: line.at, committed: new Map(committed) }] : []
  })
}

/** In a partition of the first worker: the poison; and in another one of it what takes longer than all its crashes. */
async function poison(scenario: Scenario, racecar: RacecarProcess, order: Partial<Order>) {
  const [victim] = racecar.workers()
  const [poisoned, other] = sharesOf(racecar).get(victim!)!.map(numberOf)
  const [slow] = await scenario.send([{ ms: 3000 }], { partition: other! })
  const [guilty] = await scenario.send([order], { partition: poisoned! })
  return { guilty: guilty!, slow: slow! }
}

const handlingsOf = ({ ledger }: Scenario, message: Acknowledged) =>
  ledger.handlings.filter(one => exactly(one) === exactly(message))

test('stop: a message that ends its workers stops its partition alone, and is tried again when somebody says so', async () => {
  await using scenario = await Scenario.open('poison-stop')
  const { folder } = scenario
  const racecar = scenario.racecar({ workers: 2, args: SOON })
  await scenario.served()
  const load = scenario.load({ everyMs: 50 })
  await scenario.flows()
  const at = now()
  const { guilty, slow } = await poison(scenario, racecar, { do: 'abort', ms: LONG_MS, processes: 3 })
  const { topic, partition, offset } = guilty
  expect(await racecar.line('message.convicted')).toMatchObject({
    topic,
    partition,
    offset,
    crashes: 3,
    follows: 'stop',
  })
  await load.stop()
  const standing = scenario.acknowledged.filter(one => where(one) === where(guilty) && one.offset >= offset)
  letGo(scenario, standing)
  await scenario.handledAll()
  print(`row 14, stop: R ${millis(now() - at)}, the slow one in hand ${handlingsOf(scenario, slow).length} times`)
  const status = () => statusOf(folder).then(({ slots }) => slots.flatMap(({ partitions }) => partitions))
  const stopped = (await status()).filter(({ paused }) => paused)
  expect(stopped).toMatchObject([{ topic, partition, position: offset, committed: offset, pausedUntil: null }])
  expect(stopped[0]!.why).toContain(`poison: the message at ${offset} has ended 3 workers`)
  expect(handlingsOf(scenario, guilty)).toHaveLength(3)
  const exits = racecar.all('slot.exited').map(({ message }) => message.includes(exactly(slow)))
  expect(exits, 'the slow one was in hand until they were suspect').toEqual([true, true, false])

  expect((await racecarctl(folder, 'continue', '--partition', where(guilty))).code).toBe(0)
  scenario.acknowledged.push(...standing)
  await scenario.handledAll()
  expect((await status()).filter(({ why }) => why !== null)).toEqual([])
  expect(await scenario.stop(racecar)).toEqual([0, null])
  expect(racecar.forks()).toHaveLength(5)
  expect(racecar.all('message.convicted')).toHaveLength(1)
  await scenario.expectWhole(deathsOf(racecar))
  await scenario.expectNothingLeft()
})

test('stop: a stop while a partition stands is clean, and leaves its position before the message', async () => {
  await using scenario = await Scenario.open('poison-stands', { partitions: 2 })
  const args = [...SOON, '--max-crashes-per-message', '2']
  const racecar = scenario.racecar({ workers: 1, args })
  await scenario.served()
  const [guilty] = await scenario.send([{ do: 'abort', ms: LONG_MS, processes: 2 }, {}, {}], { partition: 0 })
  await racecar.line('message.convicted')
  await scenario.send([{}, {}], { partition: 1 })
  letGo(
    scenario,
    scenario.acknowledged.filter(({ partition }) => partition === 0),
  )
  await scenario.handledAll()
  expect(await scenario.stop(racecar)).toEqual([0, null])
  expect([...(await scenario.committed()).values()]).toEqual([0, 2])

  // What the next one does not know it has to find out anew.
  const again = scenario.racecar({ workers: 1, args })
  await scenario.until('the message being handled', () =>
    handlingsOf(scenario, guilty!).some(({ end }) => end !== undefined),
  )
  await scenario.committedAll()
  expect(await scenario.stop(again)).toEqual([0, null])
  await scenario.expectNothingLeft()
})

test('skip: a message that ends its workers at once, under load, is passed with a line, and nothing else is', async () => {
  await using scenario = await Scenario.open('poison-skip')
  const { ledger } = scenario
  const racecar = scenario.racecar({ workers: 2, args: [...SOON, '--on-poison', 'skip'] })
  await scenario.served()
  const load = scenario.load({ everyMs: 20 })
  await scenario.flows()
  const at = now()
  const { guilty, slow } = await poison(scenario, racecar, { do: 'abort' })
  const { topic, partition, offset } = guilty
  expect(await racecar.line('message.skipped')).toMatchObject({ topic, partition, offset })
  letGo(scenario, [guilty])
  await scenario.flows()
  print(
    `row 14, skip: R ${millis(now() - at)}, ${racecar.forks().length - 2} crashes, the slow one in hand ${handlingsOf(scenario, slow).length} times`,
  )
  await load.stop()
  await scenario.handledAll()
  expect(await scenario.stop(racecar)).toEqual([0, null])
  expect(racecar.all('message.convicted')).toMatchObject([{ topic, partition, offset, crashes: 3, follows: 'skip' }])
  // Under load its primary may not have heard of it the first time.
  expect([3, 4]).toContain(handlingsOf(scenario, guilty).length)
  expect(ledger.ended.filter(one => exactly(one) === exactly(guilty))).toEqual([])
  await scenario.expectWhole(deathsOf(racecar))
  await scenario.expectNothingLeft()
})

test('dead-letter: it is passed when it is stored elsewhere, whole; a topic that is missing is waited for with an alarm', async () => {
  await using scenario = await Scenario.open('poison-dead-letter', { partitions: 2 })
  const { topics, topic, group } = scenario
  const racecar = scenario.racecar({ workers: 2, args: [...SOON, '--on-poison', 'dead-letter'] })
  await scenario.served()
  const [guilty] = await scenario.send([{ do: 'abort', ms: LONG_MS }, {}, {}], { partition: 0 })
  letGo(scenario, [guilty!])
  const { partition, offset } = guilty!
  const waiting = await racecar.line('dead.letter.waiting')
  expect(waiting).toMatchObject({ topic, partition, offset, to: `${topic}.dead-letter`, level: 'error' })
  await scenario.send([{}, {}], { partition: 1 })
  await scenario.until('the other partition flowing', async () => (await scenario.committed()).get(`${topic}/1`) === 2)
  expect((await scenario.committed()).get(`${topic}/0`)).toBe(0)

  const to = await topics.createNamed(`${topic}.dead-letter`)
  expect(await racecar.line('message.dead.lettered')).toMatchObject({ topic, partition, offset, to })
  await scenario.handledAll()
  await scenario.committedAll()
  expect(await scenario.stop(racecar)).toEqual([0, null])
  const letters = await lettersIn(scenario, to)
  expect(letters.map(({ key, value }) => [key, (JSON.parse(value) as Order).do])).toEqual([['key-0', 'abort']])
  expect(letters[0]!.headers).toMatchObject({
    ...{ 'racecar-topic': topic, 'racecar-partition': '0', 'racecar-offset': `${offset}`, 'racecar-attempts': '3' },
    ...{ 'racecar-group': group, 'racecar-consumer': 'ObedientConsumer' },
    'racecar-error': expect.stringContaining('SIGABRT'),
  })
  await scenario.expectWhole(deathsOf(racecar))
  await scenario.expectNothingLeft()
})

test('a message that blocks its workers again and again is found as well', async () => {
  await using scenario = await Scenario.open('poison-block', { partitions: 2 })
  const args = [...SOON, '--hang-timeout', '2', '--max-crashes-per-message', '2', '--on-poison', 'skip']
  const racecar = scenario.racecar({ workers: 1, args })
  await scenario.served()
  const [guilty] = await scenario.send([{ do: 'block', ms: LONG_MS }, {}], { partition: 0 })
  letGo(scenario, [guilty!])
  const { whys } = await racecar.line('message.convicted')
  expect(whys).toEqual(Array(2).fill('did not answer within hang_timeout (2 s) and was killed'))
  await scenario.handledAll()
  await scenario.passes()
  expect(await scenario.stop(racecar)).toEqual([0, null])
  await scenario.expectWhole(deathsOf(racecar))
  await scenario.expectNothingLeft()
})

test('of a batch the message is found that ends the workers, and the others are handled', async () => {
  await using scenario = await Scenario.open('poison-batch', { partitions: 2 })
  const args = [...SOON, '--on-poison', 'skip']
  const racecar = scenario.racecar({ workers: 1, args, consumer: [batches, 'BatchConsumer'] })
  await scenario.served()
  const orders = Array.from({ length: 40 }, (_, index) => (index === 25 ? { do: 'abort' as const, ms: LONG_MS } : {}))
  const sent = await scenario.send(orders, { partition: 0 })
  await scenario.send(Array(20).fill({}), { partition: 1 })
  const guilty = sent[25]!
  letGo(scenario, [guilty])
  expect(await racecar.line('message.convicted')).toMatchObject({ partition: 0, offset: guilty.offset, crashes: 3 })
  await scenario.handledAll()
  await scenario.committedAll()
  expect(await scenario.stop(racecar)).toEqual([0, null])
  expect(racecar.all('message.skipped')).toHaveLength(1)
  await scenario.expectWhole(deathsOf(racecar))
  await scenario.expectNothingLeft()
})
