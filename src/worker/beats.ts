// A worker's signs of life: one a period from its event loop, and one before a message that the last one could not know of, so that
// whatever ends the process, or holds its loop, its primary knows what was in hand. Under load these are limited, and the last one is a
// few messages old. Knows nothing of what follows from silence.

import type { InHand } from '../events/events.ts'
import type { Cancel, Clock } from '../lib/clock.ts'
import { type Alive, MOST_IN_HAND } from '../messages.ts'

export interface BeatsParts {
  readonly clock: Clock
  readonly send: (alive: Alive) => void
  /** Resolves when what was sent is on its way. */
  readonly flush: () => Promise<void>
  readonly inHand: () => readonly InHand[]
  readonly memoryBytes: () => number
}

/** Milliseconds between two that messages give rise to: so many cost neither side anything that could be measured. */
const LEAST_MS = 50
const LONGEST_MS = 1000
/**
 * What has ended a process comes again among the first messages of the next one, or soon after the one that was named: there lies
 * what was not committed, and what began after the last word. Telling of each, a worker handles at least 20,000 in a second.
 */
const EAGER_MS = 10_000

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
  /** Until when each message is told of; infinite until there is a first one. */
  #eagerUntil = Number.NEGATIVE_INFINITY
  #cancel: Cancel | undefined
  #delayMs = 0

  constructor(parts: BeatsParts) {
    this.#parts = parts
  }

  start(periodMs: number): void {
    this.#periodMs = periodMs
    this.#beat()
  }

  /** At first each message is told of at once, however many there are. */
  beEager(): void {
    this.#eagerUntil = Number.POSITIVE_INFINITY
  }

  /** Called for each message: cheap. `isPrompt`: it is told of at once, and so are the next. Answers with what these should wait for. */
  readonly begins = (isPrompt: boolean): Promise<void> | undefined => {
    if (isPrompt) this.#eagerUntil = this.#parts.clock.now() + EAGER_MS
    if (isPrompt || this.#isOpen) return this.#tell()
    this.#isBehind = true
    return undefined
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
    void this.#tell()
    this.#cancel()
  }

  #tell(): Promise<void> | undefined {
    const { send, flush, inHand, memoryBytes } = this.#parts
    const all = [...inHand()].sort((a, b) => a.forMs - b.forMs)
    this.#isOpen = this.#isEager(all.length)
    this.#isBehind = false
    this.#wait(Math.min(LEAST_MS, this.#periodMs), () => this.#open())
    const told = all.slice(0, MOST_IN_HAND)
    const alive = { type: 'alive', inHand: told, more: all.length - told.length, memoryBytes: memoryBytes() } as const
    send(this.#isOpen ? { ...alive, isPrompt: true } : alive)
    return this.#isOpen ? flush() : undefined
  }

  #isEager(inHand: number): boolean {
    const now = this.#parts.clock.now()
    if (this.#eagerUntil === Number.POSITIVE_INFINITY && inHand > 0) this.#eagerUntil = now + EAGER_MS
    return now < this.#eagerUntil
  }

  /** No message gave rise to it, so the next one that begins need not wait. */
  #beat(): void {
    void this.#tell()
    this.#open(this.#periodMs)
  }

  #open(nextMs = Math.max(0, this.#periodMs - LEAST_MS)): void {
    // What has begun and ended since need not be told; the next one will be.
    if (this.#isBehind && this.#parts.inHand().length > 0) {
      void this.#tell()
      return
    }
    this.#isOpen = true
    this.#wait(nextMs, () => this.#beat())
  }

  #wait(ms: number, task: () => void): void {
    const { clock } = this.#parts
    const due = clock.now() + ms
    this.#cancel?.()
    this.#cancel = clock.after(ms, () => {
      this.#delayMs = Math.max(this.#delayMs, clock.now() - due)
      task()
    })
  }
}
