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
/** What has ended a process comes again among the first messages of the next one: what was not committed, and what was in hand. */
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
  /** Until when each message is told of; it counts from the first one. */
  #eagerUntil: number | undefined
  #isEager = false
  #cancel: Cancel | undefined

  constructor(parts: BeatsParts) {
    this.#parts = parts
  }

  start(periodMs: number): void {
    this.#periodMs = periodMs
    this.#beat()
  }

  /** At first each message is told of at once, however many there are. */
  beEager(): void {
    this.#isEager = true
  }

  /** Called for each message: cheap. `isPrompt`: it is told of at once. Answers with what the next one should wait for. */
  readonly begins = (isPrompt: boolean): Promise<void> | undefined => {
    if (this.#isOpen || isPrompt) return this.#tell(isPrompt)
    this.#isBehind = true
    return undefined
  }

  /** The last one: what was finished meanwhile is not in hand any more. */
  stop(): void {
    if (!this.#cancel) return
    this.#tell()
    this.#cancel()
  }

  #tell(isPrompt = false): Promise<void> | undefined {
    const { clock, send, flush, inHand, memoryBytes } = this.#parts
    this.#isOpen = this.#isEager && this.#staysEager()
    this.#isBehind = false
    this.#cancel?.()
    this.#cancel = clock.after(Math.min(LEAST_MS, this.#periodMs), () => this.#open())
    const all = [...inHand()].sort((a, b) => a.forMs - b.forMs)
    const told = all.slice(0, MOST_IN_HAND)
    const alive = { type: 'alive', inHand: told, more: all.length - told.length, memoryBytes: memoryBytes() } as const
    if (!isPrompt && !this.#isEager) {
      send(alive)
      return undefined
    }
    send({ ...alive, isPrompt: true })
    return flush()
  }

  #staysEager(): boolean {
    const { clock, inHand } = this.#parts
    if (this.#eagerUntil === undefined && inHand().length > 0) this.#eagerUntil = clock.now() + EAGER_MS
    this.#isEager = this.#eagerUntil === undefined || clock.now() < this.#eagerUntil
    return this.#isEager
  }

  /** No message gave rise to it, so the next one that begins need not wait. */
  #beat(): void {
    this.#tell()
    this.#open(this.#periodMs)
  }

  #open(nextMs = Math.max(0, this.#periodMs - LEAST_MS)): void {
    // What has begun and ended since need not be told; the next one will be.
    if (this.#isBehind && this.#parts.inHand().length > 0) {
      this.#tell()
      return
    }
    this.#isOpen = true
    this.#cancel?.()
    this.#cancel = this.#parts.clock.after(nextMs, () => this.#beat())
  }
}
