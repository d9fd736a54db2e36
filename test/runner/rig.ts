// A runner on a fake clock, with a consumer that a test writes in a line, and an engine that it commands.

import type { Config } from '../../src/config/options.ts'
import { options } from '../../src/config/options.ts'
import type { ConsumerInstance } from '../../src/consumer/consumer.ts'
import { Consumer } from '../../src/consumer/consumer.ts'
import type { RetryOptions } from '../../src/consumer/retry.ts'
import { type Bus, createBus } from '../../src/events/bus.ts'
import type { EventName, Events } from '../../src/events/events.ts'
import { type Deferred, deferred } from '../../src/lib/deferred.ts'
import type { Description } from '../../src/messages.ts'
import type { ErrorInfo, OnError, Witness } from '../../src/runner/runner.ts'
import { Runner } from '../../src/runner/runner.ts'
import { FakeClock, turn } from '../support/fake-clock.ts'
import { p, ScriptedEngine, TOPIC } from './scripted-engine.ts'

export { turn } from '../support/fake-clock.ts'
export * from './scripted-engine.ts'

export const defaults = Object.fromEntries(
  Object.entries(options).map(([name, option]) => [name, option.default]),
) as unknown as Config

export const describe = (handler: Description['handler']): Description => ({
  consumer: 'OrdersConsumer',
  subscriptions: [{ topic: TOPIC, startFromBeginning: true, maxBytesPerPartition: 1_048_576 }],
  options: {},
  handler,
})

export type Hooks = ConsumerInstance & ThisType<Consumer>

/** A consumer that has what is given, on the base class that users extend. */
export function consumerWith(hooks: Hooks): ConsumerInstance & Consumer {
  class Given extends Consumer {}
  return Object.assign(new Given(), hooks)
}

export interface RigOptions {
  readonly config?: Partial<Config>
  readonly onError?: OnError
  readonly witness?: Partial<Witness>
  readonly parsers?: (topic: string) => ((raw: string) => unknown) | undefined
  /** What the class says of its topic. */
  readonly retry?: RetryOptions
}

export class Rig {
  readonly clock = new FakeClock()
  readonly engine = new ScriptedEngine()
  readonly events: { name: EventName; data: Events[EventName] }[] = []
  readonly errors: { error: unknown; info: ErrorInfo }[] = []
  readonly bus: Bus
  readonly runner: Runner
  readonly consumer: ConsumerInstance & Consumer

  constructor(hooks: Hooks, { config = {}, onError, witness = {}, parsers, retry }: RigOptions = {}) {
    this.bus = createBus(error => {
      throw error
    })
    this.bus.onAny((name, data) => this.events.push({ name, data }))
    this.consumer = consumerWith(hooks)
    this.runner = new Runner({
      consumer: this.consumer,
      description: describe(hooks.processBatch ? 'processBatch' : 'process'),
      config: { ...defaults, ...config },
      groupId: 'orders-consumer',
      instanceId: null,
      engine: this.engine.factory,
      bus: this.bus,
      clock: this.clock,
      witness: { begins: () => undefined, survived: async () => {}, ...witness },
      onError: onError ?? ((error, info) => this.errors.push({ error, info })),
      ...(parsers ? { parsers } : {}),
      ...(retry ? { retries: () => retry } : {}),
    })
  }

  /** Joined, with these partitions assigned from their beginnings. */
  static async started(hooks: Hooks, options: RigOptions & { partitions?: number } = {}): Promise<Rig> {
    const rig = new Rig(hooks, options)
    await rig.runner.initialize()
    await rig.runner.start()
    rig.engine.assign(...Array.from({ length: options.partitions ?? 1 }, (_, partition) => p(partition)))
    await turn()
    return rig
  }

  /** Lets everything happen that needs no time. */
  async settle(): Promise<void> {
    for (let turns = 0; turns < 10; turns++) await turn()
  }

  of<N extends EventName>(name: N): Events[N][] {
    return this.events.filter(event => event.name === name).map(({ data }) => data as Events[N])
  }

  stop(grace = 25_000, leave = true): Promise<{ clean: boolean }> {
    return this.runner.stop({ deadline: this.clock.now() + grace, leave })
  }
}

/** A handler whose calls a test ends one by one. */
export class ByHand<T = string> {
  readonly calls: { readonly given: T; readonly end: Deferred<void>; readonly signal: () => AbortSignal }[] = []

  call(given: T, context: { readonly signal: AbortSignal }): Promise<void> {
    const end = deferred()
    this.calls.push({ given, end, signal: () => context.signal })
    return end.promise
  }

  get given(): T[] {
    return this.calls.map(({ given }) => given)
  }

  end(index = this.calls.length - 1): void {
    this.calls[index]!.end.resolve()
  }

  fail(index = this.calls.length - 1, error: unknown = new Error('told to fail')): void {
    this.calls[index]!.end.reject(error)
  }
}

export const values = (count: number, from = 0): string[] =>
  Array.from({ length: count }, (_, index) => `v${from + index}`)
