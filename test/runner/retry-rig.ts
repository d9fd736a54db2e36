// Runners of one group on a cluster in memory, with retry topics: what fails is stored there, and comes back in virtual time.

import type { Config } from '../../src/config/options.ts'
import { retryTopicsOf } from '../../src/config/retry-topics.ts'
import type { RetryOptions } from '../../src/consumer/retry.ts'
import type { Engine, KafkaRecord } from '../../src/engine/engine.ts'
import { createMemoryEngine, MemoryCluster } from '../../src/engine/memory/index.ts'
import { createBus } from '../../src/events/bus.ts'
import type { EventName, Events } from '../../src/events/events.ts'
import { type ErrorInfo, Runner } from '../../src/runner/runner.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { consumerWith, defaults, describe, type Hooks, TOPIC } from './rig.ts'

export const GROUP = 'orders-consumer'

/** The retry topic with this delay. */
export const retryTopic = (seconds: number, group = GROUP) => `${TOPIC}.retry-${seconds}s.${group}`

/** A wall clock that can be wrong. */
class SkewedClock extends FakeClock {
  skew = 0

  override epoch(): number {
    return super.epoch() + this.skew
  }
}

export interface RetryRigOptions {
  readonly config?: Partial<Config>
  readonly retry?: RetryOptions
  readonly partitions?: number
  /** Milliseconds that a request takes each way; 0 by default. */
  readonly latency?: number
  /** The retry topics are not there. */
  readonly isBare?: boolean
}

export class RetryRig {
  readonly clock = new SkewedClock()
  readonly cluster: MemoryCluster
  readonly events: { name: EventName; data: Events[EventName] }[] = []
  readonly errors: ErrorInfo[] = []
  readonly #options: RetryRigOptions

  constructor(options: RetryRigOptions = {}) {
    this.#options = options
    const { partitions = 1, isBare = false, latency = 0 } = options
    this.cluster = new MemoryCluster({ clock: this.clock, latency })
    this.cluster.createTopic(TOPIC, partitions)
    if (!isBare) for (const { name } of this.#retryTopics()) this.cluster.createTopic(name, partitions)
  }

  /** Joined. */
  async start(hooks: Hooks, groupId = GROUP): Promise<{ runner: Runner; engine: Engine }> {
    const bus = createBus(error => {
      throw error
    })
    bus.onAny((name, data) => this.events.push({ name, data }))
    const { retry } = this.#options
    const made: Engine[] = []
    const runner = new Runner({
      consumer: consumerWith(hooks),
      description: this.#description(hooks),
      config: this.#config,
      groupId,
      instanceId: null,
      engine: parts => {
        made.push(createMemoryEngine(this.cluster)(parts))
        return made[0]!
      },
      bus,
      clock: this.clock,
      onError: (_, info) => this.errors.push(info),
      ...(retry ? { retries: () => retry } : {}),
    })
    await runner.initialize()
    await this.clock.when(runner.start())
    return { runner, engine: made[0]! }
  }

  give(...values: string[]): void {
    for (const value of values) this.cluster.append({ topic: TOPIC, partition: 0 }, { value: Buffer.from(value) })
  }

  stored(topic: string): readonly KafkaRecord[] {
    return this.cluster.records({ topic, partition: 0 })
  }

  committed(topic: string, group = GROUP): number | null {
    return this.cluster.group(group).committed({ topic, partition: 0 })
  }

  /** Everything that was stored in the topic and its retry topics is committed. */
  get isDone(): boolean {
    return [TOPIC, ...this.#retryTopics().map(({ name }) => name)].every(
      topic => (this.committed(topic) ?? 0) === this.cluster.log({ topic, partition: 0 }).end,
    )
  }

  of<N extends EventName>(name: N): Events[N][] {
    return this.events.filter(event => event.name === name).map(({ data }) => data as Events[N])
  }

  stop(runner: Runner): Promise<{ clean: boolean }> {
    return this.clock.when(runner.stop({ deadline: this.clock.now() + 25_000, leave: true }))
  }

  get #config(): Config {
    return { ...defaults, retryThen: 'skip', pauseTimeout: 1, ...this.#options.config }
  }

  #description({ processBatch }: Hooks) {
    const { retry } = this.#options
    const description = describe(processBatch ? 'processBatch' : 'process')
    const subscriptions = description.subscriptions.map(one => ({
      ...one,
      ...(retry?.topics ? { retryTopics: retry.topics } : {}),
    }))
    return { ...description, subscriptions }
  }

  #retryTopics(group = GROUP) {
    return retryTopicsOf(this.#description({}), this.#config, group)
  }
}

export const header = (record: KafkaRecord, name: string): string | undefined =>
  record.headers.findLast(([one]) => one === name)?.[1]?.toString()
