import { expect, test } from 'vitest'
import { gapsAround, generationsOf, millis, PATIENT, print, Scenario, sharesOf } from '../support/scenario.ts'

test('a worker that exits with 0 although nobody asked it to has crashed, and is replaced in its place', async () => {
  await using scenario = await Scenario.open('exit')
  const racecar = scenario.racecar({ args: PATIENT })
  await scenario.served()
  const load = scenario.load({ everyMs: 40, order: { ms: 5 } })
  await scenario.flows()
  const generation = generationsOf(racecar).at(-1)
  const [victim] = racecar.workers()
  const own = sharesOf(racecar).get(victim!)
  await scenario.occupy(racecar, victim!, { do: 'exit', code: 0, once: true })

  const exited = await racecar.line('slot.exited')
  const committed = await scenario.committed()
  expect([exited.pid, exited.code, exited.signal]).toEqual([victim, 0, null])
  expect(exited.message).toContain('exited although nobody had asked it to')
  await racecar.line('slot.restarting', ({ crashes }) => crashes === 1)
  const replacement = await racecar.line('group.joined', ({ pid }) => racecar.forks().indexOf(pid) === 3)
  expect([replacement.slot, replacement.generation]).toEqual([exited.slot, generation])
  expect(sharesOf(racecar).get(replacement.pid)).toEqual(own)
  await scenario.flows()

  await load.stop()
  await scenario.handledAll()
  expect(await scenario.stop(racecar)).toEqual([0, null])
  const { at } = scenario.ledger.exits.find(({ pid }) => pid === victim)!
  await scenario.expectWhole([{ pid: victim!, at, committed }])
  await scenario.expectNothingLeft()
  print(`row 17: gap ${millis(gapsAround(scenario, at)(one => own!.includes(one)))} (bound 1000)`)
})
