import { expect, test } from 'vitest'
import { privateBrokers } from '../support/broker.ts'
import { now } from '../support/ledger.ts'
import type { RacecarProcess } from '../support/racecar-process.ts'
import { millis, PATIENT, print, Scenario } from '../support/scenario.ts'

// By its heartbeats a broker asks for leave to stop.
const settings = { 'broker.heartbeat.interval.ms': 200 }
/** The partitions of the topic that says who coordinates which group. */
const coordinating = [0, 1, 2, 3, 4]

function coordinateBy({ topics }: Scenario, replicas: [number, ...number[]]): Promise<unknown> {
  return Promise.all(coordinating.map(partition => topics.move('__consumer_offsets', partition, replicas)))
}

/** Resolves when each worker has told of a commit, from this line of the log on. */
async function commits(racecar: RacecarProcess, since: number): Promise<void> {
  for (const pid of racecar.workers()) await racecar.line('offsets.committed', line => line.pid === pid, since)
}

test('a group whose coordinator moves, and is ended after that, follows it: no exit, no rebalance, no message twice', async () => {
  await using kafka = await privateBrokers({ settings })
  const replicas = [0, 1, 2, 3].map(partition => (partition % 2 === 0 ? [1, 2] : [2, 1]))
  await using scenario = await Scenario.open('coordinator', { kafka: kafka.address, replicas })
  await coordinateBy(scenario, [1])
  const racecar = scenario.racecar({ workers: 2, args: [...PATIENT, '--heartbeat-interval', '0.5'] })
  await scenario.served()
  const load = scenario.load({ isPatient: true })
  await scenario.flows()

  const before = racecar.lines.length
  // Both live on: whoever asks the old one hears that it is not the coordinator.
  await coordinateBy(scenario, [2, 1])
  const moved = now()
  await commits(racecar, racecar.lines.length)
  const followed = now() - moved

  const [, second] = kafka.brokers
  await second!.stop()
  const gone = now()
  const since = racecar.lines.length
  await scenario.passes(60_000)
  await commits(racecar, since)
  const took = now() - gone
  await load.stop()
  await scenario.handledAll()

  expect(racecar.lines.slice(before).filter(({ event }) => /^(group|partitions|slot)\./.test(event))).toEqual([])
  expect(await scenario.stop(racecar)).toEqual([0, null])
  await scenario.expectWhole()
  await scenario.expectNothingLeft()
  print(`row 61: commits ${millis(followed)} after a move; all handled, commits too, ${millis(took)} after the end`)
})
