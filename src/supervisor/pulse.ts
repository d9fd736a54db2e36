// Members of a group learn of a rebalance from their heartbeats. The primary knows of it earlier: while one worker joins, it
// has the others beat ten times a second, so that they are there within moments, whatever heartbeat_interval is.

import type { Cancel, Clock } from '../lib/clock.ts'
import type { SupervisorEvent } from './moves.ts'

const PERIOD_MS = 100
/** A join that takes longer waits for something that heartbeats cannot hasten. */
const LONGEST_MS = 30_000

export interface PulseParts {
  readonly clock: Clock
  /** Has the workers in all slots beat that `spared` does not hold. */
  readonly beat: (spared: ReadonlySet<number>) => void
}

export class BeatPulse {
  readonly #parts: PulseParts
  /** Slots that join, with the time at which that is no longer worth a pulse. */
  readonly #joining = new Map<number, number>()
  #cancel: Cancel | undefined

  constructor(parts: PulseParts) {
    this.#parts = parts
  }

  /** What it concerns. */
  hear(event: SupervisorEvent): void {
    if (event.type === 'joining') this.#joins(event.slot)
    else if (event.type === 'joined') this.settled(event.slot)
    else if (event.type === 'left') this.#left(event.slot)
  }

  #joins(slot: number): void {
    this.#joining.set(slot, this.#parts.clock.now() + LONGEST_MS)
    this.#pulse()
  }

  settled(slot: number): void {
    this.#joining.delete(slot)
    if (this.#joining.size === 0) this.stop()
  }

  #left(slot: number): void {
    this.settled(slot)
    this.#parts.beat(new Set([slot]))
  }

  stop(): void {
    this.#joining.clear()
    this.#cancel?.()
    this.#cancel = undefined
  }

  #pulse(): void {
    const now = this.#parts.clock.now()
    for (const [slot, until] of this.#joining) if (until <= now) this.#joining.delete(slot)
    this.#cancel?.()
    this.#cancel = undefined
    if (this.#joining.size === 0) return
    this.#parts.beat(new Set(this.#joining.keys()))
    this.#cancel = this.#parts.clock.after(PERIOD_MS, () => this.#pulse())
  }
}
