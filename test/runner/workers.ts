// Several workers of one group on a cluster in memory, and an account of all that they do: who may start what, what was handled
// with which records, and what was committed for it.

import type { Config } from '../../src/config/options.ts'
import type { Message } from '../../src/consumer/message.ts'
import { type Engine, type EngineFactory, keyOf, type TopicPartition } from '../../src/engine/engine.ts'
import { createMemoryEngine, MemoryCluster } from '../../src/engine/memory/index.ts'
import { type Bus, createBus } from '../../src/events/bus.ts'
import { Runner } from '../../src/runner/runner.ts'
import type { FakeClock } from '../support/fake-clock.ts'
import { consumerWith, defaults, describe, TOPIC } from './rig.ts'

export const GROUP = 'orders-consumer'
export const OUT = 'out'

export interface Worker {
  readonly slot: number
  readonly runner: Runner
  readonly engine: Engine
  readonly consumer: ReturnType<typeof consumerWith>
  readonly joined: Promise<void>
  state: 'alive' | 'stopping' | 'dead'
}

/** What a handler does with a message. It resolves when it is handled. */
export type Handle = (message: Message, worker: Worker, signal: AbortSignal) => Promise<void>

export interface WorkersParts {
  readonly clock: FakeClock
  readonly partitions: number
  readonly config: Partial<Config>
  readonly handle: Handle
}

export class Workers {
  readonly cluster: MemoryCluster
  readonly alive: Worker[] = []
  readonly violations: string[] = []
  /** How often each message was handled. */
  readonly handled = new Map<string, number>()
  readonly #parts: WorkersParts
  readonly #ends: number[]
  /** Who was given a partition last. */
  readonly #owners = new Map<string, Worker>()
  readonly #committed = new Map<string, number>()
  readonly #exits: Promise<unknown>[] = []

  constructor(parts: WorkersParts) {
    this.#parts = parts
    this.#ends = Array(parts.partitions).fill(0)
    this.cluster = new MemoryCluster({ clock: parts.clock, latency: 2 })
    this.cluster.createTopic(TOPIC, parts.partitions)
    this.cluster.createTopic(OUT, 2)
  }

  append(partition: number, count: number): void {
    for (let index = 0; index < count; index++) {
      this.cluster.append({ topic: TOPIC, partition }, { value: Buffer.from('x') })
    }
    this.#ends[partition]! += count
  }

  /** A worker in this slot, unless one lives there. */
  start(slot: number): void {
    if (this.alive.some(worker => worker.slot === slot)) return
    const bus = createBus(error => {
      throw error
    })
    const { clock, config } = this.#parts
    let engine!: Engine
    const factory: EngineFactory = parts => {
      engine = createMemoryEngine(this.cluster)(parts)
      return engine
    }
    const consumer = consumerWith({
      process: (message, context) =>
        worker.state === 'dead' ? new Promise(() => {}) : this.#process(message, worker, context),
    })
    const runner = new Runner({
      consumer,
      description: describe('process'),
      config: { ...defaults, ...config },
      groupId: GROUP,
      instanceId: `slot-${slot}`,
      engine: factory,
      bus,
      clock,
    })
    const worker: Worker = { slot, runner, engine, consumer, joined: runner.start(), state: 'alive' }
    worker.joined.catch(() => {})
    this.#listen(bus, worker)
    this.alive.push(worker)
    void runner.done.then(({ error }) => {
      this.#remove(worker)
      if (error && worker.state === 'alive') this.violations.push(`slot ${slot} ended by itself: ${error.message}`)
    })
  }

  stop(slot: number, leave: boolean, grace = 20_000): void {
    const worker = this.#at(slot)
    if (!worker) return
    worker.state = 'stopping'
    this.#exits.push(worker.runner.stop({ deadline: this.#parts.clock.now() + grace, leave }))
  }

  kill(slot: number): void {
    const worker = this.#at(slot)
    if (!worker) return
    this.cluster.crash(worker.engine)
    worker.state = 'dead'
    this.#remove(worker)
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
    const group = this.cluster.group(GROUP)
    return this.#ends.every((end, partition) => (group.committed({ topic: TOPIC, partition }) ?? 0) === end)
  }

  /** Whether a record of this name is in the topic that handlers produce to. */
  isStored(name: string): boolean {
    return [0, 1].some(partition =>
      this.cluster.records({ topic: OUT, partition }).some(({ value }) => String(value) === name),
    )
  }

  #at(slot: number): Worker | undefined {
    return this.alive.find(worker => worker.slot === slot && worker.state === 'alive')
  }

  #remove(worker: Worker): void {
    const index = this.alive.indexOf(worker)
    if (index >= 0) this.alive.splice(index, 1)
  }

  async #process(message: Message, worker: Worker, { signal }: { signal: AbortSignal }): Promise<void> {
    const { partition, offset } = message
    const key = keyOf({ topic: TOPIC, partition })
    const owner = this.#owners.get(key)
    if (owner !== worker) {
      this.violations.push(`slot ${worker.slot} starts ${key}@${offset}, which slot ${owner?.slot} was given since`)
    }
    await this.#parts.handle(message, worker, signal)
    if (worker.state === 'dead') return new Promise(() => {})
    this.handled.set(`${key}@${offset}`, (this.handled.get(`${key}@${offset}`) ?? 0) + 1)
  }

  #listen(bus: Bus, worker: Worker): void {
    bus.on('partitions.assigned', ({ partitions }) => {
      if (worker.state === 'dead') return
      for (const at of partitions) {
        this.#owners.set(keyOf(at), worker)
        const before = this.#committed.get(keyOf(at)) ?? 0
        if (at.offset < before) this.violations.push(`${keyOf(at)} begins at ${at.offset}, committed was ${before}`)
      }
    })
    bus.on('offsets.committed', ({ offsets }) => {
      for (const { topic, partition, offset } of offsets) this.#check({ topic, partition }, offset)
    })
  }

  #check(of: TopicPartition, offset: number): void {
    const key = keyOf(of)
    const before = this.#committed.get(key) ?? 0
    for (let one = before; one < offset; one++) {
      if (!this.handled.has(`${key}@${one}`))
        this.violations.push(`${key} is committed past ${one}, which was not handled`)
      if (!this.isStored(`${of.partition}@${one}`)) {
        this.violations.push(`${key} is committed past ${one}, whose record is not stored`)
      }
    }
    this.#committed.set(key, Math.max(before, offset))
  }
}
