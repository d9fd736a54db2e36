import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { deferred } from '../../src/lib/deferred.ts'
import { brokers } from '../support/broker.ts'
import { now } from '../support/ledger.ts'
import { Api, KafkaProxy } from '../support/proxy.ts'
import type { LogLine } from '../support/racecar-process.ts'
import { millis, print, Scenario } from '../support/scenario.ts'

const HOUR = 3_600_000
const args = ['--session-timeout', '12', '--heartbeat-interval', '0.5']
const shim = new URL('../fixtures/shifted-clock.mjs', import.meta.url).href

/** The wall clock of the processes that are started with `env`. */
class WallClock {
  readonly env: Readonly<Record<string, string>>
  readonly #file: string

  constructor(folder: string) {
    this.#file = join(folder, 'clock')
    this.env = { NODE_OPTIONS: `--import=${shim}`, CLOCK_SHIFT: this.#file }
    writeFileSync(`${this.#file}.seen`, '')
    this.shift(0)
  }

  /** Whole or not at all: half a number is another one. */
  shift(ms: number): void {
    writeFileSync(`${this.#file}.draft`, `${ms}`)
    renameSync(`${this.#file}.draft`, this.#file)
  }

  isShifted(pid: number, ms: number): boolean {
    const seen = readFileSync(`${this.#file}.seen`, 'utf8').split('\n')
    return seen.findLast(line => line.startsWith(`${pid} `)) === `${pid} ${ms}`
  }
}

async function jumps(kafka: string): Promise<void> {
  await using proxy = await KafkaProxy.before(kafka)
  await using scenario = await Scenario.open('clock', { kafka, address: proxy.address, partitions: 4 })
  const clock = new WallClock(scenario.folder)
  const racecar = scenario.racecar({ workers: 2, args, env: clock.env })
  await scenario.served()
  const load = scenario.load({ everyMs: 10 })
  await scenario.flows()
  const everybody = [racecar.pid, ...racecar.workers()]
  const [start, before, opened] = [now(), racecar.lines.length, proxy.count(Api.ApiVersions)]

  for (const shift of [HOUR, -HOUR, 0]) {
    const jumped = racecar.lines.length
    // Set forward, whoever counts by it takes the session for over until the next beat: messages begin before that.
    const release = deferred<undefined>()
    proxy.onRequest = ({ apiKey }) => (apiKey === Api.Heartbeat ? release.promise : undefined)
    clock.shift(shift)
    await scenario.until('all seeing another time', () => everybody.every(pid => clock.isShifted(pid, shift)))
    await scenario.passes()
    proxy.onRequest = undefined
    release.resolve(undefined)
    // Set back, whoever counts by it would beat again after two hours.
    await proxy.next(Api.Heartbeat, 6)
    const isOfNow = ({ time }: LogLine) => Math.abs(Date.parse(`${time}`) - Date.now() - shift) < HOUR / 4
    for (const pid of racecar.workers())
      await racecar.line('offsets.committed', line => line.pid === pid && isOfNow(line), jumped)
  }

  const [end, anew] = [now(), proxy.count(Api.ApiVersions) - opened]
  await load.stop()
  await scenario.handledAll()
  expect(racecar.lines.slice(before).filter(({ event }) => /^(group|partitions|slot|broker)\./.test(event))).toEqual([])
  // A timeout would have ended connections. Each worker may have needed one for the first time.
  expect(anew).toBeLessThanOrEqual(2)
  expect(await scenario.stop(racecar)).toEqual([0, null])
  await scenario.expectWhole()
  await scenario.expectNothingLeft()
  const longest = Math.max(...scenario.ledger.longestGaps(start, end).values())
  print(`row 54: three jumps in ${millis(end - start)}, longest gap ${millis(longest)}, ${anew} connections anew`)
}

test('a wall clock that jumps by an hour under load, both ways, costs no membership, no connection and no message', async () =>
  jumps(await brokers()))
