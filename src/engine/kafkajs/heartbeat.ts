// Heartbeats on a monotonic timer of our own, whatever the member is doing, and the lease that they give: a message may be
// started only while the last successful beat is younger than the session less a margin. A process that was stopped and is
// woken finds its lease run out, and starts nothing before it has beaten.

import type { Cancel, Clock } from '../../lib/clock.ts'
import { actionOf } from './codes.ts'
import type { Coordinator, Identity } from './coordinator.ts'

/** After a beat that failed the next one comes sooner. */
const AGAIN_MS = 250
/** How often, for the length of an interval, while another round of joining may follow. */
const SETTLING_MS = 200

export interface HeartbeatParts {
  readonly coordinator: Coordinator
  readonly clock: Clock
  readonly interval: number
  readonly session: number
  readonly timeout: number
  readonly identity: () => Identity
  /** Whether a join is under way. */
  readonly isAsking: () => boolean
  /** What the coordinator answered to a beat with the identity that is still ours. */
  readonly onAnswer: (errorCode: number) => void
}

export class Heartbeat {
  readonly #parts: HeartbeatParts
  readonly #patience: number
  readonly #lease: number
  #leaseUntil = Number.NEGATIVE_INFINITY
  #renewedAt: number | undefined
  #settledAt = Number.NEGATIVE_INFINITY
  #timer: Cancel = () => {}
  #beating = false
  #again = false
  #stopped = true

  constructor(parts: HeartbeatParts) {
    this.#parts = parts
    this.#patience = Math.min(parts.timeout, Math.max(1_000, parts.session / 3))
    this.#lease = parts.session - Math.min(parts.session / 5, Math.max(250, parts.session / 10))
  }

  start(): void {
    this.#stopped = false
    this.#schedule(this.#parts.interval)
  }

  /** Another beat at once; one that is asked for while one is under way follows it. */
  beat(): void {
    if (this.#stopped) return
    if (this.#beating) {
      this.#again = true
      return
    }
    this.#timer()
    void this.#beat()
  }

  /** The coordinator has just dealt with us as a member; `sentAt` is when we asked. */
  renew(sentAt: number): void {
    this.#leaseUntil = sentAt + this.#lease
    this.#renewedAt = sentAt
  }

  /** The group is not expected to stay as it is: beats come more often for a while, so that we learn soon that it moves on. */
  hasten(): void {
    const { clock, interval } = this.#parts
    this.#settledAt = clock.now() + interval
    if (!this.#beating) this.#schedule(this.#pace())
  }

  ago(): number | null {
    return this.#renewedAt === undefined ? null : this.#parts.clock.now() - this.#renewedAt
  }

  holds(): boolean {
    return this.#parts.clock.now() < this.#leaseUntil
  }

  stop(): void {
    this.#stopped = true
    this.#timer()
  }

  async #beat(): Promise<void> {
    const { coordinator, clock, identity, interval, isAsking, onAnswer } = this.#parts
    const sent = identity()
    // Outside a generation there is no membership to keep. But a first join may wait for long, and on a connection that has died
    // unnoticed for ever: a beat that nobody hears tells.
    const isProbe = sent.generation < 0
    if (isProbe && !isAsking()) return this.#schedule(interval)
    const sentAt = clock.now()
    this.#beating = true
    this.#again = false
    let soon = false
    try {
      const { errorCode } = await coordinator.heartbeat(sent, this.#patience)
      const action = actionOf(errorCode)
      if (isProbe ? action === 'coordinator' : sent === identity() && !this.#stopped) {
        // In a rebalance the coordinator still counts the beat of a member of the last generation.
        if (!isProbe && (action === 'ok' || action === 'rejoin')) this.renew(sentAt)
        onAnswer(errorCode)
      }
      soon = action === 'retry' || action === 'coordinator'
    } catch {
      soon = true
    } finally {
      this.#beating = false
      this.#schedule(this.#again ? 0 : Math.min(this.#pace(), soon ? AGAIN_MS : interval))
    }
  }

  #pace(): number {
    const { clock, interval } = this.#parts
    return clock.now() < this.#settledAt ? Math.min(interval, SETTLING_MS) : interval
  }

  #schedule(wait: number): void {
    this.#timer()
    if (!this.#stopped) this.#timer = this.#parts.clock.after(wait, () => void this.#beat())
  }
}
