import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { now, where } from '../support/ledger.ts'
import { lastJoins } from '../support/membership.ts'
import type { RacecarProcess } from '../support/racecar-process.ts'
import { racecarctl, statusOf } from '../support/racecarctl.ts'
import { Scenario, sharesOf } from '../support/scenario.ts'

/** A worker that is not a member for as long is put out of the group; the scenarios' option. */
const SESSION_MS = 6000

/** What is committed is what was handled, in each partition, and nothing is in hand. */
async function expectAtRest(scenario: Scenario): Promise<void> {
  const { ledger, everywhere } = scenario
  scenario.ledger.readOn(scenario.ledgerFile)
  expect(ledger.ended).toHaveLength(ledger.handlings.length)
  const next = (partition: string) =>
    Math.max(0, ...ledger.ended.filter(one => where(one) === partition).map(({ offset }) => offset + 1))
  expect(await scenario.committed()).toEqual(new Map(everywhere.map(one => [one, next(one)])))
}

/** Resolves when each of these partitions has this many messages before it that it knows of, and more than a session has passed. */
async function staysQuiet(scenario: Scenario, partitions: readonly string[], least = 20): Promise<void> {
  const { ledger, folder } = scenario
  const isOne = (one: { topic: string; partition: number }) => partitions.includes(where(one))
  const started = () => ledger.handlings.filter(isOne).length
  ledger.readOn(scenario.ledgerFile)
  const before = started()
  const at = now()
  await scenario.until('a session passing while more and more is waiting', async () => {
    if (now() - at <= SESSION_MS + 1000) return false
    const all = (await statusOf(folder)).slots.flatMap(slot => slot.partitions).filter(isOne)
    return all.length === partitions.length && all.every(({ quiet, lag }) => quiet && lag >= least)
  })
  expect(started()).toBe(before)
}

/** Of a process, as the system has it: T is stopped by a signal. */
const stateOf = (pid: number): string => /\) (\w)/.exec(readFileSync(`/proc/${pid}/stat`, 'latin1'))![1]!

const asked = (racecar: RacecarProcess) =>
  racecar.lines.flatMap(({ event, by }) => (/^primary\.(quiet|continued)$/.test(event) ? [`${event} ${by}`] : []))

test('racecarctl quiet under load: what is in hand is finished and committed, nothing else is started for longer than a session, and continue goes on with it', async () => {
  await using scenario = await Scenario.open('quiet')
  const { folder, ledger, everywhere } = scenario
  const racecar = scenario.racecar()
  await scenario.served()
  const load = scenario.load({ everyMs: 20, order: { ms: 5 } })
  await scenario.flows()
  const inHand = await scenario.occupy(racecar, racecar.workers()[0]!, { ms: 1500 })
  const joins = racecar.all('group.joined').length

  const name = `ObedientConsumer (${racecar.pid})`
  const done = { code: 0, stdout: `${name} is quiet, with nothing in hand.\n`, stderr: '' }
  expect(await racecarctl(folder, 'quiet')).toEqual(done)
  await expectAtRest(scenario)
  expect(ledger.ended.map(({ seq }) => seq)).toContain(inHand.seq)
  await staysQuiet(scenario, everywhere)
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
  const load = scenario.load({ everyMs: 20, order: { ms: 5 } })
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
  for (const pid of [racecar.pid, ...racecar.workers()]) process.kill(pid, 'SIGCONT')
  await scenario.flows()
  await load.stop()
  await scenario.handledAll()
  expect(asked(racecar)).toEqual(['primary.quiet SIGTSTP', 'primary.continued SIGCONT'])
  expect(await scenario.stop(racecar)).toEqual([0, null])
  expect(ledger.repeated()).toEqual([])
  await scenario.expectWhole()
  await scenario.expectNothingLeft()
})

test('one partition is quiet while the others flow, wherever a rebalance takes it; so is one that is made only later', async () => {
  await using scenario = await Scenario.open('quiet-some', { partitions: 4 })
  const { folder, ledger, topic } = scenario
  const racecar = scenario.racecar({ workers: 2, args: ['--on-crash-loop', 'stop'] })
  await scenario.served()
  const [still, later] = [`${topic}/1`, `${topic}/4`]
  const load = scenario.load({ everyMs: 20, order: { ms: 5 } })
  await scenario.flows()
  const quiet = await racecarctl(folder, 'quiet', '--partition', still, '--partition', later)
  expect(quiet).toEqual({
    code: 0,
    stdout: `ObedientConsumer (${racecar.pid}) is quiet (${still}, ${later}), with nothing in hand.\n`,
    stderr: `Nobody here has ${later}; who gets it keeps quiet.\n`,
  })
  scenario.ledger.readOn(scenario.ledgerFile)
  const at = now()
  const startedBy = (pids: readonly number[], partition: string) =>
    ledger.handlings.filter(one => where(one) === partition && pids.includes(one.pid) && one.start > at)
  const flowing = (pids: readonly number[], since: number) =>
    new Set(ledger.handlings.filter(one => pids.includes(one.pid) && one.start > since).map(where))

  // It is owned by each of both in turn, or at least given away and back.
  const workers = racecar.workers()
  const other = scenario.racecar({ workers: 3 })
  await scenario.served(racecar, other)
  expect(await scenario.stop(other)).toEqual([0, null])
  await scenario.served(racecar)
  await load.stop()
  await scenario.grow(5)
  const more = scenario.load({ everyMs: 20, order: { ms: 5 } })
  await scenario.served(racecar)
  const grown = now()
  await scenario.until('the others flowing', () => flowing(workers, grown).size === 3)
  await staysQuiet(scenario, [still, later])
  const elsewhere = [...flowing(workers, grown)].sort()
  expect(elsewhere).toEqual(scenario.everywhere.filter(one => one !== still && one !== later).sort())
  expect([...startedBy(workers, still), ...startedBy(workers, later)]).toEqual([])
  const { state, quiet: shown } = await statusOf(folder)
  expect([state, shown]).toEqual(['running', [{ consumer: 'ObedientConsumer', all: false, except: [still, later] }]])

  expect((await racecarctl(folder, 'continue', '--partition', later)).code).toBe(0)
  await scenario.until('the one flowing', () => startedBy(workers, later).length > 20)
  expect(startedBy(workers, still)).toEqual([])
  expect((await racecarctl(folder, 'continue')).code).toBe(0)
  await more.stop()
  await scenario.handledAll()
  expect(await scenario.stop(racecar)).toEqual([0, null])
  expect(ledger.repeated()).toEqual([])
  await scenario.expectWhole()
  await scenario.expectNothingLeft()
})

for (const workers of [0, 2]) {
  test(`a stop while quiet, with ${workers} workers, starts nothing, not even by the SIGCONT that systemd sends with it, and ends with 0`, async () => {
    await using scenario = await Scenario.open('quiet-stop', { partitions: 4 })
    const { folder, ledger } = scenario
    const racecar = scenario.racecar({ workers })
    const load = scenario.load({ everyMs: 20, order: { ms: 5 } })
    await scenario.flows()
    racecar.signal('SIGTSTP')
    expect((await racecarctl(folder, 'quiet')).code).toBe(0)
    await expectAtRest(scenario)
    await staysQuiet(scenario, scenario.everywhere)
    const started = ledger.handlings.length
    // The system does not keep the order in which systemd sends the two.
    racecar.signal('SIGCONT')
    racecar.signal('SIGTERM')
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

test('without workers racecarctl quiet and continue do the same', async () => {
  await using scenario = await Scenario.open('quiet-inline', { partitions: 2 })
  const { folder, topic } = scenario
  const racecar = scenario.racecar({ workers: 0 })
  const load = scenario.load({ everyMs: 20, order: { ms: 5 } })
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
  const load = scenario.load({ everyMs: 20, order: { ms: 5 } })
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
