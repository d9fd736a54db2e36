import { expect, test } from 'vitest'
import { privateBroker } from '../support/broker.ts'
import { now } from '../support/ledger.ts'
import { millis, PATIENT, print, Scenario } from '../support/scenario.ts'

test('a broker that is restarted under load costs no membership, and no message is handled twice', async () => {
  await using kafka = await privateBroker()
  await using scenario = await Scenario.open('restart', { kafka: kafka.address, partitions: 4 })
  const racecar = scenario.racecar({ workers: 2, args: PATIENT })
  await scenario.served()
  const load = scenario.load({ isPatient: true })
  await scenario.flows()

  const before = racecar.lines.length
  const [broker] = kafka.brokers
  await broker!.stop()
  const down = now()
  await broker!.start()
  const up = now()
  await scenario.flows(60_000)
  const took = now() - up
  await load.stop()
  await scenario.handledAll()

  expect(racecar.lines.slice(before).filter(({ event }) => /^(group|partitions|slot)\./.test(event))).toEqual([])
  expect(scenario.ledger.handlings.filter(({ start }) => start > up).length).toBeGreaterThan(0)
  expect(await scenario.stop(racecar)).toEqual([0, null])
  await scenario.expectWhole()
  await scenario.expectNothingLeft()
  print(`row 57: down for ${millis(up - down)}, all partitions flow ${millis(took)} after the broker answers`)
})
