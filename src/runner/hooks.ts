// Calls what the user wrote beside the handler: hooks by name, and onError. What goes wrong in one is told and hurts nothing
// else, unless the caller wants to know.

import type { ConsumerInstance } from '../consumer/consumer.ts'
import type { Statistics } from '../consumer/statistics.ts'
import type { TopicPartition } from '../engine/engine.ts'
import type { Bus } from '../events/bus.ts'
import { errorData } from '../events/error-data.ts'
import type { Clock } from '../lib/clock.ts'
import { within } from '../lib/within.ts'
import type { ErrorInfo, OnError } from './failure.ts'

export interface HooksParts {
  readonly consumer: ConsumerInstance
  readonly onError: OnError | undefined
  readonly bus: Bus
  /** Wraps what may produce. */
  readonly during: <T>(hook: () => Promise<T>) => Promise<T>
  readonly clock: Clock
  /** Milliseconds after which a hook about partitions holds them up no longer. */
  readonly limit: number
}

type AboutPartitions = 'onPartitionsAssigned' | 'onPartitionsRevoked'

export class Hooks {
  readonly #parts: HooksParts
  /** A partition is not reported as revoked while the hook that hears of its assignment still runs. */
  #last: Promise<void> = Promise.resolve()
  #torn: Promise<boolean> | undefined

  constructor(parts: HooksParts) {
    this.#parts = parts
  }

  /** Rejects with what the hook threw. */
  async initialize(): Promise<void> {
    const { consumer, during } = this.#parts
    await during(async () => consumer.initialize?.())
  }

  /** Once, however often it is called. Answers whether it went well. */
  teardown(): Promise<boolean> {
    const { consumer, during } = this.#parts
    this.#torn ??= during(() => this.#guard('teardown', () => consumer.teardown?.()))
    return this.#torn
  }

  /** One after the other, in the order of the calls. */
  partitions(hook: AboutPartitions, partitions: readonly TopicPartition[]): Promise<void> {
    if (typeof this.#parts.consumer[hook] !== 'function') return this.#last
    const plain = partitions.map(({ topic, partition }) => ({ topic, partition }))
    this.#last = this.#last.then(() => this.#parts.during(() => this.#bounded(hook, plain)))
    return this.#last
  }

  get wantsStatistics(): boolean {
    return typeof this.#parts.consumer.statisticsCallback === 'function'
  }

  /** Resolves when it has settled, however. */
  statistics(statistics: Statistics): Promise<boolean> {
    return this.#guard('statisticsCallback', () => this.#parts.consumer.statisticsCallback?.(statistics))
  }

  error(error: unknown, info: () => ErrorInfo): void {
    const { onError } = this.#parts
    if (onError) void this.#guard('onError', () => onError(error, info()))
  }

  async #bounded(hook: AboutPartitions, partitions: readonly TopicPartition[]): Promise<void> {
    const { consumer, bus, clock, limit } = this.#parts
    const called = this.#guard(hook, () => consumer[hook]?.(partitions))
    if (await within(clock, called, clock.now() + limit)) return
    const error = errorData(new Error(`it has not settled within max_poll_interval (${limit / 1000} s)`))
    bus.publish('hook.failed', { hook, error })
  }

  async #guard(hook: string, call: () => unknown): Promise<boolean> {
    try {
      await call()
      return true
    } catch (error) {
      this.#parts.bus.publish('hook.failed', { hook, error: errorData(error) })
      return false
    }
  }
}
