// The time that is left for an end. It is set once and can only become less; whoever waits within it hears of that at once.

import type { Clock } from '../lib/clock.ts'
import { deferred } from '../lib/deferred.ts'
import { within } from '../lib/within.ts'

export interface StopHow {
  /** On the clock's scale. */
  readonly deadline: number
  /** false: a replacement takes over this member's place in the group. */
  readonly leave: boolean
}

/** The share of the time that handlers do not get, and its limit in milliseconds. */
const RESERVE = { share: 0.1, most: 2000 }

export class Farewell {
  readonly #clock: Clock
  #deadline: number
  #reserve: number
  #leave: boolean
  #sooner = deferred()

  constructor({ deadline, leave }: StopHow, clock: Clock) {
    this.#clock = clock
    this.#deadline = deadline
    this.#reserve = reserveOf(deadline - clock.now())
    this.#leave = leave
  }

  get leave(): boolean {
    return this.#leave
  }

  get deadline(): number {
    return this.#deadline
  }

  /** Somebody else wants the end as well: the sooner one counts, and one who wants the place given up is enough. */
  join({ deadline, leave }: StopHow): void {
    this.#leave ||= leave
    if (deadline >= this.#deadline) return
    this.#deadline = deadline
    this.#reserve = reserveOf(deadline - this.#clock.now())
    this.#sooner.resolve()
    this.#sooner = deferred()
  }

  /** The instant at which so much of the reserve (0 … 1) is left. */
  before(share: number): number {
    return this.#deadline - this.#reserve * share
  }

  /** Whether `promise` settled, well or badly, while so much of the reserve was left. */
  async within(promise: Promise<unknown>, share: number): Promise<boolean> {
    let isSettled = false
    const note = () => {
      isSettled = true
    }
    const settled = promise.then(note, note)
    for (;;) {
      const sooner = this.#sooner
      await within(this.#clock, Promise.race([settled, sooner.promise]), this.before(share))
      if (isSettled || sooner === this.#sooner) return isSettled
    }
  }
}

const reserveOf = (grace: number): number => Math.min(RESERVE.most, Math.max(0, grace) * RESERVE.share)
