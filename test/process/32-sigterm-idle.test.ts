import { expect, test } from 'vitest'
import { now } from '../support/ledger.ts'
import { millis, print, Scenario } from '../support/scenario.ts'

test('SIGTERM with nothing in hand: everybody leaves the group, and racecar ends with 0', async () => {
  await using scenario = await Scenario.open('idle', { partitions: 4 })
  const racecar = scenario.racecar({ workers: 3, args: ['--shutdown-timeout', '25'] })
  await scenario.served()
  await scenario.send(Array(20).fill({}))
  await scenario.handledAll()

  const workers = racecar.workers()
  const start = now()
  expect(await scenario.stop(racecar)).toEqual([0, null])
  const took = now() - start

  for (const event of ['worker.stopping', 'group.left', 'worker.stopped', 'slot.exited']) {
    expect(
      racecar
        .all(event)
        .map(({ pid }) => pid)
        .sort(),
      event,
    ).toEqual(workers.toSorted())
  }
  expect(racecar.all('slot.exited').map(({ code, signal }) => [code, signal])).toEqual(Array(3).fill([0, null]))
  expect(scenario.ledger.teardowns.map(({ pid }) => pid).sort()).toEqual(workers.toSorted())
  expect(racecar.stderr).toBe('')
  expect(took).toBeLessThan(20_000)
  await scenario.expectWhole()
  await scenario.expectNothingLeft()
  print(`row 32: ended after ${millis(took)} (goal 2000 ms)`)
})
