// Up to which record everything is settled, where records are settled in any order. Records are numbered 1, 2, 3 … as they are
// queued. Pure book-keeping.

export class Watermark {
  #upTo = 0
  readonly #ahead = new Set<number>()

  /** Everything up to this number is settled. */
  get upTo(): number {
    return this.#upTo
  }

  settle(sequence: number): void {
    if (sequence !== this.#upTo + 1) {
      this.#ahead.add(sequence)
      return
    }
    this.#upTo = sequence
    while (this.#ahead.size > 0 && this.#ahead.delete(this.#upTo + 1)) this.#upTo++
  }
}
