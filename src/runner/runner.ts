// The life of a consumer in a process: initialize, join, run until it is told to stop or cannot go on, end. It owns the parts in
// machine.ts and decides when they begin and end; what happens to messages in between is theirs.

import { EXIT, isRacecarError, RacecarError } from '../errors.ts'
import type { InHand } from '../events/events.ts'
import { deferred } from '../lib/deferred.ts'
import { reasonOf } from '../lib/reason.ts'
import type { Quiet, Suspicion } from '../messages.ts'
import { finish } from './ending.ts'
import { Farewell, type StopHow } from './farewell.ts'
import { Machine, type RunnerParts } from './machine.ts'
import { toMs } from './settings.ts'

export type { ErrorInfo, OnError } from './failure.ts'
export type { StopHow } from './farewell.ts'
export type { RunnerParts, Witness } from './machine.ts'

/** `error` undefined: it was told to stop. */
export interface RunnerEnd {
  readonly exitCode: number
  readonly error?: Error
}

export class Runner {
  /** Resolves when everything has ended, by `stop` or by an error. */
  readonly done: Promise<RunnerEnd>
  readonly #done = deferred<RunnerEnd>()
  readonly #parts: RunnerParts
  readonly #machine: Machine
  #initializing: Promise<void> = Promise.resolve()
  #membership: 'none' | 'joining' | 'joined' | 'ended' = 'none'
  #fatal: Error | undefined
  #farewell: Farewell | undefined
  #ending: Promise<{ clean: boolean }> | undefined

  constructor(parts: RunnerParts) {
    this.#parts = parts
    this.done = this.#done.promise
    this.#machine = new Machine(parts, {
      failed: error => this.#fail(error),
      engineFailed: error => this.#engineFailed(error),
    })
  }

  /** Runs the user's initialize(). Rejects with START_FAILED when it throws; then everything has already been ended. */
  async initialize(): Promise<void> {
    this.#initializing = this.#machine.hooks.initialize()
    try {
      await this.#initializing
    } catch (cause) {
      const why = reasonOf(cause)
      await this.#failStart(new RacecarError('START_FAILED', `initialize() failed: ${why}`, { cause }), cause)
    }
  }

  /** Joins the group; resolves with the first assignment, or when it is stopped before that. */
  async start(): Promise<void> {
    if (this.#ending) return
    this.#membership = 'joining'
    this.#machine.gauge?.start()
    this.#machine.loop.start()
    try {
      // After a stop, or when the engine fails, its start need not settle.
      await Promise.race([this.#machine.engine.start(), this.done])
    } catch (error) {
      if (!this.#ending) await this.#failStart(asError(error), error)
    }
    if (this.#fatal) throw this.#fatal
    if (this.#membership === 'joining') this.#membership = 'joined'
  }

  /** A heartbeat now. */
  beat(): void {
    if (this.#membership === 'joining' || this.#membership === 'joined') this.#machine.engine.beat()
  }

  /** Starts nothing new of these until it is told otherwise; what is in hand goes on, and so does the membership. */
  quiet(quiet: Quiet): void {
    this.#machine.assignment.quiet(quiet)
  }

  /** What these (`topic/partition`) stand before, having given it up, is tried again; none: of all of its partitions. */
  resume(partitions: readonly string[]): void {
    this.#machine.assignment.resume(partitions)
  }

  /** Messages that may be what ends workers are handled with care, and those that are known to be are not handled. */
  suspect(suspicion: Suspicion): void {
    this.#machine.assignment.suspect(suspicion)
  }

  /**
   * Finishes what is in hand, delivers, tears down, commits and ends the membership, within the deadline. `clean` is false when
   * something in hand was given up, or not everything could be delivered and committed. Later calls join the first one: they
   * can make the deadline sooner, and can have the place given up.
   */
  stop(how: StopHow): Promise<{ clean: boolean }> {
    if (this.#ending) this.#farewell?.join(how)
    this.#farewell ??= new Farewell(how, this.#parts.clock)
    this.#ending ??= this.#end(this.#farewell)
    return this.#ending
  }

  /** The handlers' calls under way, those that were given up included. */
  inHand(): readonly InHand[] {
    const now = this.#parts.clock.now()
    return this.#machine.assignment.running.map(attempt => {
      const { topic, partition } = attempt.of
      const { offset, lastOffset, care } = attempt
      const inHand = { topic, partition, offset, lastOffset, forMs: attempt.forMs(now) }
      return care?.trial === undefined ? inHand : { ...inHand, alone: true }
    })
  }

  /** What it is doing, as plain figures. */
  snapshot() {
    const { assignment, engine, outbox } = this.#machine
    return {
      beatAgoMs: engine.beatAgo(),
      lanes: assignment.lanes.map(lane => lane.snapshot()),
      produced: outbox.queued,
      delivered: outbox.delivered,
    }
  }

  async #end(farewell: Farewell): Promise<{ clean: boolean }> {
    this.#machine.turns.close()
    this.#machine.loop.stop()
    const clean = await finish(this.#machine, {
      farewell,
      clock: this.#parts.clock,
      initializing: this.#initializing,
      isCutOff: () => this.#membership === 'ended',
    })
    this.#membership = 'ended'
    const error = this.#fatal
    this.#done.resolve(error ? { error, exitCode: exitCodeOf(error) } : { exitCode: clean ? EXIT.clean : EXIT.forced })
    return { clean }
  }

  /** Nothing that happens while it already ends changes how it ends. */
  #fail(error: Error): void {
    if (this.#ending) return
    this.#fatal = error
    const deadline = this.#parts.clock.now() + toMs(this.#parts.config.shutdownTimeout)
    // The place in the group is kept: whoever watches this process replaces it.
    void this.stop({ deadline, leave: false })
  }

  async #failStart(error: Error, thrown: unknown): Promise<never> {
    this.#tellStartFailed(thrown)
    this.#fail(error)
    await this.done
    throw error
  }

  #engineFailed(error: Error): void {
    const before = this.#membership
    this.#membership = 'ended'
    this.#machine.assignment.closeAll('the membership has ended')
    if (before === 'joining' && !this.#ending) this.#tellStartFailed(error)
    this.#fail(error)
  }

  #tellStartFailed(error: unknown): void {
    const { consumer } = this.#parts.description
    this.#machine.hooks.error(error, () => ({ consumer, retriesCount: 0, unrecoverableDeliveryError: false }))
  }
}

const asError = (thrown: unknown): Error => (thrown instanceof Error ? thrown : new Error(String(thrown)))

const exitCodeOf = (error: Error): number => (isRacecarError(error) ? error.exitCode : EXIT.failure)
