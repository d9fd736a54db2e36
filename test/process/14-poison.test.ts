import { expect, test } from 'vitest'
import type { Order } from '../fixtures/consumers/obedient-consumer.ts'
import { type Acknowledged, type Death, exactly, now, where } from '../support/ledger.ts'
import type { RacecarProcess } from '../support/racecar-process.ts'
import { racecarctl, statusOf } from '../support/racecarctl.ts'
import { numberOf } from '../support/replacement.ts'
import { millis, PATIENT, print, Scenario, sharesOf } from '../support/scenario.ts'

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

/** Under load, in a partition of the first worker: the poison; and in another one of it what takes longer than all its crashes. */
async function poison(scenario: Scenario, racecar: RacecarProcess, order: Partial<Order>) {
  const [victim] = racecar.workers()
  const share = sharesOf(racecar).get(victim!)!
  const [poisoned, other] = share.map(numberOf)
  const [slow] = await scenario.send([{ ms: 5000 }], { partition: other! })
  const [guilty] = await scenario.send([order], { partition: poisoned! })
  return { guilty: guilty!, slow: slow!, others: scenario.everywhere.filter(one => !share.includes(one)) }
}

const handlingsOf = ({ ledger }: Scenario, message: Acknowledged) =>
  ledger.handlings.filter(one => exactly(one) === exactly(message))

/** Nobody handles it, and that is right. */
function letGo({ acknowledged }: Scenario, message: Acknowledged): void {
  acknowledged.splice(acknowledged.indexOf(message), 1)
}

test('stop: a message that ends its workers stops its partition alone, and is tried again when somebody says so', async () => {
  await using scenario = await Scenario.open('poison-stop')
  const { folder, ledger } = scenario
  const racecar = scenario.racecar({ workers: 2, args: PATIENT })
  await scenario.served()
  const load = scenario.load({ everyMs: 50 })
  await scenario.flows()
  const at = now()
  const { guilty, slow, others } = await poison(scenario, racecar, { do: 'abort', ms: LONG_MS, processes: 3 })
  const convicted = await racecar.line('message.convicted')
  const { topic, partition, offset } = guilty
  expect(convicted).toMatchObject({
    consumer: 'ObedientConsumer',
    topic,
    partition,
    offset,
    crashes: 3,
    follows: 'stop',
  })
  await load.stop()
  letGo(scenario, guilty)
  const rest = scenario.acknowledged.filter(one => where(one) === where(guilty) && one.offset > offset)
  for (const one of rest) letGo(scenario, one)
  await scenario.handledAll()
  const flowed = now() - at
  const status = () => statusOf(folder).then(({ slots }) => slots.flatMap(({ partitions }) => partitions))
  const stopped = (await status()).filter(({ paused }) => paused)
  expect(stopped).toMatchObject([{ topic, partition, position: offset, committed: offset, pausedUntil: null }])
  expect(stopped[0]!.why).toContain(`poison: the message at ${offset} has ended 3 workers`)
  expect(handlingsOf(scenario, guilty)).toHaveLength(3)

  expect((await racecarctl(folder, 'continue', '--partition', where(guilty))).code).toBe(0)
  scenario.acknowledged.push(guilty, ...rest)
  await scenario.handledAll()
  expect((await status()).filter(({ why }) => why !== null)).toEqual([])
  expect(await scenario.stop(racecar)).toEqual([0, null])
  expect(racecar.forks()).toHaveLength(5)
  expect(racecar.all('message.convicted')).toHaveLength(1)
  await scenario.expectWhole(deathsOf(racecar))
  await scenario.expectNothingLeft()
  print(
    `row 14, stop: R ${millis(flowed)}, ${handlingsOf(scenario, slow).length} times the slow one, ${others} ${ledger.repeated().length}`,
  )
})
