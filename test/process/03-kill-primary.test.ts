import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { now } from '../support/ledger.ts'
import { isAlive } from '../support/racecar-process.ts'
import { millis, print, Scenario } from '../support/scenario.ts'

test('workers whose primary is killed finish, commit, leave and exit 3; the next start flows at once', async () => {
  await using scenario = await Scenario.open('orphans')
  const first = scenario.racecar()
  await scenario.served()
  const load = scenario.load({ everyMs: 40, order: { ms: 5 } })
  await scenario.flows()
  const workers = first.workers()
  const [occupied] = workers
  const inHand = await scenario.occupy(first, occupied!, { ms: 300 })

  const killed = now()
  expect(await scenario.stop(first, 'SIGKILL')).toEqual([null, 'SIGKILL'])
  await scenario.until('all workers being gone', () => !workers.some(isAlive))
  const gone = now() - killed
  expect(gone).toBeLessThan(60_000)
  const { ledger } = scenario
  expect(ledger.exits.map(({ pid, code }) => [pid, code]).sort()).toEqual(workers.map(pid => [pid, 3]).sort())
  expect(ledger.teardowns.map(({ pid }) => pid).sort()).toEqual([...workers].sort())
  expect(ledger.ended).toHaveLength(ledger.handlings.length)
  expect(ledger.ended.map(({ seq }) => seq)).toContain(inHand.seq)
  expect((await scenario.view()).members).toEqual([])
  expect(readFileSync(scenario.pidfile, 'utf8').trim()).toBe(String(first.pid))

  const started = now()
  const second = scenario.racecar()
  await scenario.served()
  await scenario.flows()
  const flows = now() - started
  expect(readFileSync(scenario.pidfile, 'utf8').trim()).toBe(String(second.pid))
  expect(flows).toBeLessThan(20_000)

  await load.stop()
  await scenario.handledAll()
  expect(await scenario.stop(second)).toEqual([0, null])
  await scenario.expectWhole()
  await scenario.expectNothingLeft()
  print(`row 3: gone after ${millis(gone)} (bound 6000), the next start flows after ${millis(flows)} (2000)`)
})
