import { expect, test } from 'vitest'
import { Scenario } from '../support/scenario.ts'

test('three racecars that are replaced one after the other lose nothing, and handle nothing twice', async () => {
  await using scenario = await Scenario.open('rolling', { partitions: 6 })
  const start = () => scenario.racecar({ workers: 2 })
  let running = [start(), start(), start()]
  await scenario.served()
  const load = scenario.load({ everyMs: 3 })
  await scenario.flows()
  for (const old of [...running]) {
    expect(await scenario.stop(old)).toEqual([0, null])
    const next = start()
    running = [...running.filter(one => one !== old), next]
    await scenario.served(...running)
    await scenario.flows()
  }
  await load.stop()
  await scenario.handledAll()
  for (const one of running) expect(await scenario.stop(one)).toEqual([0, null])
  expect(scenario.ledger.repeated()).toEqual([])
  await scenario.expectWhole()
  await scenario.expectNothingLeft()
})
