import { expect, test } from 'vitest'
import type { Death } from '../support/ledger.ts'
import { gapsAround, generationsOf, PATIENT, print, Scenario } from '../support/scenario.ts'

test('all workers, killed at once three times over, are back each time, and nothing is lost', async () => {
  await using scenario = await Scenario.open('kill-all')
  const racecar = scenario.racecar({ args: [...PATIENT, '--restart-backoff-max', '0'] })
  await scenario.served()
  const load = scenario.load({ everyMs: 40, order: { ms: 5 } })
  const generation = generationsOf(racecar).at(-1)
  const deaths: Death[] = []
  const gaps: number[] = []
  for (let round = 1; round <= 3; round++) {
    await scenario.flows()
    const killed = await scenario.kill(...racecar.workers())
    deaths.push(...killed)
    await racecar.until('three more exits', () => racecar.all('slot.exited').length === 3 * round)
    await scenario.served()
    await scenario.flows()
    gaps.push(gapsAround(scenario, killed[0]!.at)(() => true))
  }
  expect(racecar.all('slot.exited').map(({ signal }) => signal)).toEqual(Array(9).fill('SIGKILL'))
  // They come back into the group as it was, its leader too.
  expect(new Set(generationsOf(racecar).slice(-9))).toEqual(new Set([generation]))

  await load.stop()
  await scenario.handledAll()
  expect(await scenario.stop(racecar)).toEqual([0, null])
  await scenario.expectWhole(deaths)
  await scenario.expectNothingLeft()
  print(`row 2: gaps ${gaps.map(Math.round).join(', ')} ms (bound 5000), twice ${scenario.ledger.repeated().length}`)
  expect(Math.max(...gaps)).toBeLessThan(50_000)
})
