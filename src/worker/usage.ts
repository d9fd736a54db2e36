// What a worker's process costs, measured only while somebody looks: between two looks there is nothing but what is counted anyway.
// Looks that follow one another at once get the same answer, because a moment's figures say nothing.

import type { Clock } from '../lib/clock.ts'
import type { Usage } from '../messages.ts'

export interface UsageParts {
  readonly clock: Clock
  /** Of the process, in microseconds. */
  readonly cpu: () => { readonly user: number; readonly system: number }
  readonly memoryBytes: () => number
  /** Milliseconds by which the event loop came late at most since this was asked before. */
  readonly takeDelay: () => number
}

const SHORTEST_MS = 500

export class UsageMeter {
  readonly #parts: UsageParts
  #at: number
  #cpuMs: number
  #last: Usage | undefined

  constructor(parts: UsageParts) {
    this.#parts = parts
    this.#at = parts.clock.now()
    this.#cpuMs = this.#used()
  }

  look(): Usage {
    const now = this.#parts.clock.now()
    const overMs = now - this.#at
    if (this.#last && overMs < SHORTEST_MS) return this.#last
    const cpuMs = this.#used()
    const cpuPercent = overMs > 0 ? Math.round(((cpuMs - this.#cpuMs) / overMs) * 1000) / 10 : 0
    const loopDelayMs = Math.round(this.#parts.takeDelay())
    this.#last = { memoryBytes: this.#parts.memoryBytes(), cpuPercent, loopDelayMs, overMs: Math.round(overMs) }
    this.#at = now
    this.#cpuMs = cpuMs
    return this.#last
  }

  #used(): number {
    const { user, system } = this.#parts.cpu()
    return (user + system) / 1000
  }
}
