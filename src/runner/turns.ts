// Whose turn it is to start a message. Lanes ask; each gets a short slice, round and round, while the gate is open; and when the
// event loop has been held for long enough the rest waits until it has turned, so that heartbeats, fetches and messages of the
// primary are served although no handler ever waits for anything. Knows nothing of messages.

import type { Cancel, Clock } from '../lib/clock.ts'
import { ByTopic, InOrderOfAsking, type LineUp, type TopicStrategy } from './line-up.ts'

/** Somebody with something to start. */
export interface Taker {
  readonly topic: string
  /** Whether it stands in the queue; kept by Turns. */
  asked: boolean
  /** Starts what it can, asking `enter` before each. */
  run(): void
}

export interface TurnsParts {
  readonly clock: Clock
  /** One handler at a time in the whole worker. */
  readonly serial: boolean
  /** Where that is so: which topic is next. */
  readonly topics: TopicStrategy
  /** Whether a message may be started now. Cheap: asked for each. */
  readonly gate: () => boolean
  /** No handler runs, and nothing is left to do of those that have. Asked only where somebody must be alone. */
  readonly isIdle?: () => boolean
  /** Calls `task` when the event loop has turned. */
  readonly whenTurned?: ((task: () => void) => void) | undefined
}

/** Milliseconds for which the event loop may be held. */
const HOLD = 10
/** Milliseconds after which the next lane has its turn. */
const SLICE = 1
/** The clock is looked at only once in so many messages. */
const LOOK_MASK = 7
/** Milliseconds after which a closed gate is tried again. */
const GATE_RETRY = 50
/** Milliseconds that who must be alone waits for somebody who goes before it and may not have asked yet. */
const COURTESY = 500

/** Somebody who must be alone in the worker; the lowest rank goes first. */
interface Claim {
  readonly taker: Taker
  readonly rank: number
}

const resolved = Promise.resolve()

export class Turns {
  readonly #parts: TurnsParts
  readonly #queue: LineUp<Taker>
  #isClosed = false
  /** Serial: a handler is running. Else: one is that must be alone, or somebody waits to be. */
  #isBusy = false
  #claims: Claim[] = []
  /** Since when somebody waits to be alone. */
  #claimedAt: number | undefined
  /** Whose turn it is to be alone; undefined beside their turn. */
  #called: Taker | undefined
  #isAlone = false
  #isShut = false
  #isScheduled = false
  /** The end of the time for which the loop may be held; undefined when nothing has run since it last turned. */
  #holdEnd: number | undefined
  #sliceEnd = 0
  #started = 0
  #cancelRetry: Cancel | undefined

  constructor(parts: TurnsParts) {
    this.#parts = parts
    const { serial, topics: strategy, clock } = parts
    this.#queue = serial ? new ByTopic({ strategy, clock }) : new InOrderOfAsking()
  }

  get isClosed(): boolean {
    return this.#isClosed
  }

  /** `taker.run` will be called, soon and once, unless they are closed. */
  ask(taker: Taker): void {
    this.#line(taker)
    this.#schedule()
  }

  /** Like `ask`, for who has just had a turn: at once, where nobody else waits. */
  again(taker: Taker): void {
    const isFree = this.#queue.length === 0 && this.#holdEnd !== undefined && !this.#parts.serial
    // Now and then by the queue, where the clock is looked at.
    if (isFree && (++this.#started & LOOK_MASK) !== 0) taker.run()
    else this.ask(taker)
  }

  /**
   * Whether a message may be started now; where not, the taker's turn comes again. With a rank it is started when no handler
   * runs, and none is until it has been left; while somebody waits for that nothing else is started.
   */
  enter(taker: Taker, rank?: number): boolean {
    if (this.#isClosed) return false
    if (rank !== undefined && taker !== this.#called) return this.#claim({ taker, rank })
    if (this.#isBusy || !this.#parts.gate()) {
      this.#isShut = true
      this.#line(taker)
      return false
    }
    this.#isAlone = rank !== undefined
    this.#isBusy = this.#parts.serial || this.#isAlone
    return true
  }

  /** What was entered has ended. */
  leave(): void {
    if (!this.#isBusy) return
    this.#isAlone = false
    this.#isBusy = this.#claims.length > 0
    this.#schedule()
  }

  /** After each start: whether the turn is over; then it comes again. */
  isOver(taker: Taker): boolean {
    if (!this.#parts.serial) {
      if ((++this.#started & LOOK_MASK) !== 0 || this.#parts.clock.now() < this.#sliceEnd) return false
    }
    this.ask(taker)
    return true
  }

  /** The gate may have opened. */
  poke(): void {
    if (this.#queue.length > 0) this.#schedule()
  }

  /** Nothing is started any more. */
  close(): void {
    this.#isClosed = true
    this.#cancelRetry?.()
  }

  #line(taker: Taker): void {
    if (taker.asked) return
    taker.asked = true
    this.#queue.push(taker)
  }

  #schedule(): void {
    if (this.#isScheduled || this.#isClosed) return
    this.#isScheduled = true
    void resolved.then(() => this.#drain())
  }

  #drain(): void {
    this.#isScheduled = false
    this.#isShut = false
    this.#watchTheLoop()
    if (this.#claims.length > 0) return this.#callAlone()
    for (let left = this.#queue.length; left > 0 && !this.#isBusy && !this.#isShut; left--) {
      const now = this.#parts.clock.now()
      if (now > this.#holdEnd!) return
      this.#sliceEnd = now + SLICE
      this.#take().run()
    }
    if (this.#isShut && !this.#isBusy) this.#retry()
  }

  #claim(claim: Claim): false {
    this.#claims.push(claim)
    this.#claimedAt ??= this.#parts.clock.now()
    this.#isBusy = true
    this.#line(claim.taker)
    this.#schedule()
    return false
  }

  /** Lets the first of those begin who must be alone, once nobody else is busy. */
  #callAlone(): void {
    if (this.#isAlone) return
    if (!this.#parts.isIdle?.()) return this.#retry()
    this.#poll()
    if (this.#claims.length === 0) return this.#open()
    const { taker, rank } = this.#claims.reduce((first, other) => (other.rank < first.rank ? other : first))
    const isEarly = rank > 0 && this.#parts.clock.now() < this.#claimedAt! + COURTESY
    if (isEarly || !this.#parts.gate()) return this.#retry()
    this.#called = taker
    this.#isBusy = false
    taker.run()
    this.#called = undefined
    if (!this.#isBusy) this.#open()
    else this.#claims = []
  }

  /** Asks all who wait whether they must be alone: who had to be may not any more, or may have nothing to start. */
  #poll(): void {
    this.#claims = []
    this.#isScheduled = true
    // All are taken before any of them asks again: else one whose turn it is would be asked for all the others.
    const all = Array.from({ length: this.#queue.length }, () => this.#take())
    for (const taker of all) taker.run()
    this.#isScheduled = false
  }

  /** For everybody. */
  #open(): void {
    this.#claims = []
    this.#claimedAt = undefined
    this.#isBusy = false
    this.#schedule()
  }

  #take(): Taker {
    const taker = this.#queue.take()
    taker.asked = false
    return taker
  }

  #watchTheLoop(): void {
    if (this.#holdEnd !== undefined) return
    this.#holdEnd = this.#parts.clock.now() + HOLD
    const { whenTurned = setImmediate } = this.#parts
    whenTurned(() => {
      this.#holdEnd = undefined
      this.poke()
    })
  }

  #retry(): void {
    if (this.#isClosed) return
    this.#cancelRetry ??= this.#parts.clock.after(GATE_RETRY, () => {
      this.#cancelRetry = undefined
      this.poke()
    })
  }
}
