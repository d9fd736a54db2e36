// The records of one topic that wait for their acknowledgement, in order. It decides what of an attempt's answers is final: a
// topic that cannot be written to rests by itself and holds up no other, and what follows a record that failed stays behind it.
// Knows nothing of the engine or of who waits.

import type { OutgoingRecord, ProduceError } from '../engine/engine.ts'
import { backoff } from '../lib/backoff.ts'

export interface Entry {
  readonly record: OutgoingRecord
  /** 1, 2, 3 … over all topics. */
  readonly sequence: number
  readonly queuedAt: number
  readonly bytes: number
}

export interface Failed {
  readonly entry: Entry
  readonly error: ProduceError
}

export interface Answered {
  readonly delivered: readonly Entry[]
  /** For good. */
  readonly failed: readonly Failed[]
}

const REST = { first: 100, most: 2000, jitter: 0.2 }

export class TopicLine {
  #entries: Entry[] = []
  #head = 0
  /** How many from the head are with the engine. */
  #taken = 0
  #failures = 0
  #restsUntil = Number.NEGATIVE_INFINITY
  /** A batch that a broker refuses may hold one bad record, or be too large as a whole: it is sent again in smaller ones. */
  #most = Number.POSITIVE_INFINITY

  get #isEmpty(): boolean {
    return this.#head === this.#entries.length
  }

  /** Empty, and nothing worth remembering was learned. */
  get isForgettable(): boolean {
    return this.#isEmpty && this.#most === Number.POSITIVE_INFINITY
  }

  /** Before this instant nothing is to be taken. */
  get restsUntil(): number {
    return this.#restsUntil
  }

  /** All that is not with the engine. */
  get rest(): readonly Entry[] {
    return this.#entries.slice(this.#head + this.#taken)
  }

  push(entry: Entry): void {
    this.#entries.push(entry)
  }

  /** What would be taken next. */
  peek(): Entry | undefined {
    return this.#taken < this.#most ? this.#entries[this.#head + this.#taken] : undefined
  }

  /** For the attempt that is being put together; all of it comes back by `answered`. */
  take(): void {
    this.#taken++
  }

  /** One answer for each that was taken, in order. */
  answered(answers: readonly (ProduceError | undefined)[], now: number, timeout: number): Answered {
    const tried = this.#entries.slice(this.#head, this.#head + this.#taken)
    const delivered: Entry[] = []
    const failed: Failed[] = []
    const kept: Entry[] = []
    for (const [index, entry] of tried.entries()) {
      const error = answers[index]
      if (error === undefined) delivered.push(entry)
      else if (this.#isFinal(error, now - entry.queuedAt, timeout)) failed.push({ entry, error })
      else kept.push(entry)
    }
    const late = this.#late(answers, now, timeout)
    this.#putBack(kept, late.length)
    this.#learn(tried.length, answers, kept, now, timeout)
    return { delivered, failed: [...failed, ...late] }
  }

  /** What waits behind a failure whose time is over as well: after so many attempts as it would take, it would be late by far. */
  #late(answers: readonly (ProduceError | undefined)[], now: number, timeout: number): readonly Failed[] {
    const error = answers.find(answer => answer?.retriable)
    if (error === undefined) return []
    const { rest } = this
    const young = rest.findIndex(({ queuedAt }) => now - queuedAt < timeout)
    return rest.slice(0, young < 0 ? undefined : young).map(entry => ({ entry, error }))
  }

  #isFinal({ retriable }: ProduceError, age: number, timeout: number): boolean {
    return retriable ? age >= timeout : this.#taken === 1
  }

  #putBack(kept: readonly Entry[], late: number): void {
    this.#head += this.#taken + late - kept.length
    for (const [index, entry] of kept.entries()) this.#entries[this.#head + index] = entry
    this.#taken = 0
    if (this.#isEmpty || this.#head * 2 > this.#entries.length) {
      this.#entries = this.#entries.slice(this.#head)
      this.#head = 0
    }
  }

  #learn(
    tried: number,
    answers: readonly (ProduceError | undefined)[],
    kept: readonly Entry[],
    now: number,
    timeout: number,
  ): void {
    const refused = answers.some(error => error && !error.retriable)
    this.#most = refused ? Math.max(1, Math.floor(tried / 2)) : this.#most * 2
    if (!answers.some(error => error?.retriable) || kept.length === 0) {
      this.#failures = 0
      return
    }
    // The last attempt is made when the oldest record's time is over.
    const left = kept[0]!.queuedAt + timeout - now
    this.#restsUntil = now + Math.min(backoff(++this.#failures, REST), Math.max(0, left))
  }
}
