import { expect, test } from 'vitest'
import { exactly, now, where } from '../support/ledger.ts'
import { numberOf, placeOf, takenOver } from '../support/replacement.ts'
import { millis, PATIENT, print, Scenario } from '../support/scenario.ts'

const H = 2
const args = [...PATIENT, '--hang-timeout', `${H}`]

test('a handler that blocks the event loop has its worker replaced, one that waits for longer than hang_timeout has not', async () => {
  await using scenario = await Scenario.open('blocked')
  const { ledger } = scenario
  const racecar = scenario.racecar({ args })
  await scenario.served()
  const load = scenario.load({ everyMs: 20, order: { ms: 5 } })
  await scenario.flows()

  const [victim, waiter] = racecar.workers()
  const place = placeOf(racecar, victim!)
  const long = await scenario.occupy(racecar, waiter!, { ms: H * 3000 })
  const blocking = await scenario.occupy(racecar, victim!, { do: 'block', once: true, ms: 300 })
  const at = now()
  const hung = await racecar.line('slot.hung')
  const silent = now() - at
  expect([hung.slot, hung.pid]).toEqual([place.slot, victim])
  expect(hung.message).toContain(exactly(blocking))
  const committed = await scenario.committed()
  expect((await racecar.line('slot.exited')).message).toContain(exactly(blocking))
  const { pid: replacement } = await takenOver(scenario, racecar, place)

  await load.stop()
  await scenario.handledAll()
  expect(await scenario.stop(racecar)).toEqual([0, null])
  expect(racecar.forks()).toHaveLength(4)
  const handlings = (one: typeof long) => ledger.handlings.filter(other => exactly(other) === exactly(one))
  expect(handlings(blocking).map(({ pid }) => pid)).toEqual([victim, replacement])
  expect(handlings(long).map(({ pid, end }) => [pid, end !== undefined])).toEqual([[waiter, true]])
  await scenario.expectWhole([{ pid: victim!, at: at + silent, committed }])
  await scenario.expectNothingLeft()
  print(`row 8: hung ${millis(silent)} after the handler began (H ${H * 1000}), twice ${ledger.repeated().length}`)
  expect(silent).toBeLessThan((H + 3) * 10_000)
})

test('the message that blocks its worker at once is named to the offset, and is all that is handled again', async () => {
  await using scenario = await Scenario.open('blocked-at-once')
  const { ledger } = scenario
  const racecar = scenario.racecar({ args })
  await scenario.served()
  await scenario.send(Array(30).fill({}))
  await scenario.handledAll()
  await scenario.committedAll()

  const [victim] = racecar.workers()
  const place = placeOf(racecar, victim!)
  const [blocking] = await scenario.send([{ do: 'block', once: true }], { partition: numberOf(place.share[0]!) })
  const { topic, partition, offset } = blocking!
  const hung = await racecar.line('slot.hung')
  expect(hung).toMatchObject({ pid: victim, last: { inHand: [{ topic, partition, offset }], more: 0 } })
  const { at } = await racecar.line('slot.exited')
  const committed = await scenario.committed()
  await scenario.handledAll()
  expect(await scenario.stop(racecar)).toEqual([0, null])
  await scenario.expectWhole([{ pid: victim!, at, committed }])
  expect(ledger.repeated()).toEqual([])
  expect(ledger.handlings.filter(one => where(one) === where(blocking!)).at(-1)?.offset).toBe(offset)
  await scenario.expectNothingLeft()
})
