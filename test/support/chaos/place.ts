// Where chaos takes place: a Kafka of its own, a proxy before it, a racecar that is always there and reaches Kafka through the proxy,
// and one that comes and goes. Keeps what was done to whom, so that what it may have cost is known at the end.

import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { expect } from 'vitest'
import type { KafkaNode, PrivateCluster } from '../broker.ts'
import { privateBroker } from '../broker.ts'
import { type Death, now } from '../ledger.ts'
import { lastJoins, lossesOf } from '../membership.ts'
import { KafkaProxy } from '../proxy.ts'
import { isAlive, type RacecarProcess } from '../racecar-process.ts'
import { Scenario } from '../scenario.ts'
import type { Chance } from './chance.ts'

export type Subject = 'a worker' | Role | 'the broker' | 'the network' | 'the load'
type Role = 'home' | 'guest'

const WORKERS = { home: 3, guest: 2 } as const
const MOST_PARTITIONS = 12
/** What follows from an outage may still come so much later, milliseconds: a session, and an attempt that runs out. */
const AFTERMATH = 15_000

const ARGS = [
  ...['--heartbeat-interval', '0.5', '--socket-timeout', '5', '--pause-timeout', '0.3'],
  // Nobody is to be taken for the cause because he was in hand when it came.
  ...['--crash-limit', '1000', '--max-crashes-per-message', '999', '--restart-backoff-max', '0'],
]

export class Place implements AsyncDisposable {
  /** What no line tells of: the ends of orphans, and of those that were killed when nobody was there to see it. */
  readonly unheard: { pid: number; at: number }[] = []
  /** Workers that a fault may cost their places. */
  readonly marked = new Set<number>()
  readonly racecars: RacecarProcess[] = []
  readonly #present = new Map<Role, RacecarProcess>()
  readonly #busy = new Set<number>()
  readonly #outages: { from: number; to: number }[] = []

  private constructor(
    private readonly kafka: PrivateCluster,
    readonly proxy: KafkaProxy,
    readonly scenario: Scenario,
  ) {}

  static async open(): Promise<Place> {
    const kafka = await privateBroker()
    const proxy = await KafkaProxy.before(kafka.address)
    const scenario = await Scenario.open('chaos', { kafka: kafka.address, partitions: 6 })
    const place = new Place(kafka, proxy, scenario)
    place.start('home')
    await scenario.served()
    return place
  }

  get broker(): KafkaNode {
    return this.kafka.brokers[0]!
  }

  racecar(role: Role): RacecarProcess | undefined {
    return this.#present.get(role)
  }

  start(role: Role): string {
    const args = [...ARGS, '--pidfile', join(this.scenario.folder, `${role}.pid`)]
    const address = role === 'home' ? this.proxy.address : this.scenario.address
    const racecar = this.scenario.racecar({ workers: WORKERS[role], args, address })
    this.#present.set(role, racecar)
    this.racecars.push(racecar)
    return `${racecar.pid} came`
  }

  /** A clean end, but where Kafka could not be reached, or one of them stood still. */
  async stop(role: Role): Promise<string> {
    const racecar = this.#present.get(role)!
    this.#present.delete(role)
    const [from, workers] = [now(), racecar.workers()]
    const exit = await this.scenario.stop(racecar)
    const mayBeForced = this.isDisturbed(from, now()) || workers.some(pid => this.#busy.has(pid))
    if (!mayBeForced || String(exit) !== '2,') expect(exit, `the end of ${racecar.pid}`).toEqual([0, null])
    return `${racecar.pid} went`
  }

  /** A worker that is a member of the group, and has no fault yet. */
  worker(chance: Chance): number | undefined {
    const joined = [...this.#present.values()].flatMap(racecar => [...lastJoins(racecar).keys()])
    return chance.pick(joined.filter(pid => !this.#busy.has(pid) && isAlive(pid)))
  }

  killed(pid: number): string | undefined {
    if (!this.signalled(pid, 'SIGKILL')) return undefined
    this.unheard.push({ pid, at: now() })
    return `${pid}`
  }

  signalled(pid: number, signal: NodeJS.Signals): string | undefined {
    if (!isAlive(pid)) return undefined
    this.#busy.add(pid)
    process.kill(pid, signal)
    return `${pid}`
  }

  async frozen(pid: number, ms: number): Promise<void> {
    this.signalled(pid, 'SIGSTOP')
    await wait(ms)
    if (this.signalled(pid, 'SIGCONT')) this.#busy.delete(pid)
  }

  /** kill -9 of a primary, and a new start at once. Its workers come to a clean end, if they can. */
  async orphaned(role: Role): Promise<string> {
    const racecar = this.#present.get(role)!
    const [from, workers, members] = [now(), racecar.forks().filter(isAlive), [...lastJoins(racecar).keys()]]
    for (const pid of workers) this.#busy.add(pid)
    racecar.signal('SIGKILL')
    await racecar.exited
    this.start(role)
    const { scenario } = this
    await scenario.until('the orphans being gone', () => !workers.some(isAlive))
    scenario.ledger.readOn(scenario.ledgerFile)
    const hasDrained = (pid: number) =>
      scenario.ledger.exits.some(exit => exit.pid === pid && [0, 3].includes(exit.code))
    // Nobody was there any more to log that one which a fault had kept from its heartbeats found its place taken.
    const mayHaveLost = (pid: number) => !hasDrained(pid) || this.marked.has(pid) || this.isDisturbed(from, now())
    for (const pid of workers) if (mayHaveLost(pid)) this.unheard.push({ pid, at: now() })
    const unclean = members.filter(pid => !hasDrained(pid) && !this.marked.has(pid))
    if (!this.isDisturbed(from, now())) expect(unclean, `orphans of ${racecar.pid} that did not drain`).toEqual([])
    return `${racecar.pid}`
  }

  /** New processes for all its workers. That is not to fail, whatever is done to the old ones. */
  async restarted(role: Role): Promise<string> {
    const racecar = this.#present.get(role)!
    const since = racecar.lines.length
    racecar.signal('SIGUSR2')
    const over = () => racecar.lines.slice(since).find(({ event }) => /^restart\.(done|failed)$/.test(event))
    await this.scenario.until(`the restart of ${racecar.pid}`, () => over() !== undefined, 90_000)
    expect(over()!.event, over()!.message).toBe('restart.done')
    return `${racecar.pid}, ${over()!.replaced} workers`
  }

  /** One worker more or fewer, from one to five. */
  async scaled(role: Role, chance: Chance): Promise<string> {
    const racecar = this.#present.get(role)!
    const before = this.scenario.sizeOf(racecar)
    const isMore = before === 1 || (before < 5 && chance.next() < 0.5)
    const to = before + (isMore ? 1 : -1)
    const since = racecar.lines.length
    racecar.signal(isMore ? 'SIGTTIN' : 'SIGTTOU')
    await racecar.line('primary.scaled', line => line.to === to, since)
    this.scenario.resized(racecar, to)
    return `${racecar.pid}, ${to} workers`
  }

  async quieted(role: Role, ms: number): Promise<string> {
    const racecar = this.#present.get(role)!
    racecar.signal('SIGTSTP')
    await wait(ms)
    racecar.signal('SIGCONT')
    await racecar.line('primary.continued')
    return `${racecar.pid} for ${Math.round(ms)} ms`
  }

  async grow(): Promise<string | undefined> {
    const { partitions } = this.scenario
    if (partitions >= MOST_PARTITIONS) return undefined
    await this.scenario.grow(partitions + 1)
    return `${partitions + 1}`
  }

  /** Workers may lose their places meanwhile, and a while longer. */
  async outage<T>(work: () => Promise<T>): Promise<T> {
    const outage = { from: now(), to: Infinity }
    this.#outages.push(outage)
    const result = await work()
    outage.to = now() + AFTERMATH
    return result
  }

  isDisturbed(from: number, to = from): boolean {
    return this.#outages.some(outage => outage.from <= to && outage.to >= from)
  }

  /** What may have made something be handled twice. */
  deaths(): Death[] {
    return lossesOf(this.racecars, this.unheard).map(death => ({ ...death, isLatest: true }))
  }

  /** Ends and losses that no fault explains. */
  unasked(): string[] {
    const isUnasked = ({ event, pid, at, code }: { event: string; pid: number; at: number; code?: unknown }) =>
      (event === 'group.lost' || (event === 'slot.exited' && code !== 0)) &&
      !this.marked.has(pid) &&
      !this.isDisturbed(at)
    return this.racecars.flatMap(({ lines }) => lines.filter(isUnasked)).map(({ pid, message }) => `${pid}: ${message}`)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.broker.resume()
    await this.scenario[Symbol.asyncDispose]()
    await this.proxy.close()
    await this.kafka.remove()
  }
}
