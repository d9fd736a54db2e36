// Several workers of one group on a cluster in memory, and what is done to them. Each is watched by a ledger of its own, and all of
// them by the account of what the group has committed; what those that are killed leave undone is counted.

import type { Config } from '../../src/config/options.ts'
import { type Header, keyOf } from '../../src/engine/engine.ts'
import { MemoryCluster } from '../../src/engine/memory/index.ts'
import { deadLetterTopicOf } from '../../src/runner/dead-letter.ts'
import type { FakeClock } from '../support/fake-clock.ts'
import { Account } from './account.ts'
import { TOPIC } from './rig.ts'
import { GROUP, type Handle, OUT, Worker } from './watched-worker.ts'
import { FAIR, type Weather } from './weather.ts'

export { type Handle, OUT } from './watched-worker.ts'

export interface WorkersParts {
  readonly clock: FakeClock
  readonly partitions: number
  readonly config: Partial<Config>
  readonly handle: Handle
  readonly handler?: 'process' | 'processBatch'
  readonly startFromBeginning?: boolean
  readonly weather?: Weather
}

const LETTERS = deadLetterTopicOf(TOPIC, undefined)!

/** Of which message it is the dead letter. */
function messageOf(headers: readonly Header[]): string {
  const text = (of: string) => String(headers.find(([name]) => name === `racecar-${of}`)?.[1])
  return `${text('topic')}/${text('partition')}@${text('offset')}`
}

export class Workers {
  readonly cluster: MemoryCluster
  readonly account: Account
  readonly alive: Worker[] = []
  /** Of all that were killed: how many messages were in hand, and had been finished since the last commit. */
  readonly left = { inHand: 0, finished: 0 }
  readonly #parts: WorkersParts
  readonly #all: Worker[] = []
  readonly #ends: number[]
  /** Where the group is to begin. */
  readonly #starts: number[]
  readonly #violations: string[] = []
  readonly #exits: Promise<unknown>[] = []

  constructor(parts: WorkersParts) {
    const { clock, partitions } = parts
    this.#parts = parts
    this.#ends = Array(partitions).fill(0)
    this.#starts = Array(partitions).fill(0)
    this.account = new Account(({ partition }) => this.#starts[partition]!)
    const onStored = (name: string) => {
      this.account.stored(name)
      for (const { ledger } of this.#all) ledger.stored(name)
    }
    this.cluster = new MemoryCluster({
      clock,
      latency: 2,
      onStored: ({ topic }, { value, headers }) => {
        if (topic === LETTERS) this.account.isBuried(messageOf(headers))
        else onStored(String(value))
      },
    })
    this.cluster.createTopic(TOPIC, partitions)
    this.cluster.createTopic(LETTERS, 2)
    this.cluster.createTopic(OUT, 2)
    this.#watchCommits()
  }

  get violations(): readonly string[] {
    return [...this.#violations, ...this.account.violations, ...this.#all.flatMap(({ ledger }) => ledger.violations)]
  }

  get partitions(): number {
    return this.#ends.length
  }

  append(partition: number, count: number): void {
    for (let index = 0; index < count; index++) {
      this.cluster.append({ topic: TOPIC, partition }, { value: Buffer.from('x') })
    }
    this.#ends[partition]! += count
    const isLeftOut = this.#parts.startFromBeginning === false && this.#all.length === 0
    if (isLeftOut) this.#starts[partition] = this.#ends[partition]!
  }

  /** One partition more. */
  grow(): void {
    this.#ends.push(0)
    this.#starts.push(0)
    this.cluster.addPartitions(TOPIC, this.#ends.length)
  }

  /** A worker in this slot, unless one lives there. */
  start(slot: number): void {
    if (this.#at(slot)) return
    const { cluster, account } = this
    const otherwise = { handler: 'process' as const, startFromBeginning: true, weather: FAIR }
    const worker = new Worker({ ...otherwise, ...this.#parts, slot, cluster, account })
    this.alive.push(worker)
    this.#all.push(worker)
    void worker.runner.done.then(({ error }) => {
      this.#remove(worker)
      if (error && worker.state === 'alive') this.#violations.push(`slot ${slot} ended by itself: ${error.message}`)
    })
  }

  stop(slot: number, leave: boolean, grace = 20_000): void {
    const worker = this.#at(slot)
    if (worker?.state !== 'alive') return
    worker.state = 'stopping'
    this.#exits.push(worker.runner.stop({ deadline: this.#parts.clock.now() + grace, leave }))
  }

  /** Says whether there was one to kill. */
  kill(slot: number): boolean {
    const worker = this.#at(slot)
    if (!worker) return false
    worker.kill()
    this.#remove(worker)
    const { inHand, finished, overdue } = worker.undone.left(this.account.committed)
    this.left.inHand += inHand
    this.left.finished += finished
    this.#violations.push(...overdue.map(message => `${message} was finished long ago, and was not committed`))
    const calls = worker.undone.mostCalls(this.account.committed)
    if (this.#parts.config.synchronousCommits && calls > 1)
      this.#violations.push(`${calls} calls of one partition are repeated, although commits are synchronous`)
    return true
  }

  cut(slot: number): void {
    const worker = this.#at(slot)
    if (worker) this.cluster.cut(worker.engine)
  }

  heal(): void {
    this.cluster.recover()
    for (const { engine } of this.alive) this.cluster.heal(engine)
  }

  exits(): Promise<unknown> {
    return Promise.all(this.#exits)
  }

  get isDone(): boolean {
    return this.#ends.every((end, partition) => {
      const committed = this.account.committed.get(keyOf({ topic: TOPIC, partition }))
      return (committed ?? this.#starts[partition]) === end
    })
  }

  #at(slot: number): Worker | undefined {
    return this.alive.find(worker => worker.slot === slot)
  }

  #remove(worker: Worker): void {
    const index = this.alive.indexOf(worker)
    if (index >= 0) this.alive.splice(index, 1)
  }

  #watchCommits(): void {
    const group = this.cluster.group(GROUP)
    const commit = group.commit.bind(group)
    group.commit = (identity, offsets) => {
      const answer = commit(identity, offsets)
      if (answer === 'stored') this.account.commits(offsets)
      return answer
    }
  }
}
