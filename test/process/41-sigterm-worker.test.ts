import { expect, test } from 'vitest'
import { exactly, now, where } from '../support/ledger.ts'
import { placeOf, takenOver } from '../support/replacement.ts'
import { gapsAround, millis, PATIENT, print, Scenario } from '../support/scenario.ts'

test('SIGTERM to one worker under load: it drains and is replaced in its place, and nothing is handled twice', async () => {
  await using scenario = await Scenario.open('terminated')
  const { ledger } = scenario
  const racecar = scenario.racecar({ args: PATIENT })
  await scenario.served()
  const load = scenario.load({ everyMs: 20, order: { ms: 5 } })
  await scenario.flows()

  const [victim] = racecar.workers()
  const place = placeOf(racecar, victim!)
  const inHand = await scenario.occupy(racecar, victim!, { ms: 1000 })
  const at = now()
  process.kill(victim!, 'SIGTERM')
  await takenOver(scenario, racecar, place)
  expect(racecar.all('slot.exited')).toEqual([expect.objectContaining({ pid: victim, code: 0, signal: null })])
  expect(racecar.all('slot.exited')[0]!.last, 'nothing was in hand').toBeUndefined()
  expect(racecar.all('worker.stopping')).toEqual([expect.objectContaining({ pid: victim, reason: 'SIGTERM' })])
  expect(racecar.all('primary.stopping')).toEqual([])

  await load.stop()
  await scenario.handledAll()
  expect(await scenario.stop(racecar)).toEqual([0, null])
  expect(racecar.forks()).toHaveLength(4)
  const handlings = ledger.handlings.filter(one => exactly(one) === exactly(inHand))
  expect(handlings).toEqual([expect.objectContaining({ pid: victim, end: expect.any(Number) })])
  expect(handlings[0]!.end).toBeGreaterThan(at)
  expect(ledger.teardowns.filter(({ pid }) => pid === victim)).toHaveLength(1)
  expect(ledger.repeated()).toEqual([])
  await scenario.expectWhole()
  await scenario.expectNothingLeft()

  const gaps = gapsAround(scenario, at)
  const [own, others] = [gaps(one => place.share.includes(one)), gaps(one => !place.share.includes(one))]
  print(`row 41: gap ${millis(own)} (with 1000 in hand), others ${millis(others)}`)
  expect(others).toBeLessThan(1000)
})

for (const first of ['workers', 'primary'] as const) {
  test(`SIGTERM to every process at once under load, the ${first} first: one clean stop, no replacement, nothing twice`, async () => {
    await using scenario = await Scenario.open('all-terminated')
    const { ledger } = scenario
    const racecar = scenario.racecar()
    await scenario.served()
    const load = scenario.load({ everyMs: 20, order: { ms: 5 } })
    await scenario.flows()
    await scenario.send(Array(6).fill({ ms: 700 }))
    const inHand = () => ledger.handlings.filter(({ end }) => end === undefined)
    await scenario.until('one in hand in each partition', () => new Set(inHand().map(where)).size === 6)
    const workers = racecar.workers()

    if (first === 'primary') racecar.signal('SIGTERM')
    for (const pid of workers) process.kill(pid, 'SIGTERM')
    if (first === 'workers') racecar.signal('SIGTERM')
    expect(await scenario.ended(racecar)).toEqual([0, null])
    expect(racecar.forks()).toEqual(workers)
    const exits = racecar.all('slot.exited').map(({ pid, code, signal }) => [pid, code, signal])
    expect(exits.sort()).toEqual(workers.map(pid => [pid, 0, null]).sort())
    expect(racecar.all('slot.restarting')).toEqual([])
    expect(racecar.all('primary.stopping')).toHaveLength(1)
    expect(racecar.all('worker.stopping')).toHaveLength(3)
    expect(ledger.teardowns.map(({ pid }) => pid).sort()).toEqual([...workers].sort())
    expect(inHand()).toEqual([])
    await scenario.expectNothingLeft()

    await load.stop()
    const next = scenario.racecar()
    await scenario.handledAll()
    expect(await scenario.stop(next)).toEqual([0, null])
    expect(ledger.repeated()).toEqual([])
    await scenario.expectWhole()
    await scenario.expectNothingLeft()
  })
}
