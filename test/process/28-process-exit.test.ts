import { expect, test } from 'vitest'
import { exactly } from '../support/ledger.ts'
import { numberOf, placeOf, takenOver } from '../support/replacement.ts'
import { gapsAround, HANGS_ONCE, millis, PATIENT, print, Scenario } from '../support/scenario.ts'

const exits = [
  { code: 0, why: 'exited although nobody had asked it to' },
  { code: 7, why: 'exited with code 7' },
]

for (const { code, why } of exits) {
  test(`process.exit(${code}) in a handler is a crash: the worker is replaced, and what else it had in hand is handled again`, async () => {
    await using scenario = await Scenario.open('exits')
    const { ledger } = scenario
    const racecar = scenario.racecar({ args: PATIENT })
    await scenario.served()
    const load = scenario.load({ everyMs: 20, order: { ms: 5 } })
    await scenario.flows()

    const [victim] = racecar.workers()
    const place = placeOf(racecar, victim!)
    const inHand = await scenario.occupy(racecar, victim!, HANGS_ONCE)
    const order = { do: 'exit', code, once: true } as const
    const [exiting] = await scenario.send([order], { partition: numberOf(place.share[1]!) })
    const exited = await racecar.line('slot.exited')
    const committed = await scenario.committed()
    expect([exited.pid, exited.code, exited.signal, exited.why]).toEqual([victim, code, null, why])
    await racecar.line('slot.restarting', ({ crashes, inMs }) => crashes === 1 && inMs === 0)
    const { pid: replacement } = await takenOver(scenario, racecar, place)

    await load.stop()
    await scenario.handledAll()
    expect(await scenario.stop(racecar)).toEqual([0, null])
    expect(racecar.forks()).toHaveLength(4)
    for (const message of [inHand, exiting!]) {
      const handlings = ledger.handlings.filter(one => exactly(one) === exactly(message))
      expect(handlings.map(({ pid, end }) => [pid, end !== undefined])).toEqual([
        [victim, false],
        [replacement, true],
      ])
    }
    const { at } = ledger.exits.find(({ pid }) => pid === victim)!
    await scenario.expectWhole([{ pid: victim!, at, committed }])
    await scenario.expectNothingLeft()

    const gaps = gapsAround(scenario, at)
    const [own, others] = [gaps(one => place.share.includes(one)), gaps(one => !place.share.includes(one))]
    print(
      `row 28: gap ${millis(own)} (bound 1000), others ${millis(others)}, twice ${ledger.repeated().length} (exit ${code})`,
    )
    expect(own).toBeLessThan(10_000)
    expect(others).toBeLessThan(1000)
  })
}
