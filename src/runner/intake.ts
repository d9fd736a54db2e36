// What a lane has before it: the queue of its partition, whether more is to be fetched, and whether enough is there for one call
// of the handler. Knows nothing of handlers and of what the lane is doing.

import type { FetchedBatch } from '../engine/engine.ts'
import type { Cancel, Clock } from '../lib/clock.ts'
import { type Budget, demandOf, hungerBelow } from './demand.ts'
import { Due } from './due.ts'
import { type Pool, Queue } from './queue.ts'
import type { Work } from './work.ts'

export interface IntakeParts {
  readonly start: number
  readonly pool: Pool
  readonly work: Work
  readonly clock: Clock
  /** Bytes that this partition may hold now. */
  readonly share: () => number
  /** There may be enough for a call. */
  readonly wake: () => void
  /** wants() answers differently from now on. */
  readonly hungry: () => void
}

export class Intake {
  readonly queue: Queue
  readonly #parts: IntakeParts
  readonly #due: Due | undefined
  #isSated = false
  #highWatermark: number | undefined
  /** What failed is repeated as it was, or in parts, whatever has come in since: how many in each call, the next one last. */
  readonly #again: number[] = []
  #cancelPatience: Cancel | undefined

  constructor(parts: IntakeParts) {
    this.#parts = parts
    this.queue = new Queue(parts.start, parts.pool)
    const { clock, wake, work } = parts
    this.#due = work.delay === undefined ? undefined : new Due({ delay: work.delay, queue: this.queue, clock, wake })
  }

  /** The end of the log, as it was when something was fetched last. */
  get end(): number | null {
    return this.#highWatermark ?? null
  }

  get lag(): number {
    return Math.max(0, (this.#highWatermark ?? 0) - this.queue.position)
  }

  /** Milliseconds until the message at the front may be handled. */
  get dueMs(): number {
    return this.#due?.leftMs ?? 0
  }

  /** Whether it may be now; where not, `wake` is called when it may. */
  isDue(): boolean {
    return this.#due?.look() ?? true
  }

  take(batch: FetchedBatch): void {
    this.#highWatermark = batch.highWatermark
    this.queue.push(batch, this.#parts.clock.now())
  }

  wants(budget: Budget): number {
    const { bytes, count } = this.queue
    const demand = demandOf({ bytes, count, isSated: this.#isSated }, budget)
    const hadEnough = this.#isSated
    this.#isSated = demand === 0
    // A batch that cannot grow any more need not wait.
    if (this.#isSated && !hadEnough) this.#parts.wake()
    return demand
  }

  /** How many messages to hand over now; 0: not yet, `wake` is called when that changes by itself. */
  ready(): number {
    if (this.#again.length > 0) return this.#again.at(-1)!
    const { most } = this.#parts.work
    const { count } = this.queue
    if (count >= most) return most
    return count === 0 || this.#isSated ? count : this.#wait(count)
  }

  /** The first `count` are done with; answers the next offset to process. */
  drop(count: number): number {
    if (this.#again.length > 0) this.#pass(count)
    const next = this.queue.drop(count)
    if (this.#isSated && this.queue.bytes < hungerBelow(this.#parts.share())) {
      this.#isSated = false
      this.#parts.hungry()
    }
    return next
  }

  /** The next call is for the same `count` messages as the last one. */
  repeat(count: number): void {
    this.#pass(count)
    this.#again.push(count)
  }

  /** The next call is for the first half of them, and the one after that for the other. */
  halve(count: number): void {
    this.#pass(count)
    this.#again.push(Math.floor(count / 2), Math.ceil(count / 2))
  }

  /** Forgets everything; what is taken next begins at `position`. */
  restart(position: number): void {
    this.quiet()
    this.#again.length = 0
    this.queue.restart(position)
    if (!this.#isSated) return
    this.#isSated = false
    this.#parts.hungry()
  }

  close(): void {
    this.quiet()
    this.queue.restart(this.queue.position)
  }

  quiet(): void {
    this.#cancelPatience?.()
    this.#cancelPatience = undefined
    this.#due?.quiet()
  }

  #pass(count: number): void {
    // Only the parts of what was halved are kept apart.
    if (this.#again.length === 1) this.#again.length = 0
    for (let left = count; left > 0 && this.#again.length > 0; ) {
      const next = this.#again.pop()!
      if (next > left) this.#again.push(next - left)
      left -= next
    }
  }

  #wait(count: number): number {
    const left = this.queue.waitingSince! + this.#parts.work.patience - this.#parts.clock.now()
    if (left <= 0) return count
    this.#cancelPatience ??= this.#parts.clock.after(left, () => {
      this.#cancelPatience = undefined
      this.#parts.wake()
    })
    return 0
  }
}
