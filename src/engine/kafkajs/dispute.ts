// Whether we know better than the leader of the group did what there is to share out: the partitions of our topics, or that we
// want other topics than it thought (a static member that comes back gets the share of the one it replaces, unasked). To raise
// it, a member joins with another nonce in its metadata; then the coordinator starts a rebalance.

import type { Clock } from '../../lib/clock.ts'
import type { Round } from './joining.ts'
import { type Basis, basisOf, sameBasis } from './protocol.ts'
import type { Topology } from './topology.ts'

/** How long the same disagreement is left alone before it is raised again. */
const PATIENCE_MS = 10_000

export interface DisputeParts {
  readonly topics: readonly string[]
  readonly topology: Topology
  readonly clock: Clock
}

export class Dispute {
  readonly #parts: DisputeParts
  #nonce = 0
  #raised = { about: '', at: Number.NEGATIVE_INFINITY }

  constructor(parts: DisputeParts) {
    this.#parts = parts
  }

  get nonce(): number {
    return this.#nonce
  }

  disagrees({ basis, assigned }: Round): boolean {
    const { topics } = this.#parts
    return (
      assigned.some(({ topic }) => !topics.includes(topic)) || (basis !== undefined && !sameBasis(basis, this.#seen()))
    )
  }

  /** Whether to raise it now; the nonce is another one then. */
  raises(round: Round): boolean {
    if (!this.disagrees(round)) return false
    const about = JSON.stringify(this.#seen())
    const now = this.#parts.clock.now()
    if (this.#raised.about === about && now - this.#raised.at < PATIENCE_MS) return false
    this.#raised = { about, at: now }
    this.insist()
    return true
  }

  /** The next join makes the group share out anew. */
  insist(): void {
    this.#nonce = (this.#nonce + 1 + Math.floor(Math.random() * 2 ** 16)) >>> 0
  }

  #seen(): Basis {
    return basisOf(this.#parts.topics, this.#parts.topology.counts())
  }
}
