// The consumer as the runner of a test sees it: the user's own instance, each call of which is watched and noted down. What it
// does stays its own; nothing is put in the place of its methods.

import type { ConsumerInstance } from '../consumer/consumer.ts'
import type { Message } from '../consumer/message.ts'
import { keyOf, type TopicPartition } from '../engine/engine.ts'
import type { Level } from '../events/events.ts'
import { type StandIn, surroundings } from '../producer/surroundings.ts'
import type { ErrorInfo } from '../runner/runner.ts'
import type { Failure, UserCode } from './user-code.ts'

/** What onError was told, and the error; or a hook that threw. */
export interface TestError extends ErrorInfo {
  readonly error: unknown
  /** `onPartitionsAssigned`, `onPartitionsRevoked`, `statisticsCallback`, `teardown`, `onError`, `events.on …`; undefined where a message, a batch or a delivery failed. */
  readonly hook?: string
}

export interface LoggedLine {
  readonly level: Level
  readonly message: string
  readonly fields?: Readonly<Record<string, unknown>> | undefined
}

/** What happened so far, in order. */
export class Journal {
  readonly handled: Message[] = []
  readonly errors: TestError[] = []
  readonly logged: LoggedLine[] = []
  readonly #consumer: string
  /** Calls whose results do not count any more. */
  readonly #givenUp = new Set<string>()

  constructor(consumer: string) {
    this.#consumer = consumer
  }

  gaveUp(of: TopicPartition, offset: number): void {
    this.#givenUp.add(callKey(of, offset))
  }

  ended(messages: readonly Message[], failure: Failure | undefined): void {
    const [first] = messages
    const counts = !first || !this.#givenUp.delete(callKey(first, first.offset))
    if (!failure && counts) this.handled.push(...messages)
  }

  hookFailed(hook: string, { error }: Failure): void {
    const consumer = this.#consumer
    this.errors.push({ error, hook, consumer, retriesCount: 0, unrecoverableDeliveryError: false })
  }

  /** The last one, where it is about this partition. */
  lastError(of: TopicPartition): TestError | undefined {
    return this.errors.findLast(({ topic, partition }) => topic === of.topic && partition === of.partition)
  }
}

const callKey = (of: TopicPartition, offset: number): string => `${keyOf(of)}@${offset}`

const HANDLERS: readonly PropertyKey[] = ['process', 'processBatch']
const HOOKS: readonly PropertyKey[] = [
  'initialize',
  'teardown',
  'onPartitionsAssigned',
  'onPartitionsRevoked',
  'statisticsCallback',
]

/** A test may put a spy there. */
const changeable = { configurable: true, writable: true }

export function watched(
  instance: ConsumerInstance & object,
  {
    code,
    journal,
    standIn,
  }: { readonly code: UserCode; readonly journal: Journal; readonly standIn: StandIn | undefined },
): ConsumerInstance & object {
  const deliver = (instance as { deliver?: () => Promise<void> }).deliver?.bind(instance)
  // Of its own, because the user's code calls it on the instance itself.
  if (deliver) Object.defineProperty(instance, 'deliver', { ...changeable, value: () => code.delivering(deliver) })
  return new Proxy(instance, {
    get(target, name) {
      const method: unknown = Reflect.get(target, name)
      if (typeof method !== 'function') return method
      const apply = (given: readonly unknown[]) => Reflect.apply(method, target, given)
      const call = (given: readonly unknown[]) =>
        standIn === undefined ? apply(given) : surroundings().local.run(standIn, apply, given)
      if (HANDLERS.includes(name))
        return (...given: [Message | readonly Message[], unknown]) => handle(name, given, call)
      if (HOOKS.includes(name)) return (...given: readonly unknown[]) => hook(String(name), () => call(given))
      return method
    },
  })

  function handle(
    name: PropertyKey,
    given: [Message | readonly Message[], unknown],
    call: (given: readonly unknown[]) => unknown,
  ): unknown {
    const messages = [given[0]].flat()
    const { topic, partition, offset } = messages[0]!
    return code.watch({
      what: `${String(name)}() of ${topic}/${partition} at offset ${offset}`,
      run: () => call(given),
      ended: failure => journal.ended(messages, failure),
    })
  }

  function hook(name: string, run: () => unknown): unknown {
    return code.watch({
      what: `${name}()`,
      run,
      ended: failure => failure && journal.hookFailed(name, failure),
    })
  }
}
