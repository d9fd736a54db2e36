// What the process scenarios share: a topic that is fed and a group of their own on the real broker, the obedient consumer run by
// racecars on them, the ledger of what was handled, and the checks that every scenario ends with. What is done to the processes
// in between is the scenario's own.

import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { expect } from 'vitest'
import type { Order } from '../fixtures/consumers/obedient-consumer.ts'
import { brokers } from './broker.ts'
import { connected, Feed, type FeedParts } from './feed.ts'
import { type Acknowledged, type Death, Ledger, now, where } from './ledger.ts'
import { generationOf, lastJoins, setBack, sharesOf } from './membership.ts'
import { type Exit, isAlive, leftToRun, RacecarProcess } from './racecar-process.ts'
import { type GroupView, TestTopics, type TopicOptions, uniqueName } from './topics.ts'

export type { Load } from './feed.ts'
export { generationsOf, leaderOf, sharesOf } from './membership.ts'

const obedient = fileURLToPath(new URL('../fixtures/consumers/obedient-consumer.ts', import.meta.url))

export interface ScenarioOptions extends TopicOptions {
  /** Where the topic and the group live; the broker that tests share if it is left out. */
  readonly kafka?: string
  /** Where racecar is to find it, if not there: at a proxy, say. */
  readonly address?: string
}

export interface RacecarOptions {
  readonly workers?: number
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
  /** Another consumer than the obedient one: its file and name. */
  readonly consumer?: readonly [file: string, name: string]
  /** Where this one is to find Kafka, if not where the others do; null: it knows by other means. */
  readonly address?: string | null
}

/** In hand for ever, but only where it comes first: whoever takes over has nothing to do for it. */
export const HANGS_ONCE = { do: 'hang', once: true } as const satisfies Partial<Order>

/** The group holds a dead worker's place for so long that a replacement comes in time even on a machine that is busy. */
export const PATIENT: readonly string[] = ['--session-timeout', '20']

interface ScenarioParts extends FeedParts {
  readonly name: string
  readonly address: string
}

export class Scenario extends Feed implements AsyncDisposable {
  readonly address: string
  readonly ledger = new Ledger()
  readonly group: string
  readonly folder: string
  /** How many workers each racecar was asked for. */
  readonly #workers = new Map<RacecarProcess, number>()
  /** Topics that were deleted, and when. */
  readonly #goneAt = new Map<string, number>()

  private constructor({ name, address, ...parts }: ScenarioParts) {
    super(parts)
    this.address = address
    this.group = uniqueName(name)
    this.folder = mkdtempSync(join(tmpdir(), `${name}-`))
    writeFileSync(this.ledgerFile, '')
  }

  static async open(name: string, { kafka, address, ...shape }: ScenarioOptions = {}): Promise<Scenario> {
    const home = kafka ?? (await brokers())
    const topics = await TestTopics.open(home)
    const partitions = shape.replicas?.length ?? shape.partitions ?? 6
    const topic = await topics.create(name, { ...shape, partitions })
    const producer = await connected(topics)
    return new Scenario({ name, address: address ?? home, topics, topic, producer, partitions })
  }

  get ledgerFile(): string {
    return join(this.folder, 'ledger')
  }

  get pidfile(): string {
    return join(this.folder, 'racecar.pid')
  }

  /** With the scenario's pidfile, unless another one lives that has it. */
  racecar({ workers = 3, args = [], env = {}, consumer, address }: RacecarOptions = {}): RacecarProcess {
    const [file, name] = consumer ?? [obedient, 'ObedientConsumer']
    const isFirst = this.#alive().length === 0
    const pidfile = isFirst ? this.pidfile : join(this.folder, `racecar-${this.#racecars.length}.pid`)
    const racecar = new RacecarProcess({
      cwd: this.folder,
      args: [
        ...['--workers', `${workers}`, '--group-id', this.group],
        ...(address === null ? [] : ['--brokers', address ?? this.address]),
        ...['--require', file, '--session-timeout', '6', '--shutdown-timeout', '5', '--pidfile', pidfile],
        ...[...args, name],
      ],
      env: { LEDGER: this.ledgerFile, TOPICS: this.topic, ...env },
    })
    this.#workers.set(racecar, workers)
    return racecar
  }

  /** How many workers it is to have. */
  sizeOf(racecar: RacecarProcess): number {
    return this.#workers.get(racecar)!
  }

  /** It has another number of workers from now on. */
  resized(racecar: RacecarProcess, workers: number): void {
    this.#workers.set(racecar, workers)
  }

  /** Resolves when all workers of these racecars, or of all that live, are in one generation in which every partition has an owner. */
  async served(...some: RacecarProcess[]): Promise<void> {
    const racecars = some.length > 0 ? some : this.#alive()
    const isServed = () => {
      const shares = racecars.flatMap(racecar => [...sharesOf(racecar).values()])
      const generations = new Set(racecars.flatMap(racecar => [...lastJoins(racecar).values()].map(generationOf)))
      const expected = racecars.reduce((sum, racecar) => sum + this.#workers.get(racecar)!, 0)
      return (
        shares.length === expected &&
        generations.size === 1 &&
        String(shares.flat().sort()) === String(this.everywhere.sort())
      )
    }
    // A line of any of them may be the last one that is missing.
    await this.until('all partitions having an owner', isServed)
  }

  /** Reads the ledger on and asks again, until the condition holds. */
  async until(what: string, condition: () => boolean | Promise<boolean>, limit = 30_000): Promise<void> {
    const end = now() + limit
    for (;;) {
      this.ledger.readOn(this.ledgerFile)
      if (await condition()) return
      if (now() > end) throw new Error(`not within ${limit / 1000} s: ${what}\n${this.report()}`)
      await wait(20)
    }
  }

  /** Everything acknowledged so far was handled to its end at least once. */
  handledAll(limit?: number): Promise<void> {
    const { acknowledged, ledger } = this
    const isAll = () => ledger.handlings.length >= acknowledged.length && ledger.lost(acknowledged).length === 0
    return this.until('everything handled', isAll, limit)
  }

  /** Each partition handles something that was produced after this call. */
  async flows(limit?: number): Promise<void> {
    const since = now()
    const moving = () =>
      new Set(this.ledger.handlings.filter(({ start, end }) => start > since && end !== undefined).map(where))
    await this.until('all partitions flowing', () => moving().size >= this.everywhere.length, limit)
  }

  /** Produces a message for each partition and resolves when all of them are handled: what waited in the workers proves no way to Kafka. */
  async passes(limit?: number): Promise<void> {
    const sent = await this.send(Array.from({ length: this.partitions }, () => ({})))
    await this.until('what was produced just now being handled', () => this.ledger.lost(sent).length === 0, limit)
  }

  /** Gives this worker a message and resolves when it is in hand. */
  async occupy(racecar: RacecarProcess, pid: number, order: Partial<Order>): Promise<Acknowledged> {
    const [share] = (sharesOf(racecar).get(pid) ?? []).filter(one => one.startsWith(`${this.topic}/`))
    if (!share) throw new Error(`${pid} has no partition\n${this.report()}`)
    const [message] = await this.send([order], { partition: Number(share.slice(share.lastIndexOf('/') + 1)) })
    const isIt = ({ pid: by, seq }: { pid: number; seq: number }) => by === pid && seq === message!.seq
    await this.until(`${pid} having ${share}@${message!.offset} in hand`, () => this.ledger.handlings.some(isIt))
    return message!
  }

  /** SIGKILL for these workers, with what they had committed. Resolves when their primaries know. */
  async kill(...pids: number[]): Promise<Death[]> {
    for (const pid of pids) process.kill(pid, 'SIGKILL')
    const at = now()
    const committed = await this.committed()
    const isSeen = (pid: number) =>
      this.#racecars.some(racecar => racecar.all('slot.exited').some(one => one.pid === pid))
    await this.until('the exits being seen', () => pids.every(isSeen))
    return pids.map(pid => ({ pid, at, committed }))
  }

  /** What the broker holds for the group, by partition. */
  async committed(): Promise<Map<string, number>> {
    const offsets = [...this.shape.keys()].map(async topic => {
      const committed = await this.topics.committed(this.group, topic)
      return committed.map((offset, partition) => [where({ topic, partition }), offset] as const)
    })
    return new Map((await Promise.all(offsets)).flat())
  }

  /** Everything acknowledged so far is committed. */
  committedAll(): Promise<void> {
    const ends = new Map<string, number>()
    for (const one of this.acknowledged) ends.set(where(one), Math.max(ends.get(where(one)) ?? 0, one.offset + 1))
    return this.until('everything committed', async () => {
      const committed = await this.committed()
      return [...ends].every(([partition, end]) => committed.get(partition) === end)
    })
  }

  view(): Promise<GroupView> {
    return this.topics.group(this.group)
  }

  /** Sends the signal and resolves when it and all its workers are gone. */
  async stop(racecar: RacecarProcess, signal: NodeJS.Signals = 'SIGTERM'): Promise<Exit> {
    racecar.signal(signal)
    return this.ended(racecar)
  }

  async ended(racecar: RacecarProcess, limit = 30_000): Promise<Exit> {
    const late = wait(limit, 'late' as const, { ref: false })
    const exit = await Promise.race([racecar.closed, late])
    if (exit === 'late') throw new Error(`racecar did not end within ${limit / 1000} s\n${this.report()}`)
    this.ledger.readOn(this.ledgerFile)
    return exit
  }

  /** Deletes a topic of which everything was handled and committed. One of the same name is another topic. */
  async remove(topic: string): Promise<void> {
    this.ledger.readOn(this.ledgerFile)
    this.ledger.forget(topic)
    this.forget(topic)
    await this.topics.delete(topic)
    this.#goneAt.set(topic, now())
  }

  /** Invariants L, U, O, C, X and D: nothing lost, skipped, swapped or trespassed on; nothing twice but what these deaths explain. */
  async expectWhole(deaths: readonly Death[] = []): Promise<void> {
    this.ledger.readOn(this.ledgerFile)
    const { acknowledged, ledger } = this
    expect({
      lost: ledger.lost(acknowledged),
      skipped: ledger.skipped(acknowledged),
      outOfOrder: ledger.outOfOrder(),
      trespasses: ledger.trespasses(),
      overlaps: ledger.overlaps(deaths),
      unexplained: ledger.unexplained(deaths),
      setBack: setBack(this.#racecars, deaths, this.#goneAt),
    }).toEqual({ lost: [], skipped: [], outOfOrder: [], trespasses: [], overlaps: [], unexplained: [], setBack: [] })
    for (const topic of this.shape.keys()) {
      const ends = (await this.topics.ends(topic)).map(({ high }) => high)
      expect(await this.topics.committed(this.group, topic), `committed offsets of ${topic}`).toEqual(ends)
    }
  }

  /** Invariant Z: no process, pidfile, lock or socket is left, and the group has no member. */
  async expectNothingLeft(): Promise<void> {
    const forks = this.#racecars.flatMap(racecar => [racecar.pid, ...racecar.forks()])
    expect(forks.filter(isAlive), 'processes that live on').toEqual([])
    const beside = readdirSync(this.folder).filter(name => name.includes('.pid'))
    expect(beside, 'pidfiles, and what stands beside them').toEqual([])
    expect(leftToRun(this.folder), 'control sockets').toEqual([])
    expect((await this.view()).members, 'members of the group').toEqual([])
  }

  /** What was seen, for the message of a failure. */
  report(): string {
    const { handlings, ended } = this.ledger
    const lost = this.ledger.lost(this.acknowledged)
    const some = lost.slice(0, 6).map(message => `${where(message)}@${message.offset}`)
    return [
      `${this.acknowledged.length} acknowledged, ${handlings.length} started, ${ended.length} ended, ${lost.length} not handled ${some}`,
      ...this.#racecars.map(racecar => `racecar ${racecar.pid}:\n${racecar.lastWords()}`),
    ].join('\n')
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const racecar of this.#racecars) {
      for (const pid of [racecar.pid, ...racecar.forks()]) if (isAlive(pid)) process.kill(pid, 'SIGKILL')
    }
    await this.close()
    rmSync(this.folder, { recursive: true, force: true })
  }

  get #racecars(): RacecarProcess[] {
    return [...this.#workers.keys()]
  }

  #alive(): RacecarProcess[] {
    return this.#racecars.filter(({ exit }) => exit === undefined)
  }
}

/** A figure for whoever reads the output; no test depends on it. */
export const print = (figure: string): void => console.log(figure)

export const millis = (ms: number): string => `${Math.round(ms)} ms`

/** The longest gap between two messages of a partition, around a moment, among the partitions that are asked for. */
export function gapsAround({ ledger }: Scenario, moment: number, until = moment + 3000) {
  const gaps = [...ledger.longestGaps(moment, until)]
  return (isAsked: (partition: string) => boolean): number =>
    Math.max(...gaps.filter(([partition]) => isAsked(partition)).map(([, gap]) => gap))
}
