import { expect, test } from 'vitest'
import { Scenario } from '../support/scenario.ts'
import { uniqueName } from '../support/topics.ts'

test('with --fail-fast a topic that is missing at the start ends all with 69, and the group has no member', async () => {
  await using scenario = await Scenario.open('fail-fast')
  const missing = uniqueName('nowhere')
  const racecar = scenario.racecar({ args: ['--fail-fast'], env: { TOPICS: `${scenario.topic},${missing}` } })
  expect(await scenario.ended(racecar)).toEqual([69, null])
  expect(racecar.stderr).toContain(`The topic ${missing} does not exist, and fail_fast is set.`)
  expect(racecar.all('slot.restarting')).toEqual([])
  await scenario.expectNothingLeft()
})

test('with --fail-fast a racecar that was once a member replaces a worker as ever', async () => {
  await using scenario = await Scenario.open('fail-late')
  const racecar = scenario.racecar({ workers: 1, args: ['--fail-fast'] })
  await scenario.served()
  await scenario.passes()
  const deaths = await scenario.kill(racecar.workers()[0]!)
  await scenario.served()
  await scenario.passes()
  expect(await scenario.stop(racecar)).toEqual([0, null])
  await scenario.expectWhole(deaths)
  await scenario.expectNothingLeft()
})
