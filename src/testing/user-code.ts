// Which calls of the user's code are under way: handlers, hooks, onError. What they wait for, a database or a timer of their own,
// takes real time, so virtual time has to stand still meanwhile; here is how long, and the end of patience with one that never
// comes back. Knows nothing of runners and of virtual time.

import { type Deferred, deferred } from '../lib/deferred.ts'

/** A call that has returned a promise. */
export interface Call {
  /** `process() of orders/0 at offset 3` */
  readonly what: string
  /** Was given up for never coming back. */
  isLate: boolean
}

export interface Failure {
  readonly error: unknown
}

export interface Watched {
  readonly what: string
  readonly run: () => unknown
  /** Called before anybody else hears of it. */
  readonly ended: (failure?: Failure) => void
}

// Taken here, before a test can put a fake in its place.
const { setTimeout: later, clearTimeout: cancel } = globalThis

export class UserCode {
  readonly #patience: number
  readonly #running = new Set<Call>()
  #deliveries = 0
  #change: Deferred<void> = deferred()

  /** `patience`: milliseconds of real time in which some call has to come to its end. */
  constructor(patience: number) {
    this.#patience = patience
  }

  get running(): ReadonlySet<Call> {
    return new Set(this.#running)
  }

  /** Calls it, and answers as it does: at once, or with a promise. */
  watch({ what, run, ended }: Watched): unknown {
    const result = this.#attempt(run, ended)
    if (!isThenable(result)) {
      ended()
      return result
    }
    const call: Call = { what, isLate: false }
    this.#running.add(call)
    // Only once: a thenable such as a query builder may do its work each time that `then` is called.
    const promise = Promise.resolve(result)
    const end = (failure?: Failure) => {
      this.#running.delete(call)
      ended(failure)
      this.nudge()
    }
    promise.then(
      () => end(),
      (error: unknown) => end({ error }),
    )
    return promise
  }

  /** Somebody in it waits for a delivery, which may take virtual time. */
  async delivering(deliver: () => Promise<void>): Promise<void> {
    this.#deliveries++
    this.nudge()
    try {
      await deliver()
    } finally {
      this.#deliveries--
    }
  }

  /** Whether something is under way that only real time brings to an end. */
  isBusy(except: ReadonlySet<Call>): boolean {
    return this.#awaited(except).length > this.#deliveries
  }

  /** Something may have become possible. */
  nudge(): void {
    this.#change.resolve()
    this.#change = deferred()
  }

  /** Resolves at the next nudge. */
  get changed(): Promise<void> {
    return this.#change.promise
  }

  /** Waits for a change; rejects, naming the calls that are awaited, when there is none for too long. */
  async patiently(changed: Promise<void>, except: ReadonlySet<Call>): Promise<void> {
    const over = deferred<true>()
    const timer = later(() => over.resolve(true), this.#patience)
    const isOver = await Promise.race([changed, over.promise])
    cancel(timer)
    if (isOver) throw this.#stuck(this.#awaited(except))
  }

  #attempt(run: () => unknown, ended: Watched['ended']): unknown {
    try {
      return run()
    } catch (error) {
      ended({ error })
      throw error
    }
  }

  #awaited(except: ReadonlySet<Call>): readonly Call[] {
    return [...this.#running].filter(call => !call.isLate && !except.has(call))
  }

  #stuck(calls: readonly Call[]): Error {
    for (const call of calls) call.isLate = true
    const which = calls.map(({ what }) => what).join(', ')
    return new Error(
      `${which} has not settled within ${this.#patience / 1000} s of real time. ` +
        'Virtual time stands still while the code of a consumer runs; advance(), called meanwhile, moves it all the same.',
    )
  }
}

const isThenable = (thing: unknown): thing is PromiseLike<unknown> =>
  typeof thing === 'object' && thing !== null && 'then' in thing && typeof thing.then === 'function'
