// A worker's signs of life: one a period from its event loop, and one before a message that the last one could not know of, so that
// whatever ends the process, or holds its loop, its primary knows what was in hand. Under load these are limited, and the last one is a
// few messages old. Knows nothing of what follows from silence.

import type { InHand } from '../events/events.ts'
import type { Cancel, Clock } from '../lib/clock.ts'
import { type Alive, MOST_IN_HAND } from '../messages.ts'

export interface BeatsParts {
  readonly clock: Clock
  readonly send: (alive: Alive) => void
  readonly inHand: () => readonly InHand[]
  readonly memoryBytes: () => number
}

/** Milliseconds between two that messages give rise to: so many cost neither side anything that could be measured. */
const LEAST_MS = 50
const LONGEST_MS = 1000

/** Several fit into the limit: one that is late is no silence. */
export const periodOf = (hangTimeoutMs: number): number =>
  hangTimeoutMs === 0 ? LONGEST_MS : Math.min(LONGEST_MS, hangTimeoutMs / 5)

export class Beats {
  readonly #parts: BeatsParts
  #periodMs = LONGEST_MS
  /** The next message to begin is told of. */
  #isOpen = false
  /** A message has begun that was not told of. */
  #isBehind = false
  #cancel: Cancel | undefined
  #delayMs = 0

  constructor(parts: BeatsParts) {
    this.#parts = parts
  }

  start(periodMs: number): void {
    this.#periodMs = periodMs
    this.#tell()
  }

  /** Called for each message: cheap. */
  readonly begins = (): void => {
    if (this.#isOpen) this.#tell()
    else this.#isBehind = true
  }

  /** Milliseconds by which the event loop came late for one of these at most, since this was asked before. */
  takeDelay(): number {
    const delayMs = this.#delayMs
    this.#delayMs = 0
    return delayMs
  }

  /** The last one: what was finished meanwhile is not in hand any more. */
  stop(): void {
    if (!this.#cancel) return
    this.#tell()
    this.#cancel()
  }

  #tell(): void {
    const { send, inHand, memoryBytes } = this.#parts
    this.#isOpen = false
    this.#isBehind = false
    this.#cancel?.()
    this.#wait(Math.min(LEAST_MS, this.#periodMs), () => this.#open())
    const all = [...inHand()].sort((a, b) => a.forMs - b.forMs)
    const told = all.slice(0, MOST_IN_HAND)
    send({ type: 'alive', inHand: told, more: all.length - told.length, memoryBytes: memoryBytes() })
  }

  #open(): void {
    // What has begun and ended since need not be told; the next one will be.
    if (this.#isBehind && this.#parts.inHand().length > 0) return this.#tell()
    this.#isOpen = true
    this.#wait(Math.max(0, this.#periodMs - LEAST_MS), () => this.#tell())
  }

  #wait(ms: number, task: () => void): void {
    const { clock } = this.#parts
    const due = clock.now() + ms
    this.#cancel = clock.after(ms, () => {
      this.#delayMs = Math.max(this.#delayMs, clock.now() - due)
      task()
    })
  }
}
