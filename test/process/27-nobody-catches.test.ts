import { expect, test } from 'vitest'
import { exactly } from '../support/ledger.ts'
import { numberOf, placeOf, takenOver } from '../support/replacement.ts'
import { gapsAround, HANGS_ONCE, millis, PATIENT, print, Scenario } from '../support/scenario.ts'

const faults = [
  { what: 'a promise that rejects and that nobody awaits', fault: 'reject', said: 'told to reject on' },
  { what: 'an error that is thrown when the handler has returned', fault: 'uncaught', said: 'told to throw on' },
] as const
const ends = [
  { end: 'what is in hand and takes no second is finished', inHand: { ms: 600 }, isFinished: true },
  { end: 'what takes longer is given up', inHand: HANGS_ONCE, isFinished: false },
] as const

for (const { what, fault, said } of faults) {
  for (const { end, inHand, isFinished } of ends) {
    test(`${what} ends the worker with 1, ${end}, and the others notice nothing`, async () => {
      await using scenario = await Scenario.open('nobody-catches')
      const { ledger } = scenario
      const racecar = scenario.racecar({ args: PATIENT })
      await scenario.served()
      const load = scenario.load({ everyMs: 20, order: { ms: 5 } })
      await scenario.flows()

      const [victim] = racecar.workers()
      const place = placeOf(racecar, victim!)
      const occupying = await scenario.occupy(racecar, victim!, inHand)
      const [failing] = await scenario.send([{ do: fault, once: true }], { partition: numberOf(place.share[1]!) })
      const exited = await racecar.line('slot.exited')
      const committed = await scenario.committed()
      expect([exited.pid, exited.code, exited.signal]).toEqual([victim, 1, null])
      const reason = `${said} ${failing!.seq}`
      expect(exited.why).toContain(reason)
      const [failed] = racecar.all('worker.failed')
      expect([failed!.pid, failed!.message]).toEqual([victim, expect.stringContaining(reason)])
      await racecar.line('slot.restarting', ({ crashes, inMs }) => crashes === 1 && inMs === 0)
      await takenOver(scenario, racecar, place)

      await load.stop()
      await scenario.handledAll()
      expect(await scenario.stop(racecar)).toEqual([0, null])
      expect(racecar.forks()).toHaveLength(4)
      const { at, code } = ledger.exits.find(({ pid }) => pid === victim)!
      expect(code).toBe(1)
      const started = ledger.handlings.find(({ pid, seq }) => pid === victim && seq === failing!.seq)!.start
      const first = ledger.handlings.find(one => exactly(one) === exactly(occupying))!
      expect(first.pid).toBe(victim)
      if (isFinished) expect(first.end).toBeGreaterThan(started)
      else expect(first.end).toBeUndefined()
      // It begins nothing once it has failed.
      expect(ledger.handlings.filter(({ pid, start }) => pid === victim && start > failed!.at)).toEqual([])
      await scenario.expectWhole([{ pid: victim!, at, committed }])
      await scenario.expectNothingLeft()

      const gaps = gapsAround(scenario, started)
      const [own, others] = [gaps(one => place.share.includes(one)), gaps(one => !place.share.includes(one))]
      const twice = ledger.repeated().length
      print(
        `row 27: drained in ${millis(at - started)} (bound 1000), gap ${millis(own)} (3000), others ${millis(others)}, twice ${twice}`,
      )
      expect(at - started).toBeLessThan(10_000)
      expect(own).toBeLessThan(30_000)
      expect(others).toBeLessThan(1000)
    })
  }
}
