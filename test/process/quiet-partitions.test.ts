import { expect, test } from 'vitest'
import { now, where } from '../support/ledger.ts'
import { staysQuiet } from '../support/quiet.ts'
import { racecarctl, statusOf } from '../support/racecarctl.ts'
import { Scenario, sharesOf } from '../support/scenario.ts'

test('some partitions are quiet while the others flow, wherever a rebalance takes them; so is one that is made only later', async () => {
  await using scenario = await Scenario.open('quiet-some', { partitions: 4 })
  const { folder, ledger, topic, everywhere } = scenario
  const racecar = scenario.racecar({ workers: 2 })
  await scenario.served()
  const isHere = (pid: number) => racecar.forks().includes(pid)
  // One worker's all: when more workers come it gives one of them away, and gets another or the same back when they go.
  const some = sharesOf(racecar).get(racecar.workers()[0]!)!
  const later = `${topic}/4`
  const load = scenario.load({ everyMs: 5, order: { ms: 1 } })
  await scenario.flows()
  const flags = [...some, later].flatMap(one => ['--partition', one])
  expect(await racecarctl(folder, 'quiet', ...flags)).toEqual({
    code: 0,
    stdout: `ObedientConsumer (${racecar.pid}) is quiet (${[...some, later].join(', ')}), with nothing in hand.\n`,
    stderr: `Nobody here has ${later}; who gets it keeps quiet.\n`,
  })
  const at = now()
  const startedHere = (partitions: readonly string[], since = at) =>
    ledger.handlings.filter(one => isHere(one.pid) && partitions.includes(where(one)) && one.start > since)

  // There they are not quiet.
  const other = scenario.racecar({ workers: 2 })
  await scenario.served(racecar, other)
  const away = [...sharesOf(other).values()].flat().filter(one => some.includes(one))
  expect(away.length).toBeGreaterThan(0)
  expect(await scenario.stop(other)).toEqual([0, null])
  await scenario.served(racecar)
  const back = now()
  await load.stop()
  await scenario.grow(5)
  // Who joins looks at the topics; else they are looked at every half minute.
  expect((await racecarctl(folder, 'workers', '3')).code).toBe(0)
  scenario.resized(racecar, 3)
  const more = scenario.load({ everyMs: 5, order: { ms: 1 } })
  await scenario.served(racecar)
  await staysQuiet(scenario, [...some, later])
  expect(startedHere([...some, later])).toEqual([])
  const others = everywhere.filter(one => !some.includes(one))
  await scenario.until('the others flowing', () => others.every(one => startedHere([one], back).length > 20))
  const { state, quiet } = await statusOf(folder)
  const except = [...some, later].sort()
  expect([state, quiet]).toEqual(['running', [{ consumer: 'ObedientConsumer', all: false, except }]])

  expect((await racecarctl(folder, 'continue', '--partition', later)).code).toBe(0)
  await scenario.until('the one flowing', () => startedHere([later]).length > 20)
  expect(startedHere(some)).toEqual([])
  expect((await racecarctl(folder, 'continue')).code).toBe(0)
  await more.stop()
  await scenario.handledAll()
  expect(await scenario.stop(racecar)).toEqual([0, null])
  expect(ledger.repeated()).toEqual([])
  await scenario.expectWhole()
  await scenario.expectNothingLeft()
})
