// A clock that stands still until a test moves it. Timers run one after the other in the order of their due times, and between
// two of them everything that the first one set going comes to rest. Knows nothing of what it is used for.

import type { Cancel, Clock } from '../lib/clock.ts'

interface Timer {
  readonly due: number
  readonly task: () => void
}

// Taken here, before a test can put a fake in its place.
const immediate = setImmediate

/** Calls `task` when the event loop has turned. */
export function turned(task: () => void): void {
  immediate(task)
}

/** Lets everything that is already on its way (microtasks, ticks) come to rest. */
export const turn = (): Promise<void> => new Promise(resolve => immediate(resolve))

export class FakeClock implements Clock {
  readonly #timers: Timer[] = []
  readonly #epoch: number
  #now = 0

  /** `epoch`: milliseconds since the epoch when it begins. */
  constructor(epoch = Date.UTC(2026, 0, 1)) {
    this.#epoch = epoch
  }

  now(): number {
    return this.#now
  }

  epoch(): number {
    return this.#epoch + this.#now
  }

  after(ms: number, task: () => void): Cancel {
    const timer = { due: this.#now + Math.max(0, ms), task }
    // After all that are due at the same instant: first come, first served.
    const at = this.#timers.findLastIndex(({ due }) => due <= timer.due) + 1
    this.#timers.splice(at, 0, timer)
    return () => {
      const index = this.#timers.indexOf(timer)
      if (index >= 0) this.#timers.splice(index, 1)
    }
  }

  /** How many timers wait: 0 after a test that leaves nothing behind. */
  get pending(): number {
    return this.#timers.length
  }

  /** Moves the time on by `ms`, running what becomes due on the way, timers set by timers included. */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms
    await turn()
    while (this.step(end)) await turn()
    this.reach(end)
  }

  /** Moves the time on, timer by timer, until the condition holds; throws where it does not within `within` milliseconds. */
  async until(
    condition: () => boolean | Promise<boolean>,
    { within = 600_000, what = String(condition) }: { within?: number; what?: string } = {},
  ): Promise<void> {
    const end = this.#now + within
    await turn()
    while (!(await condition())) {
      if (!this.step(end)) throw new Error(`not within ${within} ms: ${what} (${this.pending} timers wait)`)
      await turn()
    }
  }

  /** Moves the time on until the promise has settled, and answers as it did. */
  async when<T>(promise: Promise<T>, options?: { within?: number; what?: string }): Promise<T> {
    let settled = false
    const note = () => {
      settled = true
    }
    promise.then(note, note)
    await this.until(() => settled, { what: 'a promise that settles', ...options })
    return promise
  }

  /** Lets the time jump without running anything in between, as for a process that was stopped; then what is due runs. */
  async jump(ms: number): Promise<void> {
    this.#now += ms
    await this.advance(0)
  }

  /** Runs the next timer, at its time, where that has come by `end`. */
  step(end: number): boolean {
    const next = this.#timers[0]
    if (!next || next.due > end) return false
    this.#timers.shift()
    this.#now = Math.max(this.#now, next.due)
    next.task()
    return true
  }

  /** It is this late now, if it is not later; nothing is run. */
  reach(ms: number): void {
    this.#now = Math.max(this.#now, ms)
  }
}
