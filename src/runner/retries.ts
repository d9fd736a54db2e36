// How often the messages at the front of a partition have failed in a row. A failure of one message, of a batch, or of the
// deliveries of several is the same thing here: a stretch of offsets. It is over with the first failure behind it. Errors of the
// user's code are counted by themselves, and only within what they were errors of: parts of a batch inherit its count.

export class Retries {
  #last = -1
  #failures = 0
  #erred = { first: -1, last: -1, count: 0 }

  /** How often the message at this offset has failed. */
  of(offset: number): number {
    return offset <= this.#last ? this.#failures : 0
  }

  /** These have failed. Answers how often in a row. */
  failed(offset: number, lastOffset: number): number {
    this.#failures = this.of(offset) + 1
    this.#last = offset <= this.#last ? Math.max(this.#last, lastOffset) : lastOffset
    return this.#failures
  }

  /** They have, by an error of the user's code. Answers how often by such a one. */
  erred(offset: number, lastOffset: number): number {
    const { first, last, count } = this.#erred
    const isWithin = first <= offset && offset <= last
    this.#erred = isWithin
      ? { first, last: Math.max(last, lastOffset), count: count + 1 }
      : { first: offset, last: lastOffset, count: 1 }
    return this.#erred.count
  }
}
