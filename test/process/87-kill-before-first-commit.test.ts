import { expect, test } from 'vitest'
import { HANGS_ONCE, Scenario } from '../support/scenario.ts'

test('a worker killed before its first commit on a topic that is read from its end loses nothing', async () => {
  await using scenario = await Scenario.open('from-the-end', { partitions: 2 })
  const before = await scenario.send(Array(10).fill({}))
  scenario.acknowledged.length = 0
  const racecar = scenario.racecar({ workers: 1, env: { START_AT: 'end' }, args: ['--offset-commit-interval', '60'] })
  await scenario.served()
  await racecar.until('both partitions being taken', () => racecar.all('partitions.assigned').length > 0)

  const [victim] = racecar.workers()
  await scenario.occupy(racecar, victim!, HANGS_ONCE)
  await scenario.send(Array(100).fill({}))
  const deaths = await scenario.kill(victim!)
  // Nothing that was handled has been committed: only where it began.
  expect([...deaths[0]!.committed.values()]).toEqual([5, 5])

  await scenario.send(Array(100).fill({}))
  await scenario.handledAll()
  expect(await scenario.stop(racecar)).toEqual([0, null])
  await scenario.expectWhole(deaths)
  await scenario.expectNothingLeft()
  const handled = new Set(scenario.ledger.handlings.map(({ seq }) => seq))
  expect(before.filter(({ seq }) => handled.has(seq))).toEqual([])
})
