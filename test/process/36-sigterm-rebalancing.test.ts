import { describe, expect, test } from 'vitest'
import { now } from '../support/ledger.ts'
import { millis, print, Scenario } from '../support/scenario.ts'

describe('SIGTERM under load in a rebalance ends with 0 in time, and nothing is handled twice', () => {
  for (const event of ['group.rebalancing', 'group.joining', 'group.joined', 'partitions.revoked']) {
    test(`when a worker says ${event}`, async () => {
      await using scenario = await Scenario.open('rebalancing')
      const { ledger } = scenario
      const racecar = scenario.racecar({ workers: 2 })
      await scenario.served()
      const load = scenario.load({ everyMs: 20, order: { ms: 15 } })
      await scenario.flows()

      const before = racecar.lines.length
      const other = scenario.racecar({ workers: 1 })
      await racecar.line(event, () => true, before)
      racecar.signal('SIGTERM')
      const at = now()
      expect(await scenario.ended(racecar)).toEqual([0, null])
      const took = now() - at
      expect(racecar.forks()).toHaveLength(2)
      await scenario.served(other)
      await scenario.flows()

      await load.stop()
      await scenario.handledAll()
      expect(await scenario.stop(other)).toEqual([0, null])
      expect(ledger.repeated()).toEqual([])
      await scenario.expectWhole()
      await scenario.expectNothingLeft()
      print(`row 36: at ${event} ended after ${millis(took)} (bound 6000)`)
      expect(took).toBeLessThan(10_000)
    })
  }
})
