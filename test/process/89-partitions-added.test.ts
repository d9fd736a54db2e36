import { expect, test } from 'vitest'
import { now } from '../support/ledger.ts'
import { leaderOf, millis, PATIENT, print, Scenario, sharesOf } from '../support/scenario.ts'

test('partitions that are added while the group’s leader is killed are consumed', async () => {
  await using scenario = await Scenario.open('grown')
  const racecar = scenario.racecar({ args: PATIENT })
  await scenario.served()
  const load = scenario.load({ everyMs: 40, order: { ms: 5 } })
  await scenario.flows()

  const growing = scenario.grow(9)
  const [deaths] = await Promise.all([scenario.kill(leaderOf(racecar)!), growing])
  const grown = now()
  // From now on the load is on all nine.
  await scenario.flows(60_000)
  print(`row 89: added partitions flow after ${millis(now() - grown)} (bound 35000)`)
  await scenario.served()
  expect([...sharesOf(racecar).values()].map(share => share.length)).toEqual([3, 3, 3])

  await load.stop()
  await scenario.handledAll()
  expect(racecar.all('slot.exited').map(({ pid }) => pid)).toEqual(deaths.map(({ pid }) => pid))
  expect(await scenario.stop(racecar)).toEqual([0, null])
  await scenario.expectWhole(deaths)
  await scenario.expectNothingLeft()
})
