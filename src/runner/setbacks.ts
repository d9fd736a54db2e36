// What has gone wrong at the front of a partition, and what was decided about it: counts, asks, and remembers what is given up
// until it has been passed. Starts nothing.

import { epitaphOf, type Verdict } from './carry-out.ts'
import { type Failure, sayFailure } from './failure.ts'
import { type Decision, isOfDelivery } from './policy.ts'
import { Retries } from './retries.ts'

/** What follows, where, and why in half a sentence. */
export interface Outcome {
  readonly decision: Decision
  readonly offset: number
  readonly why: string
}

type GivenUp = Verdict & { readonly lastOffset: number }

export class Setbacks {
  readonly #decide: (failure: Failure) => Decision
  #retries = new Retries()
  #givenUp: GivenUp | undefined

  constructor(decide: (failure: Failure) => Decision) {
    this.#decide = decide
  }

  /** How often the message at this offset has failed. */
  retries(offset: number): number {
    return this.#retries.of(offset)
  }

  /** What is done to the message at this offset instead of handling it; undefined: it is handled. */
  givenUp(offset: number): Verdict | undefined {
    if (this.#givenUp && offset > this.#givenUp.lastOffset) this.#givenUp = undefined
    return this.#givenUp
  }

  failed(what: Omit<Failure, 'failures' | 'errors' | 'givenUpTo'>): Outcome {
    const { error, offset, lastOffset, undelivered, isGivenUp } = what
    const failures = this.#retries.failed(offset, lastOffset)
    const isError = !(undelivered || isGivenUp || isOfDelivery(error))
    const errors = isError ? this.#retries.erred(offset, lastOffset) : 0
    const givenUpTo = isGivenUp ? this.#givenUp?.follows : undefined
    const decision = this.#decide({ ...what, failures, errors, givenUpTo })
    if (decision.kind === 'give up' && decision.follows !== 'stop') {
      this.#givenUp = { lastOffset, follows: decision.follows, of: 'errors', times: errors, why: epitaphOf(error) }
    }
    return { decision, offset, why: sayFailure(error, failures, decision.kind === 'give up') }
  }

  /** Messages before those that were given up are handled again, and then these. */
  forget(): void {
    this.#givenUp = undefined
  }

  /** Somebody wants it tried again: it is counted anew. */
  forgive(): void {
    this.#givenUp = undefined
    this.#retries = new Retries()
  }
}
