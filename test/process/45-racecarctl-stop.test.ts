import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { isAlive } from '../support/racecar-process.ts'
import { racecarctl } from '../support/racecarctl.ts'
import { Scenario } from '../support/scenario.ts'

test('racecarctl stop waits until what is in hand is finished and the process gone, while stopping as well', async () => {
  await using scenario = await Scenario.open('ctl-stop')
  const { folder, pidfile, ledger } = scenario
  const racecar = scenario.racecar({ args: ['--shutdown-timeout', '25'] })
  await scenario.served()
  const load = scenario.load({ everyMs: 40, order: { ms: 5 } })
  await scenario.flows()
  const [occupied] = racecar.workers()
  const inHand = await scenario.occupy(racecar, occupied!, { ms: 6000 })

  const first = racecarctl(folder, 'stop')
  await racecar.line('primary.stopping')
  const [second, third] = [
    racecarctl(folder, 'stop', '--pidfile', pidfile),
    racecarctl(folder, 'stop', '-c', 'ObedientConsumer'),
  ]
  const done = { code: 0, stdout: `ObedientConsumer (${racecar.pid}) has stopped.\n`, stderr: '' }
  for (const one of [first, second, third]) {
    expect(await one).toEqual(done)
    expect(isAlive(racecar.pid)).toBe(false)
  }
  expect(await scenario.ended(racecar)).toEqual([0, null])
  expect(racecar.all('primary.stopping')).toEqual([expect.objectContaining({ reason: 'racecarctl' })])
  expect(ledger.ended.map(({ seq }) => seq)).toContain(inHand.seq)
  expect(ledger.ended).toHaveLength(ledger.handlings.length)
  await scenario.expectNothingLeft()

  expect(await racecarctl(folder, 'stop')).toMatchObject({ code: 1, stderr: expect.stringContaining('not running') })
  const gone = await racecarctl(folder, 'stop', '--pidfile', pidfile)
  expect(gone).toEqual({ code: 1, stdout: '', stderr: `racecarctl: not running: there is no pidfile ${pidfile}.\n` })

  const next = scenario.racecar()
  await scenario.served()
  await load.stop()
  await scenario.handledAll()
  expect((await racecarctl(folder, 'stop')).code).toBe(0)
  expect(await scenario.ended(next)).toEqual([0, null])
  await scenario.expectWhole()
  await scenario.expectNothingLeft()
})

test('racecarctl stop of a primary that was killed says that it does not run, and touches nothing', async () => {
  await using scenario = await Scenario.open('ctl-dead')
  const { folder, pidfile } = scenario
  const racecar = scenario.racecar()
  await scenario.served()
  expect(await scenario.stop(racecar, 'SIGKILL')).toEqual([null, 'SIGKILL'])
  for (const args of [['stop'], ['stop', '--force', '--timeout', '0'], ['status']]) {
    const result = await racecarctl(folder, ...args, '--pidfile', pidfile)
    const why = `not running: the process ${racecar.pid} that ${pidfile} names is gone`
    expect(result).toEqual({ code: 1, stdout: '', stderr: `racecarctl: ${why}.\n` })
  }
  expect(readFileSync(pidfile, 'utf8')).toBe(`${racecar.pid}\n`)
})
