// What may be committed of one partition. A message is done for the group only when it was handled and when everything that was
// queued for delivery up to the end of its handler is acknowledged; until then its offset waits here together with its mark, the
// number of records queued so far. Pure book-keeping: knows nothing of handlers, of commits under way or of time.

/** What the lane and the committer need to know; how finished messages are put in order is the implementation's business. */
export interface Progress {
  /** The next offset to process when everything is handled that was handled so far. */
  readonly handledUpTo: number
  /** How many records must be acknowledged before all of that may be committed. */
  readonly awaits: number
  /** A message or batch was handled: `next` follows it, `mark` records had been queued by then. Marks never fall. */
  handled(next: number, mark: number): void
  /** The offset to commit when the first `delivered` records are acknowledged. Never goes backwards. */
  committable(delivered: number): number
  /** Record number `sequence` will never be acknowledged: what waits for it counts as not handled. Says whether there was any. */
  undo(sequence: number): boolean
}

/** Below this many, used-up places at the front of the arrays are left alone. */
const WORTH_CUTTING = 1024

/** For messages that finish in the order of their offsets. */
export class InOrder implements Progress {
  #committable: number
  // Two arrays instead of one of pairs: no allocation for a message. Marks rise strictly; what has the same mark is one entry.
  #nexts: number[] = []
  #marks: number[] = []
  #head = 0

  constructor(start: number) {
    this.#committable = start
  }

  get handledUpTo(): number {
    return this.#head < this.#nexts.length ? this.#nexts[this.#nexts.length - 1]! : this.#committable
  }

  get awaits(): number {
    return this.#head < this.#marks.length ? this.#marks[this.#marks.length - 1]! : 0
  }

  handled(next: number, mark: number): void {
    const last = this.#nexts.length - 1
    if (last >= this.#head && this.#marks[last]! >= mark) this.#nexts[last] = next
    else {
      this.#nexts.push(next)
      this.#marks.push(mark)
    }
  }

  committable(delivered: number): number {
    const { length } = this.#marks
    while (this.#head < length && this.#marks[this.#head]! <= delivered) this.#committable = this.#nexts[this.#head++]!
    if (this.#head === length) this.#clear()
    else if (this.#head > WORTH_CUTTING && this.#head * 2 > length) this.#cut()
    return this.#committable
  }

  undo(sequence: number): boolean {
    const before = this.#marks.length
    while (this.#marks.length > this.#head && this.#marks[this.#marks.length - 1]! >= sequence) {
      this.#marks.pop()
      this.#nexts.pop()
    }
    return this.#marks.length < before
  }

  #clear(): void {
    this.#nexts.length = 0
    this.#marks.length = 0
    this.#head = 0
  }

  #cut(): void {
    this.#nexts = this.#nexts.slice(this.#head)
    this.#marks = this.#marks.slice(this.#head)
    this.#head = 0
  }
}
