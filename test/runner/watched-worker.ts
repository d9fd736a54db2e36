// One worker on a cluster in memory, with a runner as a process has it, watched in all that it does. Killed, it is gone in the
// middle of whatever it does, as by kill -9: nothing that it holds counts any more, and nobody hears of it.

import type { Config } from '../../src/config/options.ts'
import type { Context } from '../../src/consumer/consumer.ts'
import type { Message } from '../../src/consumer/message.ts'
import type { Engine, EngineParts, EngineSink } from '../../src/engine/engine.ts'
import { createMemoryEngine, type MemoryCluster } from '../../src/engine/memory/index.ts'
import { createBus } from '../../src/events/bus.ts'
import { Runner } from '../../src/runner/runner.ts'
import type { FakeClock } from '../support/fake-clock.ts'
import type { Account } from './account.ts'
import { Ledger } from './ledger.ts'
import { consumerWith, defaults, describe } from './rig.ts'
import { Undone } from './undone.ts'
import { type Weather, weathered } from './weather.ts'

export const GROUP = 'orders-consumer'
export const OUT = 'out'

export interface HandleContext {
  readonly signal: AbortSignal
  /** Queues a record for these messages. */
  readonly produce: () => void
  readonly deliver: () => Promise<void>
}

/** What a handler does with its messages. It resolves when they are handled. */
export type Handle = (messages: readonly [Message, ...Message[]], context: HandleContext) => Promise<void>

export interface WorkerParts {
  readonly slot: number
  readonly clock: FakeClock
  readonly cluster: MemoryCluster
  readonly account: Account
  readonly config: Partial<Config>
  readonly handle: Handle
  readonly handler: 'process' | 'processBatch'
  readonly startFromBeginning: boolean
  readonly weather: Weather
}

export class Worker {
  readonly runner: Runner
  readonly joined: Promise<void>
  readonly ledger = new Ledger({ serial: false, mayStart: () => true })
  readonly undone: Undone
  state: 'alive' | 'stopping' | 'dead' = 'alive'
  engine!: Engine
  readonly slot: number
  readonly #parts: WorkerParts
  readonly #consumer: ReturnType<typeof consumerWith>
  #records = 0

  constructor(parts: WorkerParts) {
    const { slot, clock, config, handler, startFromBeginning } = parts
    this.#parts = parts
    this.slot = slot
    const bus = createBus(error => {
      throw error
    })
    this.#consumer = consumerWith(
      handler === 'process'
        ? { process: (message: Message, context: Context) => this.#handle([message], context) }
        : { processBatch: (messages: readonly Message[], context: Context) => this.#handle(messages, context) },
    )
    const { subscriptions, ...described } = describe(handler)
    this.runner = new Runner({
      consumer: this.#consumer,
      description: { ...described, subscriptions: subscriptions.map(one => ({ ...one, startFromBeginning })) },
      config: { ...defaults, ...config },
      groupId: GROUP,
      instanceId: `slot-${slot}`,
      engine: engineParts => this.#makeEngine(engineParts),
      bus,
      clock,
    })
    const seconds = config.synchronousCommits ? 0 : (config.offsetCommitInterval ?? defaults.offsetCommitInterval)
    const interval = 1000 * seconds
    this.undone = new Undone({ clock, interval, records: () => this.runner.snapshot() })
    bus.on('delivery.failed', () => {
      this.ledger.deliveryFailed()
      this.undone.heldUp(clock.now())
    })
    bus.on('message.dead.lettered', ({ offset, ...of }) => this.ledger.passed(of, offset))
    this.joined = this.runner.start()
    this.joined.catch(() => {})
  }

  get isDead(): boolean {
    return this.state === 'dead'
  }

  kill(): void {
    this.#parts.cluster.crash(this.engine)
    this.state = 'dead'
  }

  #makeEngine(parts: EngineParts): Engine {
    const { cluster, clock, weather } = this.#parts
    const inner = createMemoryEngine(cluster)({ ...parts, sink: this.#watched(parts.sink) })
    this.engine = weathered(inner, { clock, weather, worker: this })
    return this.engine
  }

  #watched(sink: EngineSink): EngineSink {
    const { account, slot } = this.#parts
    return {
      ...sink,
      assigned: added => {
        for (const at of added) {
          this.ledger.assigned(at)
          account.given(at, slot)
        }
        sink.assigned(added)
      },
      revoked: async gone => {
        for (const at of gone) this.ledger.revoking(at)
        await sink.revoked(gone)
        for (const at of gone) this.ledger.gone(at)
      },
      lost: gone => {
        for (const at of gone) this.ledger.gone(at)
        sink.lost(gone)
      },
    }
  }

  async #handle(messages: readonly Message[], context: Context): Promise<void> {
    if (this.isDead) return new Promise(() => {})
    const { account, handle, slot } = this.#parts
    const { topic, partition } = messages[0]!
    const offsets = messages.map(({ offset }) => offset)
    const call = this.ledger.begin({ topic, partition }, offsets)
    account.starts(call, slot)
    this.undone.begun(call)
    const produce = () => {
      const name = `${topic}/${partition}@${offsets[0]} ${slot} ${this.#records++}`
      call.produced.push(name)
      this.#consumer.produce(name, { topic: OUT, key: name })
    }
    const deliver = () => this.#consumer.deliver()
    const outcome = await handle(messages as readonly [Message, ...Message[]], {
      signal: context.signal,
      produce,
      deliver,
    }).then(
      () => ({ how: 'handled' as const }),
      (error: unknown) => ({ how: 'failed' as const, error }),
    )
    if (this.isDead) return new Promise(() => {})
    this.ledger.end(call, outcome.how)
    this.undone.ended(call, outcome.how)
    if (outcome.how === 'failed') throw outcome.error
    account.done(call)
  }
}
