import { expect, test } from 'vitest'
import { now } from '../support/ledger.ts'
import { millis, print, Scenario } from '../support/scenario.ts'

test('five SIGTERMs, a SIGQUIT, a SIGHUP and one SIGINT are one graceful stop', async () => {
  await using scenario = await Scenario.open('signals', { partitions: 4 })
  const { ledger } = scenario
  const racecar = scenario.racecar({ workers: 2, args: ['--shutdown-timeout', '25'] })
  await scenario.served()
  await scenario.send(Array(4).fill({ ms: 1200 }))
  await scenario.until('all in hand', () => ledger.handlings.length === 4)
  for (const signal of ['SIGTERM', 'SIGTERM', 'SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGHUP', 'SIGTERM'] as const)
    racecar.signal(signal)
  await racecar.line('worker.stopping')
  expect(await scenario.stop(racecar)).toEqual([0, null])

  expect(racecar.all('primary.stopping')).toHaveLength(1)
  expect(racecar.all('worker.stopping')).toHaveLength(2)
  expect(racecar.all('slot.killed')).toEqual([])
  expect(ledger.ended).toHaveLength(4)
  await scenario.expectWhole()
  await scenario.expectNothingLeft()
})

test('a second SIGINT ends all at once with 2, and leaves nothing behind, in the group neither', async () => {
  await using scenario = await Scenario.open('interrupts', { partitions: 4 })
  const { ledger } = scenario
  const racecar = scenario.racecar({ workers: 2, args: ['--shutdown-timeout', '60'] })
  await scenario.served()
  await scenario.send(Array(4).fill({ do: 'hang', once: true }))
  await scenario.until('all in hand', () => ledger.handlings.length === 4)
  const committed = await scenario.committed()
  const workers = racecar.workers()

  racecar.signal('SIGINT')
  await racecar.line('primary.stopping')
  await racecar.until('both told to stop', () => racecar.all('worker.stopping').length === 2)
  expect(racecar.all('slot.exited')).toEqual([])
  const start = now()
  expect(await scenario.stop(racecar, 'SIGINT')).toEqual([2, null])
  const took = now() - start
  expect(took).toBeLessThan(20_000)
  expect(racecar.all('slot.exited').map(({ code, signal }) => [code, signal])).toEqual(Array(2).fill([null, 'SIGKILL']))
  expect(racecar.stderr).toContain('second SIGINT')
  await scenario.expectNothingLeft()

  const next = scenario.racecar({ workers: 2 })
  await scenario.handledAll()
  expect(await scenario.stop(next)).toEqual([0, null])
  await scenario.expectWhole(workers.map(pid => ({ pid, at: start + took, committed })))
  print(`row 37: ended ${millis(took)} after the second SIGINT`)
})
