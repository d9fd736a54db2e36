// What the process scenarios share: a topic and a group of their own on the real broker, the obedient consumer run by racecars on
// them, a producer that keeps what was acknowledged, the ledger of what was handled, and the checks that every scenario ends
// with. What is done to the processes in between is the scenario's own.

import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Producer } from 'kafkajs'
import { expect } from 'vitest'
import { groupBy } from '../../src/lib/group-by.ts'
import type { Order } from '../fixtures/consumers/obedient-consumer.ts'
import { brokers } from './broker.ts'
import { type Acknowledged, type Death, Ledger, now, where } from './ledger.ts'
import { type Exit, isAlive, type LogLine, leftToRun, RacecarProcess } from './racecar-process.ts'
import { type GroupView, TestTopics, type TopicOptions, uniqueName } from './topics.ts'

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
  /** Where this one is to find Kafka, if not where the others do. */
  readonly address?: string
}

export interface LoadOptions {
  readonly everyMs?: number
  readonly order?: Partial<Order>
  /** Goes on where the brokers did not take something. */
  readonly isPatient?: boolean
}

/** In hand for ever, but only where it comes first: whoever takes over has nothing to do for it. */
export const HANGS_ONCE = { do: 'hang', once: true } as const satisfies Partial<Order>

/** The group holds a dead worker's place for so long that a replacement comes in time even on a machine that is busy. */
export const PATIENT: readonly string[] = ['--session-timeout', '20']

export interface Load {
  /** Stops producing; resolves when all that was sent is acknowledged. */
  stop(): Promise<void>
}

export class Scenario implements AsyncDisposable {
  readonly acknowledged: Acknowledged[] = []
  readonly ledger = new Ledger()
  readonly group: string
  readonly folder: string
  /** The topics that are consumed, with their numbers of partitions. */
  readonly shape = new Map<string, number>()
  /** How many workers each racecar was asked for. */
  readonly #workers = new Map<RacecarProcess, number>()
  readonly #loads = new Set<Load>()
  readonly #retired: Producer[] = []
  #sent = 0

  private constructor(
    readonly name: string,
    readonly address: string,
    readonly topics: TestTopics,
    readonly topic: string,
    public producer: Producer,
    partitions: number,
  ) {
    this.shape.set(topic, partitions)
    this.group = uniqueName(name)
    this.folder = mkdtempSync(join(tmpdir(), `${name}-`))
    writeFileSync(this.ledgerFile, '')
  }

  static async open(name: string, { kafka, address, ...shape }: ScenarioOptions = {}): Promise<Scenario> {
    const home = kafka ?? (await brokers())
    const topics = await TestTopics.open(home)
    const partitions = shape.replicas?.length ?? shape.partitions ?? 6
    const topic = await topics.create(name, { ...shape, partitions })
    return new Scenario(name, address ?? home, topics, topic, await connected(topics), partitions)
  }

  get partitions(): number {
    return this.shape.get(this.topic)!
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
        ...['--workers', `${workers}`, '--brokers', address ?? this.address, '--group-id', this.group],
        ...[
          '--require',
          file,
          '--session-timeout',
          '6',
          '--shutdown-timeout',
          '5',
          '--pidfile',
          pidfile,
          ...args,
          name,
        ],
      ],
      env: { LEDGER: this.ledgerFile, TOPICS: this.topic, ...env },
    })
    this.#workers.set(racecar, workers)
    return racecar
  }

  /** Resolves when all workers of these racecars, or of all that live, are in one generation in which every partition has an owner. */
  async served(...some: RacecarProcess[]): Promise<void> {
    const racecars = some.length > 0 ? some : this.#alive()
    const isServed = () => {
      const shares = racecars.flatMap(racecar => [...sharesOf(racecar).values()])
      const generations = new Set(racecars.flatMap(racecar => [...lastJoins(racecar).values()].map(generationOf)))
      const expected = racecars.reduce((sum, racecar) => sum + this.#workers.get(racecar)!, 0)
      return shares.length === expected && generations.size === 1 && isSame(shares.flat().sort(), this.#all().sort())
    }
    // A line of any of them may be the last one that is missing.
    await this.until('all partitions having an owner', isServed)
  }

  /** Adds partitions to the topic, until there are `total`. */
  async grow(total: number): Promise<void> {
    await this.topics.grow(this.topic, total)
    // A producer of kafkajs's would say nothing, and send nothing, to partitions that it has not heard of.
    const before = this.producer
    this.producer = await connected(this.topics)
    this.#retired.push(before)
    this.shape.set(this.topic, total)
  }

  /** Makes a topic that the consumer already waits for. */
  async add(topic: string, partitions: number): Promise<void> {
    await this.topics.createNamed(topic, { partitions })
    this.shape.set(topic, partitions)
  }

  /** Produces one message for each order, over the partitions in turn or to the one that is named. */
  async send(
    orders: readonly Partial<Order>[],
    to: { topic?: string; partition?: number } = {},
  ): Promise<Acknowledged[]> {
    const { topic = this.topic } = to
    const partitions = await this.#partitionsOf(topic)
    const numbered = orders.map(order => ({ ...order, seq: this.#sent++ }))
    const byPartition = groupBy(numbered, ({ seq }) => to.partition ?? seq % partitions)
    const messages = [...byPartition].flatMap(([partition, some]) =>
      some.map(order => ({ partition, key: `key-${partition}`, value: JSON.stringify(order) })),
    )
    const results = await this.producer.send({ topic, acks: -1, messages })
    const added = results.flatMap(({ partition, baseOffset }) =>
      byPartition.get(partition)!.map(({ seq }, i) => {
        return { topic, partition, offset: Number(baseOffset) + i, key: `key-${partition}`, seq }
      }),
    )
    this.acknowledged.push(...added)
    if (added.length < orders.length) throw new Error(`${orders.length - added.length} messages went nowhere`)
    return added
  }

  /** One message for each partition every so many milliseconds, until it is stopped; in an outage, what follows is sent instead. */
  load({ everyMs = 20, order = {}, isPatient = false }: LoadOptions = {}): Load {
    let isOn = true
    const run = async () => {
      for (let due = now(); isOn; due = Math.max(due + everyMs, now() - 1000)) {
        await wait(Math.max(0, due - now()))
        const sending = this.send(Array.from({ length: this.partitions }, () => order))
        await (isPatient ? sending.catch(() => {}) : sending)
      }
    }
    const running = run()
    running.catch(() => {})
    const load = {
      stop: () => {
        isOn = false
        this.#loads.delete(load)
        return running
      },
    }
    this.#loads.add(load)
    return load
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
    await this.until('all partitions flowing', () => moving().size >= this.#all().length, limit)
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

  /** Invariants L, U, O, C, X and D: nothing lost, skipped, swapped or trespassed on; nothing twice but what these deaths explain. */
  async expectWhole(deaths: readonly Death[] = []): Promise<void> {
    this.ledger.readOn(this.ledgerFile)
    const { acknowledged, ledger } = this
    const dead = new Map(deaths.map(({ pid, at }) => [pid, at]))
    expect({
      lost: ledger.lost(acknowledged),
      skipped: ledger.skipped(acknowledged),
      outOfOrder: ledger.outOfOrder(),
      trespasses: ledger.trespasses(),
      overlaps: ledger.overlaps(dead),
      unexplained: ledger.unexplained(deaths),
      setBack: this.#setBack(deaths),
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
    expect([this.pidfile, `${this.pidfile}.lock`].filter(existsSync), 'pidfile and lock').toEqual([])
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
    for (const load of this.#loads) await load.stop().catch(() => {})
    for (const racecar of this.#racecars) {
      for (const pid of [racecar.pid, ...racecar.forks()]) if (isAlive(pid)) process.kill(pid, 'SIGKILL')
    }
    for (const producer of [...this.#retired, this.producer]) await producer.disconnect()
    await this.topics.close()
    rmSync(this.folder, { recursive: true, force: true })
  }

  #all(): string[] {
    return [...this.shape].flatMap(([topic, partitions]) =>
      Array.from({ length: partitions }, (_, partition) => where({ topic, partition })),
    )
  }

  get #racecars(): RacecarProcess[] {
    return [...this.#workers.keys()]
  }

  #alive(): RacecarProcess[] {
    return this.#racecars.filter(({ exit }) => exit === undefined)
  }

  async #partitionsOf(topic: string): Promise<number> {
    return this.shape.get(topic) ?? (await this.topics.ends(topic)).length
  }

  /** Invariant C, as the workers tell it: no committed offset is followed by a lower one. Who slept tells late of what was before. */
  #setBack(deaths: readonly Death[]): string[] {
    const highest = new Map<string, number>()
    const isLate = (by: number, { offset, ...of }: Acknowledged) =>
      deaths.some(({ pid, committed }) => pid === by && offset <= (committed.get(where(of)) ?? 0))
    return this.#racecars
      .flatMap(racecar => racecar.all('offsets.committed'))
      .sort((a, b) => a.at - b.at)
      .flatMap(({ pid, offsets }) => (offsets as Acknowledged[]).filter(one => !isLate(pid, one)))
      .flatMap(one => {
        const before = highest.get(where(one)) ?? -1
        highest.set(where(one), Math.max(before, one.offset))
        return one.offset < before ? [`${where(one)}: ${one.offset} after ${before}`] : []
      })
  }
}

async function connected({ kafka }: TestTopics): Promise<Producer> {
  const producer = kafka.producer({ allowAutoTopicCreation: false })
  await producer.connect()
  return producer
}

/** The last join of each live worker of a racecar, by process id. */
function lastJoins(racecar: RacecarProcess): Map<number, LogLine> {
  const live = new Set(racecar.workers())
  return new Map(racecar.all('group.joined', ({ pid }) => live.has(pid)).map(line => [line.pid, line]))
}

const generationOf = ({ generation }: LogLine) => generation as number
const isSame = (one: readonly string[], other: readonly string[]) => String(one) === String(other)

/** What each live worker of a racecar was last assigned, by process id: `topic/partition`. */
export const sharesOf = (racecar: RacecarProcess): Map<number, string[]> =>
  new Map(
    [...lastJoins(racecar)].map(([pid, { partitions }]) => [pid, (partitions as Acknowledged[]).map(where).sort()]),
  )

/** The worker that shares out the partitions. */
export function leaderOf(racecar: RacecarProcess): number {
  const leader = [...lastJoins(racecar).values()].find(line => line.leader)
  if (!leader) throw new Error(`no worker leads the group:\n${racecar.lastWords()}`)
  return leader.pid
}

/** The generations of the group that the workers of a racecar have seen, in the order of their joins. */
export const generationsOf = (racecar: RacecarProcess): number[] => racecar.all('group.joined').map(generationOf)

/** A figure for whoever reads the output; no test depends on it. */
export const print = (figure: string): void => console.log(figure)

export const millis = (ms: number): string => `${Math.round(ms)} ms`

/** The longest gap between two messages of a partition, around a moment, among the partitions that are asked for. */
export function gapsAround({ ledger }: Scenario, moment: number, until = moment + 3000) {
  const gaps = [...ledger.longestGaps(moment, until)]
  return (isAsked: (partition: string) => boolean): number =>
    Math.max(...gaps.filter(([partition]) => isAsked(partition)).map(([, gap]) => gap))
}
