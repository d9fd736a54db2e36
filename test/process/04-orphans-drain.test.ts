import { expect, test } from 'vitest'
import { isAlive } from '../support/racecar-process.ts'
import { Scenario } from '../support/scenario.ts'

test('a start waits for orphans that still drain, though they have the same instance ids, and nothing is handled twice', async () => {
  await using scenario = await Scenario.open('draining')
  const args = ['--group-instance-id', 'fixed', '--shutdown-timeout', '20']
  const first = scenario.racecar({ workers: 2, args })
  await scenario.served()
  const [worker] = first.workers()
  const inHand = await scenario.occupy(first, worker!, { ms: 4000 })
  first.signal('SIGKILL')
  await first.exited

  const second = scenario.racecar({ workers: 2, args })
  const awaited = await second.line('orphans.awaited')
  expect(awaited.pids).toContain(worker)
  await second.line('group.joining')
  expect(isAlive(worker!)).toBe(false)
  await scenario.served(second)
  await scenario.passes()
  expect(scenario.ledger.ended.filter(({ seq }) => seq === inHand.seq).map(({ pid }) => pid)).toEqual([worker])
  expect(second.all('orphan.killed')).toEqual([])
  expect(await scenario.stop(second)).toEqual([0, null])
  await scenario.expectWhole()
  await scenario.expectNothingLeft()
})
