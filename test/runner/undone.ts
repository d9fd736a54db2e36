// What a worker has in hand, and what it has finished since when, for the question of what is handled again when it is killed: all
// that was finished longer than a commit interval ago must have been committed, unless its commits were held up.

import { keyOf } from '../../src/engine/engine.ts'
import { groupBy } from '../../src/lib/group-by.ts'
import type { FakeClock } from '../support/fake-clock.ts'
import type { Call } from './ledger.ts'

/** Milliseconds: a commit that is under way when something is finished, and the one for it, on their ways. */
const SLACK = 10
/** The longest that the runner waits before it asks again for a commit that was not stored. */
const LONGEST_BACKOFF = 2000

export interface UndoneParts {
  readonly clock: FakeClock
  /** Milliseconds between two commits. */
  readonly interval: number
  /** How many records were queued so far, and how many of them are acknowledged. */
  readonly records: () => { readonly produced: number; readonly delivered: number }
}

interface Finished {
  readonly call: Call
  /** So many records must be acknowledged before it may be committed. */
  mark: number
  /** From when on it could be committed. */
  since: number | undefined
}

export class Undone {
  readonly #parts: UndoneParts
  readonly #inHand = new Set<Call>()
  readonly #finished = new Map<string, Finished>()
  /** Commits are not stored, or not answered, or were not until then. */
  #heldUpUntil = Number.NEGATIVE_INFINITY

  constructor(parts: UndoneParts) {
    this.#parts = parts
  }

  begun(call: Call): void {
    this.#inHand.add(call)
    const again = namesOf(call).flatMap(name => this.#finished.get(name)?.call ?? [])
    for (const name of again.flatMap(namesOf)) this.#finished.delete(name)
  }

  ended(call: Call, how: 'handled' | 'failed'): void {
    this.#inHand.delete(call)
    if (how === 'failed') return
    const finished: Finished = { call, mark: Number.POSITIVE_INFINITY, since: undefined }
    for (const name of namesOf(call)) this.#finished.set(name, finished)
    // The runner hears of it a moment later.
    this.#parts.clock.after(0, () => {
      finished.mark = this.#parts.records().produced
      this.delivered()
    })
  }

  delivered(): void {
    const { delivered } = this.#parts.records()
    for (const one of this.#finished.values()) if (one.mark <= delivered) one.since ??= this.#parts.clock.now()
  }

  /** Until it is told otherwise. */
  heldUp(until = Number.POSITIVE_INFINITY): void {
    this.#heldUpUntil = until
  }

  /** Of how many calls in one partition the messages are handled again, those in hand included. */
  mostCalls(committed: ReadonlyMap<string, number>): number {
    const finished = new Set([...this.#finished.values()].map(({ call }) => call))
    const undone = [...this.#inHand, ...finished].filter(
      ({ of, offsets }) => offsets.at(-1)! >= (committed.get(keyOf(of)) ?? 0),
    )
    return Math.max(0, ...[...groupBy(undone, ({ of }) => keyOf(of)).values()].map(calls => calls.length))
  }

  /** At its death: how many messages are handled again, and which of them should not be. */
  left(committed: ReadonlyMap<string, number>): { inHand: number; finished: number; overdue: readonly string[] } {
    const { clock, interval } = this.#parts
    const isUndone = ({ of }: Call, offset: number) => offset >= (committed.get(keyOf(of)) ?? 0)
    const finished = [...this.#finished].filter(([name, { call }]) =>
      isUndone(call, Number(name.slice(name.indexOf('@') + 1))),
    )
    const isOverdue = (since = Number.POSITIVE_INFINITY) =>
      clock.now() - since > interval + SLACK && since > this.#heldUpUntil + LONGEST_BACKOFF
    const overdue = finished.filter(([, { since }]) => isOverdue(since)).map(([name]) => name)
    const inHand = [...this.#inHand].reduce((sum, { offsets }) => sum + offsets.length, 0)
    return { inHand, finished: finished.length, overdue }
  }
}

const namesOf = ({ of, offsets }: Call) => offsets.map(offset => `${keyOf(of)}@${offset}`)
