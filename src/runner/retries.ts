// How often the messages at the front of a partition have failed in a row. A failure of one message, of a batch, or of the
// deliveries of several is the same thing here: a stretch of offsets. It is over with the first failure behind it.

export class Retries {
  #last = -1
  #failures = 0

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
}
