// Moves virtual time. First everything happens that needs none; then whatever the user's code has in hand gets the real time that
// it takes, while virtual time stands; only then the next timer runs. Knows nothing of messages.

import type { Clock } from '../lib/clock.ts'
import { FakeClock, turn } from './fake-clock.ts'
import type { Call, UserCode } from './user-code.ts'

const NOBODY: ReadonlySet<Call> = new Set()

/** Milliseconds of virtual time in which what Racecar does by itself, such as a rebalance, must have come to its end. */
const AMPLE = 600_000

export class Driver {
  /** For all that runs in virtual time. */
  readonly clock: Clock
  readonly #clock = new FakeClock(Date.now())
  readonly #code: UserCode
  readonly #guard: () => void

  /** `guard` is asked after each step, and throws where it cannot go on like this. */
  constructor({ code, guard }: { readonly code: UserCode; readonly guard: () => void }) {
    this.#code = code
    this.#guard = guard
    this.clock = {
      now: () => this.#clock.now(),
      epoch: () => this.#clock.epoch(),
      after: (ms, task) => {
        if (ms <= 0) code.nudge()
        return this.#clock.after(ms, task)
      },
    }
  }

  /** Until nothing is left to do at this instant. Of the user's code `except` is not waited for. */
  async now(except = NOBODY): Promise<void> {
    for (;;) {
      const { changed } = this.#code
      await this.#rest()
      if (!this.#code.isBusy(except)) return
      await this.#code.patiently(changed, except)
    }
  }

  /** Moves on by `ms`, whatever was running before. What begins on the way gets its time. */
  async advance(ms: number): Promise<void> {
    const end = this.clock.now() + ms
    await this.#rest()
    const { running } = this.#code
    while (this.#clock.step(end)) await this.now(running)
    this.#clock.reach(end)
    await this.now(running)
  }

  /** Moves on until the condition holds. */
  async until(condition: () => boolean, failure: () => Error, within = AMPLE): Promise<void> {
    const end = this.clock.now() + within
    await this.now()
    while (!condition()) {
      if (!this.#clock.step(end)) throw failure()
      await this.now()
    }
  }

  /** Moves on until it has settled, and answers as it did. */
  async when<T>(promise: Promise<T>, what: string): Promise<T> {
    let isSettled = false
    const note = () => {
      isSettled = true
    }
    promise.then(note, note)
    await this.until(
      () => isSettled,
      () => new Error(`${what} has not come to its end`),
    )
    return promise
  }

  async #rest(): Promise<void> {
    await turn()
    while (this.#clock.step(this.#clock.now())) {
      await turn()
      this.#guard()
    }
  }
}
