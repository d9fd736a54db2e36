import { expect, test } from 'vitest'
import { asked, expectAtRest, staysQuiet } from '../support/quiet.ts'
import { racecarctl } from '../support/racecarctl.ts'
import { Scenario } from '../support/scenario.ts'

for (const workers of [0, 2]) {
  test(`a stop while quiet, with ${workers} workers, starts nothing, not even by the SIGCONT that systemd sends with it, and ends with 0`, async () => {
    await using scenario = await Scenario.open('quiet-stop', { partitions: 4 })
    const { folder, ledger } = scenario
    const racecar = scenario.racecar({ workers })
    const load = scenario.load({ everyMs: 5, order: { ms: 1 } })
    await scenario.flows()
    racecar.signal('SIGTSTP')
    expect((await racecarctl(folder, 'quiet')).code).toBe(0)
    await expectAtRest(scenario)
    await staysQuiet(scenario, scenario.everywhere)
    const started = ledger.handlings.length
    racecar.signal('SIGTERM')
    racecar.signal('SIGCONT')
    expect(await scenario.ended(racecar)).toEqual([0, null])
    expect(asked(racecar)).toEqual(['primary.quiet SIGTSTP'])
    expect(ledger.handlings).toHaveLength(started)
    await expectAtRest(scenario)
    await scenario.expectNothingLeft()

    await load.stop()
    const next = scenario.racecar({ workers })
    await scenario.handledAll()
    expect(await scenario.stop(next)).toEqual([0, null])
    expect(ledger.repeated()).toEqual([])
    await scenario.expectWhole()
  })
}
