import { expect, test } from 'vitest'
import { exactly, now } from '../support/ledger.ts'
import { isToldOf, placeOf, takenOver } from '../support/replacement.ts'
import { HANGS_ONCE, millis, PATIENT, print, Scenario } from '../support/scenario.ts'

const H = 2

test('a worker that is stopped for longer than hang_timeout is killed and replaced: the others notice nothing, and it never wakes', async () => {
  await using scenario = await Scenario.open('stopped')
  const { ledger } = scenario
  const racecar = scenario.racecar({ args: [...PATIENT, '--hang-timeout', `${H}`] })
  await scenario.served()
  const load = scenario.load({ everyMs: 20, order: { ms: 5 } })
  await scenario.flows()

  const [victim] = racecar.workers()
  const place = placeOf(racecar, victim!)
  const inHand = await scenario.occupy(racecar, victim!, HANGS_ONCE)
  const { slot, topic, partition, offset } = { ...place, ...inHand }
  await isToldOf(scenario, victim!, inHand)
  process.kill(victim!, 'SIGSTOP')
  const at = now()
  const committed = await scenario.committed()

  const hung = await racecar.line('slot.hung')
  const silent = now() - at
  const last = { inHand: expect.arrayContaining([expect.objectContaining({ topic, partition, offset })]) }
  expect(hung).toMatchObject({ slot, pid: victim, limitMs: H * 1000, last })
  expect(hung.message).toContain(`${exactly(inHand)} for `)
  const exited = await racecar.line('slot.exited')
  expect(exited).toMatchObject({ slot, pid: victim, signal: 'SIGKILL', last })
  expect(exited.why).toBe(`did not answer within hang_timeout (${H} s) and was killed`)
  const { pid: replacement } = await takenOver(scenario, racecar, place)

  await load.stop()
  await scenario.handledAll()
  expect(await scenario.stop(racecar)).toEqual([0, null])
  expect(racecar.forks()).toHaveLength(4)
  expect(racecar.all('slot.hung')).toHaveLength(1)
  expect(ledger.handlings.filter(({ pid, start }) => pid === victim && start > at)).toEqual([])
  expect(ledger.handlings.filter(one => exactly(one) === exactly(inHand)).map(({ pid }) => pid)).toEqual([
    victim,
    replacement,
  ])
  await scenario.expectWhole([{ pid: victim!, at, committed }])
  await scenario.expectNothingLeft()
  print(`row 5: hung after ${millis(silent)} (H ${H * 1000}), twice ${ledger.repeated().length}`)
  expect(silent).toBeGreaterThan(H * 800)
  expect(silent).toBeLessThan((H + 3) * 10_000)
})
