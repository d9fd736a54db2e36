import { expect, test } from 'vitest'
import { now } from '../support/ledger.ts'
import { isAlive } from '../support/racecar-process.ts'
import { millis, print, Scenario, sharesOf } from '../support/scenario.ts'

test('of five workers on three partitions two are idle, which is said once, alive, and stop as well as the others', async () => {
  await using scenario = await Scenario.open('idle', { partitions: 3 })
  const racecar = scenario.racecar({ workers: 5 })
  await scenario.served()
  const sizes = [...sharesOf(racecar).values()].map(share => share.length)
  expect(sizes.sort()).toEqual([0, 0, 1, 1, 1])
  const warnings = () => racecar.all('group.crowded', ({ members }) => members === 5)
  expect(warnings()).toEqual([expect.objectContaining({ level: 'warn', partitions: 3 })])
  expect(warnings()[0]!.message).toContain('has 5 members for 3 partitions: 2 of them have nothing to do.')

  await scenario.send(Array(300).fill({}))
  await scenario.handledAll()
  expect(new Set(scenario.ledger.ended.map(({ pid }) => pid)).size).toBe(3)
  expect(racecar.workers().map(isAlive)).toEqual(Array(5).fill(true))
  expect(racecar.all('slot.exited')).toEqual([])

  const asked = now()
  expect(await scenario.stop(racecar)).toEqual([0, null])
  print(`row 53: gone ${millis(now() - asked)} after SIGTERM (bound 2000)`)
  expect(now() - asked).toBeLessThan(20_000)
  expect(scenario.ledger.teardowns).toHaveLength(5)
  await scenario.expectWhole()
  await scenario.expectNothingLeft()
})
