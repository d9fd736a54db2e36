// Brokers with which no secured connection comes about, or that do not let us in, while others may answer: told at once, since
// waiting mends none of it, and again from time to time. A partition or a group whose broker it is would otherwise stand still without a word.

import type { Bus } from '../../events/bus.ts'
import { errorData } from '../../events/error-data.ts'
import type { Clock } from '../../lib/clock.ts'
import { Lasting } from './codes.ts'

export const REMINDER_MS = 30_000

export class Troubles {
  readonly #bus: Bus
  readonly #clock: Clock
  readonly #by = new Map<string, { readonly since: number; saidAt: number }>()

  constructor({ bus, clock }: { readonly bus: Bus; readonly clock: Clock }) {
    this.#bus = bus
    this.#clock = clock
  }

  /** After each attempt to connect; undefined: it came about. */
  met(broker: string, error: unknown): void {
    if (!(error instanceof Lasting)) return void this.#by.delete(broker)
    // Whoever asked is about to end over it.
    if (error.action === 'denied') return
    const now = this.#clock.now()
    const known = this.#by.get(broker)
    if (known && now - known.saidAt < REMINDER_MS) return
    const since = known?.since ?? now
    this.#by.set(broker, { since, saidAt: now })
    this.#bus.publish('broker.unreachable', { broker, error: errorData(error), waitingMs: now - since })
  }
}
