import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { now } from '../support/ledger.ts'
import { lastJoins } from '../support/membership.ts'
import type { LogLine, RacecarProcess } from '../support/racecar-process.ts'
import { racecarctl, statusOf } from '../support/racecarctl.ts'
import { goesOn } from '../support/replacement.ts'
import { gapsAround, generationsOf, millis, PATIENT, print, Scenario, sharesOf } from '../support/scenario.ts'

/** What became of the slots, in order. */
const LIVES = ['slot.forked', 'slot.ready', 'slot.exited', 'slot.up', 'group.joined', 'restart.done', 'restart.failed']
const livesSince = (racecar: RacecarProcess, since: number) =>
  racecar.lines.slice(since).filter(({ event }) => LIVES.includes(event))

const slotsOf = (shares: ReadonlyMap<number, readonly string[]>, racecar: RacecarProcess) =>
  [...shares].map(([pid, share]) => [slotOf(racecar, pid), share] as const).sort()

const slotOf = (racecar: RacecarProcess, pid: number) => racecar.all('slot.forked').find(line => line.pid === pid)!.slot

/** A racecar whose code can be broken and mended. */
function breakable(scenario: Scenario, workers: number) {
  const file = join(scenario.folder, 'initialize')
  const write = (code: string) => writeFileSync(file, code)
  write('')
  const racecar = scenario.racecar({ workers, args: PATIENT, env: { INITIALIZE_FILE: file } })
  return { racecar, write }
}

/** Where initialize() of a worker waits until the test lets it pass. */
class Gate {
  readonly #scenario: Scenario
  readonly #file: string

  constructor(scenario: Scenario, name: string) {
    this.#scenario = scenario
    this.#file = join(scenario.folder, name)
  }

  get code(): string {
    const [open, reached] = [this.#file, `${this.#file}.reached`].map(file => JSON.stringify(file))
    return `const { existsSync, writeFileSync } = process.getBuiltinModule('node:fs')
      writeFileSync(${reached}, '')
      while (!existsSync(${open})) await new Promise(resolve => setTimeout(resolve, 20))`
  }

  reached(): Promise<void> {
    return this.#scenario.until('initialize() having begun', () => existsSync(`${this.#file}.reached`))
  }

  open(): void {
    writeFileSync(this.#file, '')
  }
}

test('racecarctl restart replaces five workers under load, one after another, without a rebalance and without repeating anything', async () => {
  await using scenario = await Scenario.open('restart', { partitions: 10 })
  const { folder, ledger } = scenario
  const racecar = scenario.racecar({ workers: 5, args: PATIENT })
  await scenario.served()
  const load = scenario.load({ everyMs: 20, order: { ms: 5 } })
  await scenario.flows()
  const before = racecar.workers()
  const shares = slotsOf(sharesOf(racecar), racecar)
  const generation = generationsOf(racecar).at(-1)
  const since = racecar.lines.length

  const started = now()
  const { code, stdout, stderr } = await racecarctl(folder, 'restart')
  expect([code, stderr]).toEqual([0, ''])
  expect(stdout).toMatch(/5 of 5 replaced\.\n.* was restarted in /)
  const ended = now()
  await goesOn(scenario)

  const own = livesSince(racecar, since)
  const steps = own.slice(0, -1).map(({ event, slot }) => `${slot} ${event}`)
  const order = ['slot.forked', 'slot.ready', 'slot.exited', 'slot.up', 'group.joined']
  expect(steps).toEqual([0, 1, 2, 3, 4].flatMap(index => order.map(event => `ObedientConsumer/${index} ${event}`)))
  expect(own.at(-1)).toMatchObject({ event: 'restart.done', replaced: 5 })
  expect(own.filter(({ event }) => event === 'slot.exited').map(({ pid, code }) => [pid, code])).toEqual(
    before.map(pid => [pid, 0]),
  )
  expect(racecar.workers()).toHaveLength(5)
  expect(racecar.workers().filter(pid => before.includes(pid))).toEqual([])
  // Each has the place of the one before, in the same generation.
  expect(slotsOf(sharesOf(racecar), racecar)).toEqual(shares)
  expect(new Set(generationsOf(racecar).slice(-5))).toEqual(new Set([generation]))
  expect(racecar.lines.slice(since).filter(({ event }) => event === 'group.rebalancing')).toEqual([])
  expect((await statusOf(folder)).restart).toMatchObject({ id: 1, state: 'done', replaced: 5, by: 'racecarctl' })

  await load.stop()
  await scenario.handledAll()
  expect(ledger.repeated()).toEqual([])
  expect(await scenario.stop(racecar)).toEqual([0, null])
  await scenario.expectWhole()
  await scenario.expectNothingLeft()
  print(
    `row 84: 5 replaced in ${millis(ended - started)}, longest gap ${millis(gapsAround(scenario, started, ended)(() => true))}`,
  )
})

test('a deploy that does not come up leaves the old workers in place and says why; the next one, mended, goes through', async () => {
  await using scenario = await Scenario.open('bad-deploy', { partitions: 4 })
  const { folder } = scenario
  const { racecar, write } = breakable(scenario, 2)
  await scenario.served()
  const load = scenario.load({ everyMs: 10, order: { ms: 2 } })
  await scenario.flows()
  const before = racecar.workers()
  const joins = () => [...lastJoins(racecar).keys()]

  write("throw new Error('no database here')")
  const failed = await racecarctl(folder, 'restart')
  expect(failed.code).toBe(1)
  expect(failed.stderr).toContain('the new process of ObedientConsumer/0 failed: initialize() failed: no database here')
  expect(failed.stderr).toContain('All workers go on as before.')
  write('process.exit(7)')
  racecar.signal('SIGUSR2')
  const line = await racecar.line('restart.failed', ({ why }) => String(why).includes('exited with code 7'))
  expect(line).toMatchObject({ slot: 'ObedientConsumer/0', replaced: 0, left: 2 })
  await goesOn(scenario)
  expect(racecar.workers()).toEqual(before)
  expect(joins()).toEqual(before)

  write('')
  expect(await racecarctl(folder, 'restart')).toMatchObject({ code: 0 })
  expect(racecar.workers().filter(pid => before.includes(pid))).toEqual([])
  await scenario.flows()
  await load.stop()
  await scenario.handledAll()
  expect(scenario.ledger.repeated()).toEqual([])
  expect(await scenario.stop(racecar)).toEqual([0, null])
  await scenario.expectWhole()
  await scenario.expectNothingLeft()
})

test('a worker that dies while its replacement boots is replaced by that one; a stop in the middle of a restart leaves nothing behind', async () => {
  await using scenario = await Scenario.open('restart-cut-off', { partitions: 4 })
  const { racecar, write } = breakable(scenario, 2)
  await scenario.served()
  const load = scenario.load({ everyMs: 20, order: { ms: 5 } })
  await scenario.flows()
  const [first, second] = racecar.workers()
  const isBeside = (line: LogLine) => line.beside === true

  const [gate, gateAfter] = [new Gate(scenario, 'first'), new Gate(scenario, 'second')]
  write(gate.code)
  racecar.signal('SIGUSR2')
  const beside = await racecar.line('slot.forked', isBeside)
  const deaths = await scenario.kill(first!)
  await gate.reached()
  write(gateAfter.code)
  gate.open()
  await racecar.line('group.joined', line => line.pid === beside.pid)
  expect(racecar.all('slot.forked', line => line.slot === beside.slot)).toHaveLength(2)
  expect(racecar.all('slot.up', line => line.pid === beside.pid)).toHaveLength(1)

  const next = await racecar.line('slot.forked', line => isBeside(line) && line.pid !== beside.pid)
  expect(next.slot).toBe(slotOf(racecar, second!))
  await gateAfter.reached()
  await load.stop()
  await scenario.handledAll()
  racecar.signal('SIGTERM')
  await racecar.line('primary.stopping')
  gateAfter.open()
  expect(await scenario.ended(racecar)).toEqual([0, null])
  expect(racecar.all('group.joined', line => line.pid === next.pid)).toEqual([])
  await scenario.expectWhole(deaths)
  await scenario.expectNothingLeft()
})

test('workers that are replaced run what was written meanwhile, TypeScript included; what does not compile replaces nobody', async () => {
  await using scenario = await Scenario.open('deploy', { partitions: 2 })
  const { folder, topic } = scenario
  const file = join(folder, 'versioned-consumer.ts')
  const write = (version: number, rest = '') =>
    writeFileSync(
      file,
      `import { Consumer } from 'racecar'
export class VersionedConsumer extends Consumer {
  static { this.subscribesTo('${topic}') }
  process() { this.logger.info('handled by version ${version}') }
}${rest}`,
    )
  write(1)
  const racecar = scenario.racecar({ workers: 1, consumer: [file, 'VersionedConsumer'] })
  const isBy = (version: number) => (line: LogLine) => line.message === `handled by version ${version}`
  await scenario.send([{}])
  await racecar.line('line', isBy(1))

  write(2, ' this is no TypeScript')
  const failed = await racecarctl(folder, 'restart')
  expect([failed.code, failed.stderr]).toEqual([1, expect.stringMatching(/versioned-consumer\.ts:5:\d+: /)])
  const since = racecar.lines.length
  await scenario.send([{}])
  await racecar.line('line', isBy(1), since)

  write(2)
  expect(await racecarctl(folder, 'restart')).toMatchObject({ code: 0 })
  await scenario.send([{}])
  await racecar.line('line', isBy(2))
  expect(await scenario.stop(racecar)).toEqual([0, null])
  await scenario.expectNothingLeft()
})
