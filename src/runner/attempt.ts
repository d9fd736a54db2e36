// One call of a handler: what it was given, since when it runs, and its way to hear that it should end. It is also the context
// that the handler sees. Knows nothing of what follows from its end.

import type { Context } from '../consumer/consumer.ts'
import type { TopicPartition } from '../engine/engine.ts'
import { type Deferred, deferred } from '../lib/deferred.ts'
import type { Care } from './caution.ts'

export class Attempt implements Context {
  readonly kind = 'handling'
  readonly of: TopicPartition
  readonly offset: number
  readonly lastOffset: number
  readonly count: number
  /** How many records had been queued for delivery before it began. */
  readonly mark: number
  /** Set when the handler has returned a promise. */
  since = -1
  /** Since when it runs longer than it may. */
  overdueSince: number | undefined
  /** It is handled with care: what happens to it may be what ends the process. */
  care: Care | undefined
  /** No call of the handler: its message is given up, and dealt with. */
  isGivenUp = false
  /** A record that it may have produced is lost: it counts as failed, whatever becomes of it. */
  undelivered: Error | undefined
  #hasEnded = false
  #end: Deferred<void> | undefined
  #reason: Error | undefined
  #controller: AbortController | undefined

  constructor(of: TopicPartition, offset: number, lastOffset: number, count: number, mark: number) {
    this.of = of
    this.offset = offset
    this.lastOffset = lastOffset
    this.count = count
    this.mark = mark
  }

  /** Milliseconds; 0 before it has returned a promise. */
  forMs(now: number): number {
    return this.since < 0 ? 0 : now - this.since
  }

  /** Made when it is asked for: most handlers never do, and it costs more than everything else here. */
  get signal(): AbortSignal {
    if (!this.#controller) {
      this.#controller = new AbortController()
      if (this.#reason) this.#controller.abort(this.#reason)
    }
    return this.#controller.signal
  }

  get isAborted(): boolean {
    return this.#reason !== undefined
  }

  abort(why: string): void {
    if (this.#reason || this.#hasEnded) return
    this.#reason = Object.assign(new Error(why), { name: 'AbortError' })
    this.#controller?.abort(this.#reason)
  }

  /** Resolves when the handler has settled, even if nobody waits for its result any more. */
  ended(): Promise<void> {
    if (this.#hasEnded) return Promise.resolve()
    this.#end ??= deferred()
    return this.#end.promise
  }

  end(): void {
    this.#hasEnded = true
    this.#end?.resolve()
  }
}
