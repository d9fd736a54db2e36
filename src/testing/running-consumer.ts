// A consumer that a test runs in its own process on a real protocol, in real time: what came of it, and its stop.

import type { Message } from '../consumer/message.ts'
import type { TopicName } from '../consumer/subscription.ts'
import { sleep, systemClock } from '../lib/clock.ts'
import { reasonOf } from '../lib/reason.ts'
import type { RunnerEnd } from '../runner/runner.ts'
import type { RealKafka } from './real-kafka.ts'
import type { Prepared, SetUp } from './set-up.ts'
import type { LoggedLine, TestError } from './watched.ts'
import { nameOf } from './world.ts'

export interface RunningParts<C>
  extends Prepared<C>,
    Pick<SetUp, 'name' | 'groupId' | 'subscribed' | 'retryTopics' | 'config'> {
  readonly kafka: RealKafka
}

const POLL_MS = 5

export class RunningConsumer<C = object> implements AsyncDisposable {
  readonly #parts: RunningParts<C>
  #stopping: Promise<{ clean: boolean }> | undefined
  #ended: RunnerEnd | undefined

  constructor(parts: RunningParts<C>) {
    this.#parts = parts
    void parts.runner.done.then(end => {
      this.#ended = end
    })
  }

  /** Resolves when it is initialized, and a member of its group. */
  async start(): Promise<void> {
    await this.#parts.runner.initialize()
    await this.#parts.runner.start()
  }

  /** The instance. */
  get consumer(): C {
    return this.#parts.consumer
  }

  get groupId(): string {
    return this.#parts.groupId
  }

  /** The messages whose handler came to its end, in that order; one that is handled again is here again. */
  get handled(): readonly Message[] {
    return this.#parts.journal.handled
  }

  /** What onError was told, in that order. */
  get errors(): readonly TestError[] {
    return this.#parts.journal.errors
  }

  /** What it has logged by `this.logger`. */
  get logged(): readonly LoggedLine[] {
    return this.#parts.journal.logged
  }

  /** Set when the consumer has ended, by `stop` or by itself, as its worker would exit. */
  get ended(): RunnerEnd | undefined {
    return this.#ended
  }

  /** The next offset that the group would read; null where it has committed none. */
  async committed(topic: TopicName, partition = 0): Promise<number | null> {
    const { kafka, groupId } = this.#parts
    return (await kafka.committed(groupId, nameOf(topic)))[partition] ?? null
  }

  /**
   * Waits until everything in its topics is handled and committed, and what it produced is delivered. Rejects, saying what stands
   * where and why, when that takes longer than `within` seconds, or can never be.
   */
  async settle({ within = 4 }: { readonly within?: number } = {}): Promise<void> {
    const end = systemClock.now() + within * 1000
    for (;;) {
      if (this.#ended) throw await this.#unsettled('has ended')
      if (await this.#isSettled()) return
      if (systemClock.now() > end) throw await this.#unsettled(`has not settled within ${within} s`)
      await sleep(systemClock, POLL_MS)
    }
  }

  /** A graceful stop, as in production. `clean`: nothing was given up, as what takes longer than `within` seconds is. */
  stop({
    within = this.#parts.config.shutdownTimeout,
  }: {
    readonly within?: number
  } = {}): Promise<{ clean: boolean }> {
    const deadline = systemClock.now() + within * 1000
    this.#stopping ??= this.#parts.runner.stop({ deadline, leave: true })
    return this.#stopping
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  async #isSettled(): Promise<boolean> {
    const { produced, delivered } = this.#parts.runner.snapshot()
    return produced === delivered && (await this.#behind()).length === 0
  }

  async #behind(): Promise<{ topic: string; partition: number; committed: number; end: number }[]> {
    const { kafka, groupId, subscribed, retryTopics } = this.#parts
    const all = [...subscribed, ...retryTopics].map(async topic => {
      const [ends, committed] = await Promise.all([kafka.ends(topic), kafka.committed(groupId, topic)])
      return ends.map((end, partition) => ({ topic, partition, end, committed: committed[partition] ?? 0 }))
    })
    return (await Promise.all(all)).flat().filter(({ committed, end }) => committed < end)
  }

  async #unsettled(what: string): Promise<Error> {
    const { name, journal } = this.#parts
    const places = (await this.#behind()).map(({ topic, partition, committed, end }) => {
      const last = journal.lastError({ topic, partition })
      const why = last ? `, attempt ${last.retriesCount + 1} failed: ${reasonOf(last.error)}` : ''
      return `${topic}/${partition} is committed up to ${committed} of ${end}${why}`
    })
    const cause = this.#ended?.error ?? journal.errors.at(-1)?.error
    const end = this.#ended?.error ? [this.#ended.error.message] : []
    return new Error([`${name} ${what}`, ...end, ...places].join('; '), { cause })
  }
}
