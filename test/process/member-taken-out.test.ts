import { expect, test } from 'vitest'
import { Scenario } from '../support/scenario.ts'

test('a slot whose worker is dead when racecar stops is taken out of the group, and does not wait for its session', async () => {
  await using scenario = await Scenario.open('taken-out')
  const racecar = scenario.racecar({ args: ['--session-timeout', '300'] })
  await scenario.served()
  await scenario.send(Array(60).fill({}))
  await scenario.committedAll()
  const [victim] = racecar.workers()
  const first = await scenario.kill(victim!)
  await scenario.served()
  // After the second crash in a row the replacement waits: now nobody is there who could leave.
  const [replacement] = racecar.workers()
  const second = await scenario.kill(replacement!)
  await racecar.line('slot.restarting', ({ inMs }) => inMs === 1000)
  expect((await scenario.view()).members).toHaveLength(3)

  expect(await scenario.stop(racecar)).toEqual([0, null])
  expect(racecar.forks()).toHaveLength(4)
  await scenario.expectWhole([...first, ...second])
  await scenario.expectNothingLeft()
})
