import { expect, test } from 'vitest'
import {
  gapsAround,
  generationsOf,
  HANGS_ONCE,
  millis,
  PATIENT,
  print,
  Scenario,
  sharesOf,
} from '../support/scenario.ts'

test('a worker that is killed under load costs its own partitions a moment, and the others nothing', async () => {
  await using scenario = await Scenario.open('kill')
  const racecar = scenario.racecar({ args: PATIENT })
  await scenario.served()
  const load = scenario.load({ everyMs: 20, order: { ms: 5 } })
  await scenario.flows()

  const generation = generationsOf(racecar).at(-1)
  const [victim] = racecar.workers()
  const own = sharesOf(racecar).get(victim!)!
  await scenario.occupy(racecar, victim!, HANGS_ONCE)
  const before = racecar.lines.length
  const deaths = await scenario.kill(victim!)
  const { at: diedAt } = deaths[0]!

  const exited = await racecar.line('slot.exited')
  expect([exited.pid, exited.signal]).toEqual([victim, 'SIGKILL'])
  const replacement = await racecar.line('group.joined', () => true, before)
  expect(replacement.slot).toBe(exited.slot)
  await scenario.flows()
  // Nobody else notices, then nor later.
  await scenario.until(
    '1,000 further messages',
    () => scenario.ledger.handlings.filter(h => h.start > diedAt).length > 1000,
  )
  expect(
    racecar.lines
      .slice(before)
      .filter(({ event }) => /^group\./.test(event))
      .map(({ pid, event, generation }) => [pid, event, generation]),
  ).toEqual([
    [replacement.pid, 'group.joining', undefined],
    [replacement.pid, 'group.joined', generation],
  ])
  expect(sharesOf(racecar).get(replacement.pid)).toEqual(own)

  await load.stop()
  await scenario.handledAll()
  expect(await scenario.stop(racecar)).toEqual([0, null])
  await scenario.expectWhole(deaths)
  await scenario.expectNothingLeft()

  const gaps = gapsAround(scenario, diedAt)
  const [longest, others] = [gaps(one => own.includes(one)), gaps(one => !own.includes(one))]
  const twice = scenario.ledger.repeated().length
  print(`row 1: gap ${millis(longest)} (goal 500), others ${millis(others)} (goal 100), twice ${twice}`)
  expect(longest).toBeLessThan(5000)
  expect(others).toBeLessThan(1000)
})
