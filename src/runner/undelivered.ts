// What follows when a produced record is given up: everything handled since it was queued and not yet committed is handled
// again, and until the last handler that may have queued it has settled, deliver() keeps rejecting: were it to resolve, a handler
// might note as done what nobody will ever receive.

import type { Bus } from '../events/bus.ts'
import { errorData } from '../events/error-data.ts'
import type { DeliveryFailure } from '../producer/outbox.ts'
import type { Attempt } from './attempt.ts'
import type { Lane } from './lane.ts'

export interface UndeliveredParts {
  readonly bus: Bus
  readonly lanes: () => Iterable<Lane>
  /** No handler is left that may have queued a record that was given up. */
  readonly forgive: () => void
}

export class Undelivered {
  readonly #parts: UndeliveredParts
  readonly #concerned = new Set<Attempt>()
  #hooks = 0
  #count = 0

  constructor(parts: UndeliveredParts) {
    this.#parts = parts
  }

  /** How many records were given up so far. */
  get count(): number {
    return this.#count
  }

  failed(failure: DeliveryFailure): void {
    this.#count += failure.count
    this.#parts.bus.publish('delivery.failed', { error: errorData(failure.error), count: failure.count })
    for (const lane of [...this.#parts.lanes()]) {
      const attempt = lane.undelivered(failure)
      if (attempt) this.#concerned.add(attempt)
    }
    this.#forgive()
  }

  /** A handler has settled, or its lane has let go of it. */
  settled(attempt: Attempt): void {
    if (this.#concerned.size > 0 && this.#concerned.delete(attempt)) this.#forgive()
  }

  /** While the user's initialize or teardown runs, it may have queued what fails. */
  async during<T>(hook: () => Promise<T>): Promise<T> {
    this.#hooks++
    try {
      return await hook()
    } finally {
      this.#hooks--
      this.#forgive()
    }
  }

  #forgive(): void {
    if (this.#concerned.size === 0 && this.#hooks === 0) this.#parts.forgive()
  }
}
