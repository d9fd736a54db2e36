import { expect, test } from 'vitest'
import { privateBroker } from '../support/broker.ts'
import { now } from '../support/ledger.ts'
import { millis, PATIENT, print, Scenario } from '../support/scenario.ts'

// The controller, which is killed with it, waits out the dead broker's session before it takes it back.
const settings = { 'broker.session.timeout.ms': 1000, 'broker.heartbeat.interval.ms': 200 }

test('a broker that is killed under load and comes back costs no membership, and no message is lost or handled twice', async () => {
  await using kafka = await privateBroker({ settings })
  await using scenario = await Scenario.open('broker-killed', { kafka: kafka.address, partitions: 4 })
  const racecar = scenario.racecar({ workers: 2, args: PATIENT })
  await scenario.served()
  const load = scenario.load({ isPatient: true })
  await scenario.flows()

  const before = racecar.lines.length
  const [broker] = kafka.brokers
  await broker!.kill()
  const down = now()
  await broker!.start()
  const up = now()
  await scenario.flows(60_000)
  const took = now() - up
  await load.stop()
  await scenario.handledAll()

  expect(racecar.lines.slice(before).filter(({ event }) => /^(group|partitions|slot)\./.test(event))).toEqual([])
  expect(await scenario.stop(racecar)).toEqual([0, null])
  await scenario.expectWhole()
  await scenario.expectNothingLeft()
  print(`row 58: down for ${millis(up - down)}, all partitions flow ${millis(took)} after the broker answers`)
})
