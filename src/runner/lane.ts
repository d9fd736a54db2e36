// One assigned partition: its messages in order, one call of the handler at a time, its pause after a failure. It decides when
// something may be started and what follows from its end; it does not commit, fetch or know of other lanes. A handler that is
// given up runs on without its lane: whatever becomes of it then changes nothing here.
//
// held → waiting ⇄ handling → paused → waiting; each → closed. `quiet` forbids starting until it is taken back, `cease` for good.

import type { FetchedBatch, PartitionOffset, TopicPartition } from '../engine/engine.ts'
import type { Clock } from '../lib/clock.ts'
import { type Deferred, deferred, isThenable } from '../lib/deferred.ts'
import type { DeliveryFailure } from '../producer/outbox.ts'
import { Attempt } from './attempt.ts'
import type { Care, Caution } from './caution.ts'
import type { Budget } from './demand.ts'
import { Front } from './front.ts'
import type { Intake } from './intake.ts'
import type { LaneHost } from './lane-host.ts'
import { figuresOf, type LaneState, stateAfter } from './lane-state.ts'
import { InOrder, type Progress } from './offsets.ts'
import type { Pool } from './queue.ts'
import type { Outcome } from './setbacks.ts'
import type { Taker, Turns } from './turns.ts'
import type { Work } from './work.ts'

export interface LaneParts {
  readonly at: PartitionOffset
  readonly work: Work
  readonly turns: Turns
  readonly pool: Pool
  readonly clock: Clock
  readonly host: LaneHost
}

const WAITING = { kind: 'waiting' } as const

export class Lane implements Taker, TopicPartition {
  asked = false
  readonly topic: string
  readonly partition: number
  readonly progress: Progress
  /** Stored for the group. */
  committed: number
  readonly #parts: LaneParts
  readonly #front: Front
  readonly #intake: Intake
  #state: LaneState = { kind: 'held' }
  #isQuiet = false
  #hasCeased = false
  #rest: Deferred<void> | undefined
  /** The last handler that returned a promise. A lane that has let go of one starts no other, so there is one at a time. */
  #followed: Attempt | undefined
  readonly #onFulfilled = () => this.#settled()
  readonly #onRejected = (error: unknown) => this.#settled({ error })

  constructor(parts: LaneParts) {
    const { topic, partition, offset } = parts.at
    this.#parts = parts
    this.topic = topic
    this.partition = partition
    this.committed = offset
    this.progress = new InOrder(offset)
    this.#front = new Front({
      ...parts,
      of: this,
      start: offset,
      share: () => parts.host.share(),
      hungry: () => parts.host.hungry(),
      wake: () => this.#wake(),
    })
    this.#intake = this.#front.intake
  }

  /** The handler's call under way; not one that was given up. */
  get inHand(): Attempt | undefined {
    return this.#state.kind === 'handling' ? this.#state : undefined
  }

  get isClosed(): boolean {
    return this.#state.kind === 'closed'
  }

  /** Before this nothing is started. */
  release(): void {
    if (this.#state.kind === 'held') this.#wait()
  }

  stored(offset: number): void {
    this.committed = offset
    if (this.#parts.host.isSynchronous) this.#wake()
  }

  take(batch: FetchedBatch): void {
    if (this.isClosed || this.#hasCeased) return
    const { queue } = this.#intake
    const before = queue.position
    this.#intake.take(batch)
    if (queue.position !== before) this.#advance(queue.position)
    this.#wake()
  }

  /** Bytes to fetch; 0: none now. */
  wants(budget: Budget): number {
    return this.isClosed || this.#hasCeased ? 0 : this.#intake.wants(budget)
  }

  run(): void {
    const { turns } = this.#parts
    while (this.#mayStart) {
      const care = this.#front.care()
      const count = this.#front.ready(care)
      if (count === 0 || !turns.enter(this, care?.trial)) return
      this.#begin(count, care)
      if (!this.#mayStart || turns.isOver(this)) return
    }
  }

  /** Starts nothing until it goes on; what is in hand, what is fetched and pauses are as ever. */
  quiet(isQuiet: boolean): void {
    this.#isQuiet = isQuiet
    this.#wake()
  }

  /** From now on, and until it is told otherwise. */
  beCautious(caution: Caution | undefined): void {
    this.#front.caution = caution
    this.#wake()
  }

  /** What it stands before is tried again, as if for the first time. */
  resume(): void {
    if (this.#state.kind !== 'paused' || this.#state.until !== null) return
    this.#state.cancel()
    this.#front.forgive()
    this.#parts.host.resumed(this.#at(this.#intake.queue.position))
    this.#wait()
  }

  /** Starts nothing any more; what is in hand goes on. */
  cease(): void {
    this.#hasCeased = true
    this.#intake.quiet()
    if (this.#state.kind !== 'paused') return
    this.#state.cancel()
    this.#state = WAITING
  }

  /** Resolves when no handler is in hand. */
  atRest(): Promise<void> {
    if (!this.inHand) return Promise.resolve()
    this.#rest ??= deferred()
    return this.#rest.promise
  }

  /** Lets go of the handler in hand: what is handled stays handled, but its result will not count. Answers with it. */
  giveUp(why: string): Attempt | undefined {
    const attempt = this.inHand
    this.cease()
    if (!attempt) return undefined
    this.#state = WAITING
    this.#rest?.resolve()
    attempt.abort(why)
    return attempt
  }

  /** Nothing of this partition is started, taken in or committed any more. Answers with a handler that still runs. */
  close(why: string): Attempt | undefined {
    const attempt = this.giveUp(why)
    this.#state = { kind: 'closed' }
    this.#intake.close()
    return attempt
  }

  /** What was handled since the record was queued is handled again. Answers with the handler in hand, if it is concerned. */
  undelivered({ first, last, error }: DeliveryFailure): Attempt | undefined {
    if (this.isClosed) return undefined
    const undone = this.progress.undo(first)
    const attempt = this.inHand
    if (undone && !attempt) this.#goBack(error)
    if (!attempt) return undefined
    if (!undone && (attempt.isGivenUp || attempt.mark >= last)) return undefined
    attempt.undelivered = error
    return attempt
  }

  snapshot() {
    const figures = figuresOf(this.#state, this.#parts.clock.now(), {
      intake: this.#intake,
      isQuiet: this.#isQuiet,
      stands: this.#front.stands,
      awaitsCommit: this.#awaitsCommit,
    })
    return { topic: this.topic, partition: this.partition, committed: this.committed, ...figures }
  }

  get #mayStart(): boolean {
    return this.#state.kind === 'waiting' && !this.#isQuiet && !this.#hasCeased && !this.#awaitsCommit
  }

  get #awaitsCommit(): boolean {
    return this.#parts.host.isSynchronous && this.progress.handledUpTo > this.committed
  }

  #wait(): void {
    this.#state = WAITING
    this.#wake()
  }

  #wake(): void {
    if (this.#mayStart && this.#intake.queue.count > 0) this.#parts.turns.ask(this)
  }

  #advance(next: number): void {
    this.progress.handled(next, this.#parts.host.mark())
    this.#parts.host.progressed()
  }

  #begin(count: number, care: Care | undefined): void {
    const { host } = this.#parts
    const { queue } = this.#intake
    const { offset } = queue.first()
    const last = count === 1 ? offset : queue.offsetOf(count)
    const attempt = new Attempt(this, offset, last, count, host.mark())
    attempt.care = care
    this.#state = attempt
    const told = host.begins(care?.isWatched === true)
    if (told !== undefined) host.hold(told)
    let promise: PromiseLike<unknown> | undefined
    try {
      const result = this.#front.call(attempt)
      if (isThenable(result)) promise = result
    } catch (error) {
      return this.#end(attempt, { error })
    }
    if (promise) this.#follow(attempt, promise)
    else this.#end(attempt)
  }

  #follow(attempt: Attempt, promise: PromiseLike<unknown>): void {
    const { clock, host } = this.#parts
    attempt.since = clock.now()
    this.#followed = attempt
    host.goesOn(attempt)
    // Promise.resolve makes a promise that keeps to the rules of any thenable: it settles once, later.
    Promise.resolve(promise).then(this.#onFulfilled, this.#onRejected)
  }

  #settled(failure?: { readonly error: unknown }): void {
    const { host, turns } = this.#parts
    const attempt = this.#followed!
    this.#end(attempt, failure)
    host.ended(attempt)
    if (this.#mayStart && this.#intake.queue.count > 0) turns.again(this)
  }

  /** `failure` undefined: it went well. */
  #end(attempt: Attempt, failure?: { readonly error: unknown }): void {
    attempt.end()
    if (attempt.care) this.#endWithCare(attempt, attempt.care)
    else this.#parts.turns.leave()
    if (this.#state !== attempt) return this.#parts.host.ended(attempt)
    this.#state = WAITING
    this.#rest?.resolve()
    this.#rest = undefined
    if (attempt.undelivered) this.#goBack(attempt.undelivered, attempt)
    else if (!failure) this.#advance(this.#intake.drop(attempt.count))
    // What is given up and was not to be waited for any longer is the business of whoever comes next.
    else if (!(attempt.isGivenUp && this.#hasCeased)) this.#goOn(this.#front.failed(failure.error, attempt, false))
  }

  /** After a trial nothing begins before its end is known, or the next one's fault would be taken for its own. */
  #endWithCare(attempt: Attempt, { isSuspect, trial }: Care): void {
    const { host, turns } = this.#parts
    const told = isSuspect ? host.survived(attempt) : undefined
    if (trial === undefined) turns.leave()
    else void told?.then(() => turns.leave())
  }

  /** To the first message that waits for what was lost, or else to the one that was in hand until now. */
  #goBack(error: Error, attempt?: Attempt): void {
    const at = this.#at(this.progress.handledUpTo)
    if (attempt && at.offset === this.#intake.queue.position)
      return this.#goOn(this.#front.failed(error, attempt, true))
    const outcome = this.#front.goBack(error, at.offset, attempt?.lastOffset)
    if (!this.#hasCeased) this.#parts.host.seek(at)
    this.#goOn(outcome)
  }

  #goOn({ decision, offset, why }: Outcome): void {
    if (this.#hasCeased || this.isClosed) return
    if (this.#state.kind === 'paused') this.#state.cancel()
    const { clock, host } = this.#parts
    const remind = (forMs: number) => host.stands(this.#at(offset), why, forMs)
    this.#state = stateAfter(decision, { why, clock, remind, whenOver: () => this.#wait() })
    this.#wake()
  }

  #at(offset: number): PartitionOffset {
    return { topic: this.topic, partition: this.partition, offset }
  }
}
