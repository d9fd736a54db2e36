// Who waits until everything up to a certain record is settled. Knows nothing of records but their numbers.

import { deferred } from '../lib/deferred.ts'

interface Waiter {
  readonly mark: number
  done(): void
  failed(error: Error): void
}

export class Waiters {
  #waiting: Waiter[] = []

  /** Resolves when everything up to `mark` is settled; rejects when one of these failed. */
  succeeded(mark: number): Promise<void> {
    const { promise, resolve, reject } = deferred()
    this.#waiting.push({ mark, done: resolve, failed: reject })
    return promise
  }

  /** Resolves when everything up to `mark` is settled, well or badly. */
  settled(mark: number): Promise<void> {
    const { promise, resolve } = deferred()
    this.#waiting.push({ mark, done: resolve, failed: () => {} })
    return promise
  }

  risen(upTo: number): void {
    const still: Waiter[] = []
    for (const waiter of this.#waiting) {
      if (waiter.mark <= upTo) waiter.done()
      else still.push(waiter)
    }
    this.#waiting = still
  }

  /** Record number `first` failed, and perhaps later ones. */
  failed(first: number, error: Error): void {
    for (const waiter of this.#waiting) if (waiter.mark >= first) waiter.failed(error)
  }

  close(error: Error): void {
    for (const waiter of this.#waiting.splice(0)) {
      waiter.failed(error)
      waiter.done()
    }
  }
}
