import { setTimeout as wait } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { goesOn } from '../support/replacement.ts'
import { generationsOf, PATIENT, Scenario } from '../support/scenario.ts'

const H = 10

test('a worker that is stopped for less than hang_timeout and woken goes on: no restart, no rebalance, nothing twice', async () => {
  await using scenario = await Scenario.open('stopped-briefly')
  const racecar = scenario.racecar({ args: [...PATIENT, '--hang-timeout', `${H}`] })
  await scenario.served()
  const load = scenario.load({ everyMs: 20, order: { ms: 5 } })
  await scenario.flows()
  const [sleeper] = racecar.workers()
  const generations = generationsOf(racecar)

  process.kill(sleeper!, 'SIGSTOP')
  await wait(1000)
  process.kill(sleeper!, 'SIGCONT')
  await scenario.flows()
  await goesOn(scenario)
  expect(racecar.workers()).toContain(sleeper)
  expect(generationsOf(racecar)).toEqual(generations)

  await load.stop()
  await scenario.handledAll()
  expect(await scenario.stop(racecar)).toEqual([0, null])
  expect(racecar.forks()).toHaveLength(3)
  expect(racecar.all('slot.hung')).toEqual([])
  await scenario.expectWhole()
  expect(scenario.ledger.repeated()).toEqual([])
  await scenario.expectNothingLeft()
})
