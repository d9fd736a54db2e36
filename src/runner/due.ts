// When the message at the front of a retry topic may be handled. All messages of one wait equally long, so those behind it are due
// later, and it alone is looked at.

import type { Cancel, Clock } from '../lib/clock.ts'
import { dueOf } from './origin.ts'
import type { Queue } from './queue.ts'

export interface DueParts {
  /** Milliseconds that a message waits. */
  readonly delay: number
  readonly queue: Queue
  readonly clock: Clock
  /** It may be due. */
  readonly wake: () => void
}

/** Milliseconds after which the wall clock is looked at again: it may have jumped. */
const LOOK_MS = 10_000

export class Due {
  readonly #parts: DueParts
  #cancel: Cancel | undefined

  constructor(parts: DueParts) {
    this.#parts = parts
  }

  /** Milliseconds until the message at the front is due; 0: it is, or there is none. */
  get leftMs(): number {
    const { delay, queue, clock } = this.#parts
    if (queue.count === 0) return 0
    const record = queue.first()
    const due = dueOf(record) ?? record.timestamp + delay
    // A clock that is wrong, here or where it failed, makes nobody wait for longer than the delay.
    const longest = queue.waitingSince! + delay - clock.now()
    return Math.max(0, Math.min(due - clock.epoch(), longest))
  }

  /** Whether it is; where not, `wake` is called in time. */
  look(): boolean {
    const left = this.leftMs
    if (left === 0) return true
    this.#cancel ??= this.#parts.clock.after(Math.min(left, LOOK_MS), () => {
      this.#cancel = undefined
      this.#parts.wake()
    })
    return false
  }

  quiet(): void {
    this.#cancel?.()
    this.#cancel = undefined
  }
}
