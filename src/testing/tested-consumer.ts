// What a test holds in its hands: a consumer that runs, what to give it, the time that it is given, and what came of it.

import type { Config } from '../config/options.ts'
import type { Message } from '../consumer/message.ts'
import type { TopicName } from '../consumer/subscription.ts'
import { keyOf, type TopicPartition } from '../engine/engine.ts'
import type { Runner, RunnerEnd } from '../runner/runner.ts'
import type { Driver } from './driver.ts'
import { asRecord, type GivenRecord } from './given.ts'
import { standing } from './standing.ts'
import type { Journal, LoggedLine, TestError } from './watched.ts'
import type { World } from './world.ts'

export interface TestedParts<C> {
  readonly name: string
  readonly consumer: C
  readonly runner: Runner
  readonly driver: Driver
  readonly world: World
  readonly journal: Journal
  readonly config: Config
}

export interface PausedPartition extends TopicPartition {
  /** Of the message that is handled again. */
  readonly offset: number
  /** Of virtual time; Infinity: for good. */
  readonly secondsLeft: number
  /** What was thrown. */
  readonly error: unknown
}

export interface FailDelivery {
  /** How many: 1 by default, Infinity for all from now on. */
  readonly times?: number
  /** true, the default: so many messages are refused for good. false: so many attempts fail, and are made again. */
  readonly forGood?: boolean
}

export class TestedConsumer<C = object> implements AsyncDisposable {
  readonly #parts: TestedParts<C>
  #stopping: Promise<{ clean: boolean }> | undefined
  #ended: RunnerEnd | undefined

  private constructor(parts: TestedParts<C>) {
    this.#parts = parts
    void parts.runner.done.then(end => {
      this.#ended = end
    })
  }

  /** Initialized, and with its partitions. */
  static async start<C>(parts: TestedParts<C>): Promise<TestedConsumer<C>> {
    const { driver, runner } = parts
    const tested = new TestedConsumer(parts)
    await driver.when(runner.initialize(), 'initialize()')
    await driver.when(runner.start(), 'the start')
    await tested.#untilShared()
    return tested
  }

  /** The instance. */
  get consumer(): C {
    return this.#parts.consumer
  }

  /** The messages whose handler came to its end, in that order; one that is handled again is here again. */
  get handled(): readonly Message[] {
    return this.#parts.journal.handled
  }

  /** What the consumer has produced and the broker has stored, in that order. */
  get produced(): readonly Message[] {
    return this.#parts.world.produced.filter(message => !this.#isDeadLetter(message))
  }

  /** Messages that were given up and are stored in a topic for dead letters, in that order; why is in their headers. */
  get deadLetters(): readonly Message[] {
    return this.#parts.world.produced.filter(message => this.#isDeadLetter(message))
  }

  /** Messages that failed and went to a retry topic, in that order, as they lie there: `racecar-due` in their headers says until when. */
  get deferred(): readonly Message[] {
    return this.#parts.world.deferred
  }

  /** Each error with what `onError` is told of it: the place, the message, `retriesCount`. */
  get errors(): readonly TestError[] {
    return this.#parts.journal.errors
  }

  /** What it has logged by `this.logger`. */
  get logged(): readonly LoggedLine[] {
    return this.#parts.journal.logged
  }

  /** Partitions that rest after an error, and those of retry topics whose next message is not due; these without an error. */
  get paused(): readonly PausedPartition[] {
    const { runner, journal } = this.#parts
    const lanes = runner.snapshot().lanes.filter(({ state }) => state === 'paused')
    return lanes.map(({ topic, partition, position: offset, pausedForMs }) => {
      const secondsLeft = pausedForMs === null ? Number.POSITIVE_INFINITY : pausedForMs / 1000
      return { topic, partition, offset, secondsLeft, error: journal.lastError({ topic, partition })?.error }
    })
  }

  /** Set when the consumer has ended: by `stop`, or by itself, as with pauseTimeout 0, when its worker would exit with this code. */
  get ended(): RunnerEnd | undefined {
    return this.#ended
  }

  /** The next offset that the group would read; null where it never had the partition. */
  committed(topic: TopicName, partition = 0): number | null {
    return this.#parts.world.committed(this.#parts.world.at(topic, partition))
  }

  /** What was given up and stopped its partition is tried again, as by `racecarctl continue`. */
  async resume(): Promise<void> {
    this.#mustLive()
    this.#parts.runner.resume([])
    await this.#parts.driver.now()
  }

  /** Writes these, and returns when nothing is left to do without time going on. */
  async give<V extends readonly unknown[]>(
    ...messages: { readonly [I in keyof V]: string | Uint8Array | GivenRecord<V[I]> }
  ): Promise<void> {
    this.#mustLive()
    this.#parts.world.write(messages.map(message => asRecord(message, 'give')))
    await this.#parts.driver.now()
  }

  /** Lets virtual time go on. What runs already is not waited for: so a handler can be made to take too long. */
  async advance(seconds: number): Promise<void> {
    if (!(seconds >= 0 && Number.isFinite(seconds)))
      throw new TypeError(`advance takes a number of seconds, not ${String(seconds)}`)
    await this.#parts.driver.advance(seconds * 1000)
  }

  /**
   * Lets virtual time go on until everything is handled, delivered and committed. Rejects, saying what stands where and why,
   * when that takes longer than `within` seconds, or can never be.
   */
  async settle({ within = 600 }: { readonly within?: number } = {}): Promise<void> {
    const late = () => this.#unsettled(`has not settled within ${within} s of virtual time`)
    await this.#parts.driver.until(() => this.#isSettled(), late, within * 1000)
  }

  /** As if another member of the group took over the partition. */
  async revoke(topic: TopicName, partition = 0): Promise<void> {
    this.#mustLive()
    this.#parts.world.withhold(this.#parts.world.at(topic, partition))
    await this.#untilShared()
  }

  /** As if that member had left. */
  async assign(topic: TopicName, partition = 0): Promise<void> {
    this.#mustLive()
    this.#parts.world.handBack(this.#parts.world.at(topic, partition))
    await this.#untilShared()
  }

  /** The next message produced to this topic is refused for good, or the next attempts fail. */
  failDelivery(topic: TopicName, { times = 1, forGood = true }: FailDelivery = {}): void {
    this.#parts.world.fail(topic, { times, retriable: !forGood })
  }

  /** A graceful stop, as in production. `clean`: nothing was given up. */
  stop(): Promise<{ clean: boolean }> {
    this.#stopping ??= this.#stop()
    return this.#stopping
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  /** What console.log shows. */
  [Symbol.for('nodejs.util.inspect.custom')](
    _depth: number,
    options: object,
    inspect: (value: unknown, options: object) => string,
  ) {
    const { handled, produced, errors, paused, deadLetters } = this
    const shown = { handled, produced, errors, paused, ...(deadLetters.length > 0 ? { deadLetters } : {}) }
    return `${this.#parts.name}: ${inspect(shown, options)}`
  }

  #isDeadLetter({ topic, headers }: Message): boolean {
    return headers['racecar-consumer'] === this.#parts.name && topic !== headers['racecar-topic']
  }

  async #stop(): Promise<{ clean: boolean }> {
    const { runner, driver, config } = this.#parts
    const ending = runner.stop({ deadline: driver.clock.now() + config.shutdownTimeout * 1000, leave: true })
    try {
      return await driver.when(ending, 'the stop')
    } catch {
      // Real time is up for something that does not settle: from here on it is what virtual time would have made of it.
      return driver.when(ending, 'the stop')
    }
  }

  /** Until the consumer has exactly the partitions that are for it. */
  async #untilShared(): Promise<void> {
    const { runner, driver, world } = this.#parts
    const wanted = world.partitions.map(keyOf).sort().join()
    runner.beat()
    const has = () => runner.snapshot().lanes.map(keyOf).sort().join()
    await driver.until(
      () => this.#ended !== undefined || has() === wanted,
      () => this.#unsettled('has not got its partitions'),
    )
  }

  #isSettled(): boolean {
    const { runner, world } = this.#parts
    if (this.#ended && !this.#stopping) throw this.#unsettled('has ended')
    const { lanes, produced, delivered } = runner.snapshot()
    if (lanes.some(({ state, pausedForMs }) => state === 'paused' && pausedForMs === null))
      throw this.#unsettled('is paused for good')
    return produced === delivered && world.partitions.every(at => world.committed(at) === world.end(at))
  }

  #unsettled(what: string): Error {
    return standing(what, { ...this.#parts, ended: this.#ended })
  }

  #mustLive(): void {
    if (this.#stopping) throw new Error(`${this.#parts.name} has been stopped`)
    if (this.#ended) throw this.#unsettled('has ended')
  }
}
