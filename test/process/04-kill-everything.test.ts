import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { now } from '../support/ledger.ts'
import { millis, print, Scenario } from '../support/scenario.ts'

// The group would hold the dead for longer than anything here is waited for.
const SESSION = ['--session-timeout', '120'] as const

test('after a SIGKILL of everything the next start takes the dead out of the group, and flows at once', async () => {
  await using scenario = await Scenario.open('everything')
  const first = scenario.racecar({ args: SESSION })
  await scenario.served()
  const load = scenario.load({ everyMs: 20, order: { ms: 5 } })
  await scenario.flows()
  const workers = first.workers()
  first.signal('SIGKILL')
  for (const pid of workers) process.kill(pid, 'SIGKILL')
  const at = now()
  await first.closed
  const committed = await scenario.committed()
  expect((await scenario.view()).members).toHaveLength(3)

  const second = scenario.racecar({ args: SESSION })
  await scenario.served()
  await scenario.flows()
  const flows = now() - at
  const [evicted] = second.all('orphans.evicted')
  expect(evicted).toMatchObject({ groupId: scenario.group })
  expect(evicted!.instanceIds).toHaveLength(3)
  const joining = second.lines.findIndex(({ event }) => event === 'group.joining')
  expect(second.lines.indexOf(evicted!)).toBeLessThan(joining)
  expect(second.all('line').map(({ message }) => message)).toContainEqual(
    `The pidfile ${scenario.pidfile} is taken over: the process ${first.pid} is gone.`,
  )
  const beside = JSON.parse(readFileSync(`${scenario.pidfile}.slots`, 'utf8'))
  expect(beside.slots.map(({ pid }: { pid: number }) => pid)).toEqual(second.workers())

  await load.stop()
  await scenario.handledAll()
  expect(await scenario.stop(second)).toEqual([0, null])
  await scenario.expectWhole(workers.map(pid => ({ pid, at, committed })))
  await scenario.expectNothingLeft()
  print(`row 4: flows ${millis(flows)} after the kill (bound: session + 5000)`)
})
