import { expect, test } from 'vitest'
import { now } from '../support/ledger.ts'
import { isAlive } from '../support/racecar-process.ts'
import { Scenario } from '../support/scenario.ts'

const ARGS = ['--session-timeout', '120', '--shutdown-timeout', '2'] as const

test('an orphan that does not drain is killed after its grace, and taken out of the group', async () => {
  await using scenario = await Scenario.open('frozen')
  const first = scenario.racecar({ workers: 2, args: ARGS })
  await scenario.served()
  await scenario.send(Array.from({ length: 60 }, () => ({})))
  await scenario.handledAll()
  await scenario.committedAll()
  const [frozen] = first.workers()
  process.kill(frozen!, 'SIGSTOP')
  first.signal('SIGKILL')
  await first.exited

  const second = scenario.racecar({ workers: 2, args: ARGS })
  expect(await second.line('orphan.killed')).toMatchObject({ pid: frozen })
  const at = now()
  const committed = await scenario.committed()
  await scenario.served(second)
  await scenario.passes()
  expect(isAlive(frozen!)).toBe(false)
  expect(await scenario.stop(second)).toEqual([0, null])
  await scenario.expectWhole([{ pid: frozen!, at, committed }])
  await scenario.expectNothingLeft()
})

test('SIGTERM while a start waits for orphans ends it at once; the next start settles what is left', async () => {
  await using scenario = await Scenario.open('frozen-stop')
  const first = scenario.racecar({ workers: 1, args: ARGS })
  await scenario.served()
  const [frozen] = first.workers()
  process.kill(frozen!, 'SIGSTOP')
  first.signal('SIGKILL')
  await first.exited

  const patient = ['--session-timeout', '120', '--shutdown-timeout', '25']
  const second = scenario.racecar({ workers: 1, args: patient })
  await second.line('orphans.awaited')
  expect(await scenario.stop(second)).toEqual([0, null])
  expect(isAlive(frozen!)).toBe(true)

  const third = scenario.racecar({ workers: 1, args: ARGS })
  await scenario.served(third)
  await scenario.passes()
  expect(isAlive(frozen!)).toBe(false)
  expect(await scenario.stop(third)).toEqual([0, null])
  await scenario.expectWhole()
  await scenario.expectNothingLeft()
})
