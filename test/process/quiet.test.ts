import { expect, test } from 'vitest'
import { now } from '../support/ledger.ts'
import { lastJoins } from '../support/membership.ts'
import { asked, expectAtRest, MORE_THAN_A_SESSION, stateOf, staysQuiet } from '../support/quiet.ts'
import { racecarctl, statusOf } from '../support/racecarctl.ts'
import { Scenario, sharesOf } from '../support/scenario.ts'

test('racecarctl quiet under load: what is in hand is finished and committed, nothing else is started for longer than a session, and continue goes on with it', async () => {
  await using scenario = await Scenario.open('quiet')
  const { folder, ledger, everywhere } = scenario
  const racecar = scenario.racecar()
  await scenario.served()
  const load = scenario.load({ everyMs: 5, order: { ms: 1 } })
  await scenario.flows()
  const inHand = await scenario.occupy(racecar, racecar.workers()[0]!, { ms: 1500 })
  const joins = racecar.all('group.joined').length

  const name = `ObedientConsumer (${racecar.pid})`
  const done = { code: 0, stdout: `${name} is quiet, with nothing in hand.\n`, stderr: '' }
  expect(await racecarctl(folder, 'quiet')).toEqual(done)
  await expectAtRest(scenario)
  expect(ledger.ended.map(({ seq }) => seq)).toContain(inHand.seq)
  await staysQuiet(scenario, everywhere, MORE_THAN_A_SESSION)
  await expectAtRest(scenario)
  expect(await racecarctl(folder, 'quiet')).toEqual(done)
  expect((await statusOf(folder)).state).toBe('quiet')
  expect((await racecarctl(folder, 'status')).stdout).toMatch(/^ObedientConsumer is quiet: .* quiet\n/s)
  expect(racecar.all('group.joined')).toHaveLength(joins)
  expect(racecar.all('group.lost')).toEqual([])

  expect(await racecarctl(folder, 'continue')).toEqual({ code: 0, stdout: `${name} goes on.\n`, stderr: '' })
  await scenario.flows()
  expect((await statusOf(folder)).state).toBe('running')
  await load.stop()
  await scenario.handledAll()
  expect(asked(racecar)).toEqual(['primary.quiet racecarctl', 'primary.continued racecarctl'])
  expect(await scenario.stop(racecar)).toEqual([0, null])
  expect(ledger.repeated()).toEqual([])
  await scenario.expectWhole()
  await scenario.expectNothingLeft()
})

test('SIGTSTP to all processes, as Ctrl-Z sends it, makes quiet and suspends nobody; a worker that is killed is replaced by one that is as quiet; SIGCONT goes on', async () => {
  await using scenario = await Scenario.open('ctrl-z')
  const { folder, ledger } = scenario
  const racecar = scenario.racecar()
  await scenario.served()
  const load = scenario.load({ everyMs: 5, order: { ms: 1 } })
  await scenario.flows()

  const workers = racecar.workers()
  for (const pid of [racecar.pid, ...workers, racecar.pid]) process.kill(pid, 'SIGTSTP')
  await racecar.line('primary.quiet')
  await racecarctl(folder, 'quiet')
  await expectAtRest(scenario)
  expect([racecar.pid, ...workers].map(stateOf)).not.toContain('T')

  const [victim] = workers
  const own = sharesOf(racecar).get(victim!)!
  await scenario.kill(victim!)
  const replaced = () => [...lastJoins(racecar)].filter(([pid]) => !workers.includes(pid))
  await racecar.until('the replacement having joined', () => replaced().length === 1)
  expect(sharesOf(racecar).get(replaced()[0]![0])).toEqual(own)
  await staysQuiet(scenario, own)
  await expectAtRest(scenario)

  // The process group goes on by the shell's fg, say.
  const at = now()
  for (const pid of [racecar.pid, ...racecar.workers()]) process.kill(pid, 'SIGCONT')
  // A stop that was sent with it has a moment to come first.
  expect((await racecar.line('primary.continued')).at - at).toBeGreaterThan(240)
  await scenario.flows()
  await load.stop()
  await scenario.handledAll()
  expect(asked(racecar)).toEqual(['primary.quiet SIGTSTP', 'primary.continued SIGCONT'])
  expect(await scenario.stop(racecar)).toEqual([0, null])
  expect(ledger.repeated()).toEqual([])
  await scenario.expectWhole()
  await scenario.expectNothingLeft()
})

test('without workers racecarctl quiet and continue do the same', async () => {
  await using scenario = await Scenario.open('quiet-inline', { partitions: 2 })
  const { folder, topic } = scenario
  const racecar = scenario.racecar({ workers: 0 })
  const load = scenario.load({ everyMs: 5, order: { ms: 1 } })
  await scenario.flows()
  expect((await racecarctl(folder, 'quiet', '--partition', `${topic}/1`)).code).toBe(0)
  await staysQuiet(scenario, [`${topic}/1`])
  expect(await statusOf(folder)).toMatchObject({
    state: 'running',
    quiet: [{ consumer: 'ObedientConsumer', all: false, except: [`${topic}/1`] }],
  })
  expect((await racecarctl(folder, 'continue', '--only', 'ObedientConsumer')).code).toBe(0)
  await scenario.flows()
  await load.stop()
  await scenario.handledAll()
  expect(asked(racecar)).toEqual(['primary.quiet racecarctl', 'primary.continued racecarctl'])
  expect(await scenario.stop(racecar)).toEqual([0, null])
  expect(scenario.ledger.repeated()).toEqual([])
  await scenario.expectWhole()
})

test('a primary that is stopped and woken without having been quiet does nothing about it', async () => {
  await using scenario = await Scenario.open('stop-cont', { partitions: 2 })
  const racecar = scenario.racecar({ workers: 1 })
  await scenario.served()
  const load = scenario.load({ everyMs: 5, order: { ms: 1 } })
  await scenario.flows()
  racecar.signal('SIGSTOP')
  await scenario.until('it being stopped', () => stateOf(racecar.pid) === 'T')
  racecar.signal('SIGCONT')
  await scenario.flows()
  await load.stop()
  await scenario.handledAll()
  expect(asked(racecar)).toEqual([])
  expect(await scenario.stop(racecar)).toEqual([0, null])
  await scenario.expectWhole()
})
