import { setTimeout as wait } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { now } from '../support/ledger.ts'
import { goesOn } from '../support/replacement.ts'
import { generationsOf, millis, PATIENT, print, Scenario } from '../support/scenario.ts'

const H = 1
const STOP_MS = 5000

test('a primary that is stopped for longer than hang_timeout and woken kills nobody, and its workers have worked on', async () => {
  await using scenario = await Scenario.open('stopped-primary')
  const { ledger } = scenario
  const racecar = scenario.racecar({ args: [...PATIENT, '--hang-timeout', `${H}`] })
  await scenario.served()
  const load = scenario.load({ everyMs: 20, order: { ms: 5 } })
  await scenario.flows()
  const generations = generationsOf(racecar)

  racecar.signal('SIGSTOP')
  const stopped = now()
  await wait(STOP_MS)
  const woken = now()
  racecar.signal('SIGCONT')
  await scenario.flows()
  await goesOn(scenario)
  const meanwhile = ledger.handlings.filter(({ start }) => start > stopped + STOP_MS / 2 && start < woken)
  expect(new Set(meanwhile.map(({ pid }) => pid)).size, 'workers that worked on').toBe(3)
  expect(generationsOf(racecar)).toEqual(generations)

  await load.stop()
  await scenario.handledAll()
  expect(await scenario.stop(racecar)).toEqual([0, null])
  expect(racecar.forks()).toHaveLength(3)
  expect(racecar.all('slot.hung')).toEqual([])
  await scenario.expectWhole()
  expect(ledger.repeated()).toEqual([])
  await scenario.expectNothingLeft()
  print(
    `row 9: stopped for ${millis(woken - stopped)} with H ${H * 1000}: ${meanwhile.length} handled in its second half`,
  )
})
