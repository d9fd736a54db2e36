import { expect, test } from 'vitest'
import { now } from '../support/ledger.ts'
import { leaderOf, millis, PATIENT, print, Scenario, sharesOf } from '../support/scenario.ts'
import { uniqueName } from '../support/topics.ts'

test('a topic that was missing and is made while the group’s leader is killed is consumed', async () => {
  await using scenario = await Scenario.open('known')
  const later = uniqueName('later')
  const racecar = scenario.racecar({ args: PATIENT, env: { TOPICS: `${scenario.topic},${later}` } })
  await scenario.served()
  await racecar.line('topic.missing', ({ topic }) => topic === later)
  const load = scenario.load({ everyMs: 40, order: { ms: 5 } })
  await scenario.flows()

  const making = scenario.add(later, 3)
  const [deaths] = await Promise.all([scenario.kill(leaderOf(racecar)!), making])
  const made = now()
  await scenario.send(Array(300).fill({}), { topic: later })
  await scenario.handledAll(60_000)
  print(`row 89: an added topic flows after ${millis(now() - made)} (bound 35000)`)
  await scenario.served()
  expect([...sharesOf(racecar).values()].map(share => share.length)).toEqual([3, 3, 3])

  await load.stop()
  await scenario.handledAll()
  expect(racecar.all('slot.exited').map(({ pid }) => pid)).toEqual(deaths.map(({ pid }) => pid))
  expect(await scenario.stop(racecar)).toEqual([0, null])
  await scenario.expectWhole(deaths)
  await scenario.expectNothingLeft()
})
