// Heartbeats, and the lease that follows from them. What an answer means for the membership is the member's matter.

import type { Cancel, Clock } from '../../lib/clock.ts'
import { Unreachable } from './link.ts'
import type { Identity, Refusal } from './protocol.ts'
import type { Remote } from './remote.ts'

export interface PulseParts {
  readonly remote: Remote
  readonly clock: Clock
  readonly groupId: string
  readonly sessionTimeout: number
  readonly heartbeatInterval: number
  /** Undefined while there is no membership to keep alive. */
  readonly identity: () => Identity | undefined
  readonly heard: (from: Identity, answer: Refusal | 'rebalance' | 'ok') => void
}

const RETRY_MS = 250
/** Of the session: what a message may be late in starting, and the coordinator's answer on its way. */
const MARGIN = 0.1

export class Pulse {
  readonly #parts: PulseParts
  #cancel: Cancel | undefined
  #stopped = false
  #aliveAt = -Infinity

  constructor(parts: PulseParts) {
    this.#parts = parts
  }

  start(): void {
    this.#after(this.#parts.heartbeatInterval)
  }

  stop(): void {
    this.#stopped = true
    this.#cancel?.()
  }

  /** The coordinator has just been heard of otherwise. */
  renew(): void {
    this.#aliveAt = this.#parts.clock.now()
  }

  get ago(): number | null {
    return Number.isFinite(this.#aliveAt) ? this.#parts.clock.now() - this.#aliveAt : null
  }

  get isFresh(): boolean {
    return this.#parts.clock.now() - this.#aliveAt < this.#parts.sessionTimeout * (1 - MARGIN)
  }

  /** Whether it got through. */
  async beat(): Promise<boolean> {
    const { remote, clock, groupId, heard } = this.#parts
    const from = this.#parts.identity()
    if (!from || this.#stopped) return true
    // The session began anew when the beat arrived, which was not before it was sent.
    const sentAt = clock.now()
    try {
      const answer = await remote.call(cluster => cluster.group(groupId).heartbeat(from))
      if (answer === 'ok' || answer === 'rebalance') this.#aliveAt = Math.max(this.#aliveAt, sentAt)
      heard(from, answer)
      return true
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error
      return false
    }
  }

  #after(ms: number): void {
    this.#cancel = this.#parts.clock.after(ms, async () => {
      const { heartbeatInterval, clock } = this.#parts
      const sentAt = clock.now()
      const through = await this.beat()
      if (this.#stopped) return
      this.#after(through ? sentAt + heartbeatInterval - clock.now() : Math.min(RETRY_MS, heartbeatInterval))
    })
  }
}
