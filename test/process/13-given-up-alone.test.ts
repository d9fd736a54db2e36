import { expect, test } from 'vitest'
import { Scenario, sharesOf } from '../support/scenario.ts'

test('with on_crash_loop continue a slot that is given up leaves the group at once, and the others go on with its partitions', async () => {
  await using scenario = await Scenario.open('given-up')
  // The group would hold the dead for longer than anything here is waited for.
  const args = ['--session-timeout', '120', '--on-crash-loop', 'continue', '--crash-limit', '2']
  const racecar = scenario.racecar({ args })
  await scenario.served()
  const load = scenario.load({ everyMs: 20, order: { ms: 5 } })
  await scenario.flows()
  const [victim, ...others] = racecar.workers()
  const first = await scenario.kill(victim!)
  await scenario.served()
  const [replacement] = racecar.workers()
  const second = await scenario.kill(replacement!)
  await racecar.line('slot.given.up', ({ slot }) => slot === 'ObedientConsumer/0')

  const owned = () => [...sharesOf(racecar)].filter(([pid]) => others.includes(pid)).flatMap(([, share]) => share)
  await scenario.until(
    'the others owning everything',
    () => String(owned().sort()) === String(scenario.everywhere.sort()),
  )
  await scenario.flows()
  expect(racecar.workers()).toEqual(others)
  expect((await scenario.view()).members).toHaveLength(2)

  await load.stop()
  await scenario.handledAll()
  expect(await scenario.stop(racecar)).toEqual([0, null])
  expect(racecar.forks()).toHaveLength(4)
  await scenario.expectWhole([...first, ...second])
  await scenario.expectNothingLeft()
})
