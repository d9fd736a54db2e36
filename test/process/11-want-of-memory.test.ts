import { expect, test } from 'vitest'
import { exactly, now } from '../support/ledger.ts'
import { isToldOf, placeOf, takenOver } from '../support/replacement.ts'
import { HANGS_ONCE, millis, PATIENT, print, Scenario } from '../support/scenario.ts'

test('a worker whose heap is full is replaced, and the log says why it ended and over which message', async () => {
  await using scenario = await Scenario.open('heap')
  const { ledger } = scenario
  const racecar = scenario.racecar({ args: PATIENT, env: { NODE_OPTIONS: '--max-old-space-size=64' } })
  await scenario.served()
  const load = scenario.load({ everyMs: 20, order: { ms: 5 } })
  await scenario.flows()

  const [victim] = racecar.workers()
  const place = placeOf(racecar, victim!)
  const greedy = await scenario.occupy(racecar, victim!, { do: 'hoard', once: true, ms: 300 })
  const exited = await racecar.line('slot.exited')
  const at = now()
  const committed = await scenario.committed()
  expect([exited.slot, exited.pid, exited.signal]).toEqual([place.slot, victim, 'SIGABRT'])
  expect(exited.why).toBe('was ended by SIGABRT: its heap was full, or something called abort()')
  expect(exited.message).toContain(exactly(greedy))
  expect(racecar.stderr).toContain('heap')
  const { pid: replacement } = await takenOver(scenario, racecar, place)

  await load.stop()
  await scenario.handledAll()
  expect(await scenario.stop(racecar)).toEqual([0, null])
  expect(racecar.forks()).toHaveLength(4)
  const handlings = ledger.handlings.filter(one => exactly(one) === exactly(greedy))
  expect(handlings.map(({ pid }) => pid)).toEqual([victim, replacement])
  await scenario.expectWhole([{ pid: victim!, at, committed }])
  await scenario.expectNothingLeft()
  print(`row 11: twice ${ledger.repeated().length}`)
})

// What the kernel does to a container beyond its limit: nothing tells it from anybody else's SIGKILL.
test('a worker that gets SIGKILL from outside is replaced, and the log says what it may have been and what was in hand', async () => {
  await using scenario = await Scenario.open('sigkill')
  const { ledger } = scenario
  const racecar = scenario.racecar({ args: PATIENT })
  await scenario.served()
  const load = scenario.load({ everyMs: 20, order: { ms: 5 } })
  await scenario.flows()

  const [victim] = racecar.workers()
  const place = placeOf(racecar, victim!)
  const inHand = await scenario.occupy(racecar, victim!, HANGS_ONCE)
  await isToldOf(scenario, victim!, inHand)
  const killed = now()
  const deaths = await scenario.kill(victim!)
  const exited = await racecar.line('slot.exited')
  expect([exited.slot, exited.pid, exited.signal]).toEqual([place.slot, victim, 'SIGKILL'])
  expect(exited.why).toBe('was ended by SIGKILL from outside, perhaps for want of memory')
  expect(exited.message).toMatch(/it had in hand .* and \d+ MB of memory\.$/)
  expect(exited.message).toContain(`${exactly(inHand)} for `)
  await takenOver(scenario, racecar, place)

  await load.stop()
  await scenario.handledAll()
  expect(await scenario.stop(racecar)).toEqual([0, null])
  await scenario.expectWhole(deaths)
  await scenario.expectNothingLeft()
  print(`row 12: seen ${millis(exited.at - killed)} after the kill, twice ${ledger.repeated().length}`)
})
