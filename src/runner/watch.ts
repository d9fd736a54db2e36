// Looks after handlers that have returned a promise: one that runs longer than it may is told to end, and where it does not
// within a grace, that is the end of its worker. One timer for all; a handler that is quick costs nothing here.

import type { Bus } from '../events/bus.ts'
import type { Cancel, Clock } from '../lib/clock.ts'
import type { Attempt } from './attempt.ts'

export interface WatchParts {
  readonly clock: Clock
  readonly bus: Bus
  /** Milliseconds that a handler may take. */
  readonly limit: number
  /** Milliseconds that it has to settle after its signal has aborted. */
  readonly grace: number
  /** All handlers that run, those that were given up included. */
  readonly running: () => Iterable<Attempt>
  readonly stuck: (attempt: Attempt) => void
}

/** Even a handler that heeds its signal at once needs a moment. Milliseconds. */
const LEAST_GRACE = 100

export class Watch {
  readonly #parts: WatchParts
  #cancel: Cancel | undefined

  constructor(parts: WatchParts) {
    this.#parts = parts
  }

  /** A handler runs on. */
  began(): void {
    // Whoever begins later is due later than what the timer is set for.
    this.#cancel ??= this.#parts.clock.after(this.#parts.limit, () => this.#look())
  }

  stop(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }

  #look(): void {
    this.#cancel = undefined
    let next = Number.POSITIVE_INFINITY
    for (const attempt of [...this.#parts.running()]) next = Math.min(next, this.#check(attempt))
    if (next < Number.POSITIVE_INFINITY) this.#cancel ??= this.#parts.clock.after(next, () => this.#look())
  }

  /** Milliseconds until there is something to do about it; Infinity: never. */
  #check(attempt: Attempt): number {
    const { clock, limit, grace, stuck } = this.#parts
    const now = clock.now()
    if (attempt.overdueSince === undefined) {
      const left = attempt.since + limit - now
      if (left > 0) return left
      this.#warn(attempt, now)
    }
    const left = attempt.overdueSince! + Math.max(grace, LEAST_GRACE) - now
    if (left > 0) return left
    stuck(attempt)
    return Number.POSITIVE_INFINITY
  }

  #warn(attempt: Attempt, now: number): void {
    const { bus, limit } = this.#parts
    const { topic, partition } = attempt.of
    attempt.overdueSince = now
    bus.publish('handler.overdue', { topic, partition, offset: attempt.offset, runningMs: now - attempt.since })
    attempt.abort(`the handler runs longer than max_poll_interval (${limit / 1000} s)`)
  }
}
