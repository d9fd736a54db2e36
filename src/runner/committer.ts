// Has the positions of all lanes stored for the group: soon after something was handled, at most once in an interval, and one
// call at a time. What a position may be is not decided here, nor to whom a partition belongs: that is the engine's answer.

import type { CommitOutcome, Engine, PartitionOffset, TopicPartition } from '../engine/engine.ts'
import type { Bus } from '../events/bus.ts'
import { backoff } from '../lib/backoff.ts'
import { type Cancel, type Clock, sleep } from '../lib/clock.ts'
import { within } from '../lib/within.ts'
import type { Progress } from './offsets.ts'

/** A lane, as far as commits are concerned. */
export interface Committed extends TopicPartition {
  readonly progress: Progress
  readonly isClosed: boolean
  /** Stored for the group. */
  readonly committed: number
  /** This is stored. */
  stored(offset: number): void
}

export interface CommitterParts {
  readonly commit: Engine['commit']
  readonly bus: Bus
  readonly clock: Clock
  /** Milliseconds. */
  readonly interval: number
  readonly lanes: () => Iterable<Committed>
  /** How many of the records queued for delivery are acknowledged. */
  readonly delivered: () => number
}

// Taken here, before a user's test can put a fake in its place.
const soon = queueMicrotask

const RETRY = { first: 100, most: 2000, jitter: 0.2 }

export class Committer {
  readonly #parts: CommitterParts
  #underWay: Promise<void> | undefined
  /** Something was handled, or could not be stored, since the last commit began. */
  #isTouched = false
  /** Something handled waited for its deliveries when the last commit began. */
  #awaitsDeliveries = false
  /** When the next commit is due, and when the last one began. */
  #due = 0
  #began = Number.NEGATIVE_INFINITY
  #failures = 0
  #cancel: Cancel | undefined
  #isStopped = false

  constructor(parts: CommitterParts) {
    this.#parts = parts
  }

  /** Something was handled. Called for each message. */
  progressed(): void {
    if (!this.#isTouched) this.#touch(this.#parts.clock.now() + this.#parts.interval)
  }

  /** More deliveries are acknowledged. */
  delivered(): void {
    // What was handled has had its wait; the interval only keeps a busy producer from causing a commit for each answer.
    if (this.#awaitsDeliveries && !this.#isTouched) this.#touch(this.#began + this.#parts.interval)
  }

  /** Whether all that may be stored is; where not, that begins now. */
  settled(): boolean {
    if (this.#dueOf([...this.#parts.lanes()]).length === 0) return true
    if (!this.#underWay && this.#failures === 0 && !this.#isStopped) void this.#commit()
    return false
  }

  /** Stores all that may be stored of these, trying until `until`. Answers whether that was done. */
  async finish(lanes: readonly Committed[], until: number): Promise<boolean> {
    const { clock } = this.#parts
    for (;;) {
      if (this.#dueOf(lanes).length === 0) return true
      if (clock.now() >= until) return false
      const isOurs = this.#underWay === undefined
      if (!(await within(clock, this.#underWay ?? this.#commit(), until))) return false
      if (isOurs && this.#failures > 0) await sleep(clock, Math.min(this.#backoff(), until - clock.now()))
    }
  }

  /** No commit is begun any more, but by `finish`. */
  stop(): void {
    this.#isStopped = true
    this.#cancel?.()
    this.#cancel = undefined
  }

  #touch(due: number): void {
    this.#isTouched = true
    this.#due = due
    this.#plan()
  }

  #plan(): void {
    if (this.#underWay || this.#cancel || this.#isStopped) return
    const wait = this.#due - this.#parts.clock.now()
    if (wait > 0) this.#cancel = this.#parts.clock.after(wait, () => this.#flush())
    else soon(() => this.#flush())
  }

  #flush(): void {
    this.#cancel = undefined
    if (!this.#underWay && !this.#isStopped) void this.#commit()
  }

  #dueOf(lanes: readonly Committed[]): Committed[] {
    const delivered = this.#parts.delivered()
    return lanes.filter(lane => !lane.isClosed && lane.progress.committable(delivered) > lane.committed)
  }

  /** Always of all lanes: what one of them has waiting would else be forgotten until it goes on. */
  #commit(): Promise<void> {
    const lanes = [...this.#parts.lanes()]
    const delivered = this.#parts.delivered()
    this.#isTouched = false
    this.#awaitsDeliveries = lanes.some(({ progress }) => progress.awaits > delivered)
    this.#began = this.#parts.clock.now()
    const due = this.#dueOf(lanes)
    if (due.length === 0) return Promise.resolve()
    const offsets = due.map(({ topic, partition, progress }) => {
      return { topic, partition, offset: progress.committable(delivered) }
    })
    this.#underWay = this.#ask(offsets).then(outcomes => {
      this.#underWay = undefined
      this.#learn(due, offsets, outcomes)
    })
    return this.#underWay
  }

  async #ask(offsets: readonly PartitionOffset[]): Promise<readonly CommitOutcome[]> {
    try {
      return await this.#parts.commit(offsets)
    } catch {
      // The port promises that this does not happen; if it does, nothing is known of what was stored.
      return offsets.map(() => 'retry')
    }
  }

  #learn(due: readonly Committed[], offsets: readonly PartitionOffset[], outcomes: readonly CommitOutcome[]): void {
    const stored = offsets.filter((_, index) => outcomes[index] === 'committed')
    for (const [index, lane] of due.entries()) {
      if (outcomes[index] === 'committed') lane.stored(offsets[index]!.offset)
    }
    if (stored.length > 0) this.#parts.bus.publish('offsets.committed', { offsets: stored })
    if (outcomes.includes('retry')) {
      this.#failures++
      this.#touch(this.#parts.clock.now() + this.#backoff())
      return
    }
    this.#failures = 0
    if (this.#isTouched) this.#plan()
  }

  #backoff(): number {
    return backoff(this.#failures, RETRY)
  }
}
