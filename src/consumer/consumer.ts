// The base class of the user's consumers, and the words in which the rest of the framework speaks of them. A class is known by
// a brand, never by instanceof: two copies of this package may meet in one process. Hooks are found by name; the base declares
// none, so that nobody has to write `override`. Knows nothing of the runner that drives an instance.

import type { TopicPartition } from '../engine/engine.ts'
import type { Message } from './message.ts'
import {
  checkProduce,
  consoleLogger,
  type Logger,
  type Outlet,
  type Produced,
  type ProduceTo,
  type ProduceValue,
} from './outlet.ts'
import type { Statistics } from './statistics.ts'
import { type ConfigureOptions, declarationsOf, type SubscriptionOptions, type TopicName } from './subscription.ts'

export { describe, parserOf, retryOf } from './describe.ts'
export type { Logger, Outlet, Produced, ProduceTo, ProduceValue } from './outlet.ts'

const BRAND = Symbol.for('racecar.consumer')
const PARTS = Symbol.for('racecar.parts')

interface Parts {
  readonly outlet: Outlet
  readonly logger: Logger
}

export interface Context {
  /** Aborts when the handler has run too long, or its partition is taken away while it runs. */
  readonly signal: AbortSignal
}

/**
 * Extend this class, subscribe in a static block, and write `process` or `processBatch`. Subscriptions and options belong to
 * the class that declares them: a subclass inherits its parent's methods, but says for itself what it subscribes to.
 */
export abstract class Consumer {
  static readonly [BRAND]: boolean = true

  /** What produce() was given while no runner was there: for unit tests to read. */
  readonly produced: Produced[] = []

  /** Set by equip(). */
  readonly [PARTS]?: Parts

  /** Names and topics, then perhaps options for these; may be called several times. */
  static subscribesTo(first: TopicName, ...rest: readonly TopicName[]): void
  static subscribesTo(first: TopicName, ...rest: readonly [...TopicName[], SubscriptionOptions]): void
  static subscribesTo(...given: readonly unknown[]): void {
    declarationsOf(this).subscribed.push(given)
  }

  /** Options for this class; weaker than variables and flags. May be called several times, the later ones win. */
  static configure(options: ConfigureOptions): void {
    declarationsOf(this).configured.push(options)
  }

  /**
   * Queues a message and returns at once. No offset is committed before everything queued up to the end of its handler is
   * acknowledged. Throws a TypeError for what cannot be sent.
   */
  produce(value: ProduceValue, to: ProduceTo): void {
    checkProduce(value, to)
    const outlet = this[PARTS]?.outlet
    if (outlet) outlet.produce(value, to)
    else this.produced.push({ value, ...to })
  }

  /** Resolves when everything queued so far is acknowledged; rejects with MessageDeliveryError (DELIVERY_FAILED). */
  async deliver(): Promise<void> {
    await this[PARTS]?.outlet.deliver()
  }

  get logger(): Logger {
    return this[PARTS]?.logger ?? consoleLogger
  }
}

/** What may be found on an instance, by name. */
export interface ConsumerInstance {
  process?(message: Message, context: Context): unknown
  processBatch?(messages: readonly Message[], context: Context): unknown
  initialize?(): unknown
  teardown?(): unknown
  onPartitionsAssigned?(partitions: readonly TopicPartition[]): unknown
  /** Awaited before the partitions are given up. */
  onPartitionsRevoked?(partitions: readonly TopicPartition[]): unknown
  /** Every statistics_interval while the consumer runs, and not before the call before it has settled. */
  statisticsCallback?(statistics: Statistics): unknown
}

/** A class that can be run, of this copy of the package or another. */
export interface ConsumerClass {
  new (): ConsumerInstance & object
  /** The name under which it is known, where that is not its export's. */
  readonly consumerName?: string
  /** Worker processes: the same as configure({ workers }). */
  readonly parallelWorkers?: number
}

type Handler =
  | { process(message: Message<never>, context: Context): unknown; processBatch?: never }
  | { processBatch(messages: Message<never>[], context: Context): unknown; process?: never }

/** What the compiler lets run: exactly one of process and processBatch. */
export type RunnableConsumer = new () => Consumer & Handler

/** A class below Consumer; Consumer itself is none. */
export function isConsumerClass(thing: unknown): thing is ConsumerClass {
  return typeof thing === 'function' && BRAND in thing && !Object.hasOwn(thing, BRAND)
}

/** What a class calls itself; what the class above it does would be another's name. */
export const ownNameOf = (cls: ConsumerClass): string | undefined =>
  Object.hasOwn(cls, 'consumerName') ? cls.consumerName || undefined : undefined

/**
 * Gives an instance its outlet and its logger. What its constructor has already produced goes out now, in order.
 */
export function equip(instance: object, parts: Parts): void {
  Object.defineProperty(instance, PARTS, { value: parts, configurable: true })
  const { produced } = instance as { produced?: Produced[] }
  for (const { value, ...to } of produced?.splice(0) ?? []) parts.outlet.produce(value, to)
}
