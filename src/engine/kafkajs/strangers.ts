// Members of the group that consume none of our topics: another application under the same group id, by mistake as a rule. Both
// work, but every start and end of one disturbs the other, and what is committed or reset for the group concerns both. Said in
// one line, and not again for the same topics.

import type { Bus } from '../../events/bus.ts'
import type { Coordinator } from './coordinator.ts'
import { decodeSubscription } from './protocol.ts'

export interface StrangersParts {
  readonly coordinator: Coordinator
  readonly groupId: string
  /** Ours. */
  readonly topics: readonly string[]
  readonly bus: Bus
}

interface Seen {
  readonly memberId: string
  readonly topics: readonly string[]
}

export class Strangers {
  readonly #parts: StrangersParts
  readonly #told = new Set<string>()

  constructor(parts: StrangersParts) {
    this.#parts = parts
  }

  /** All members, as whoever leads the group is told of them. */
  see(members: readonly Seen[]): void {
    const { bus, groupId } = this.#parts
    const strange = members.filter(({ topics }) => topics.length > 0 && !this.#isOurs(topics))
    const topics = [...new Set(strange.flatMap(one => one.topics))].sort()
    const key = topics.join(',')
    if (strange.length === 0 || this.#told.has(key)) return
    this.#told.add(key)
    bus.publish('group.shared', { groupId, members: strange.map(({ memberId }) => memberId), topics })
  }

  /** The leader is of another make, and will not tell: one of us asks. Never rejects. */
  async ask(own: string): Promise<void> {
    try {
      const { groups } = await this.#parts.coordinator.describe()
      const members = (groups[0]?.members ?? []).map(({ memberId, memberMetadata }) => {
        return { memberId, ...decodeSubscription(memberMetadata, memberId) }
      })
      const ours = members.filter(({ nonce, topics }) => nonce !== undefined && this.#isOurs(topics))
      if (ours.map(({ memberId }) => memberId).sort()[0] === own) this.see(members)
    } catch {
      // Not allowed, not spoken there, or rebalancing again: it is no more than a hint.
    }
  }

  #isOurs(topics: readonly string[]): boolean {
    return topics.some(topic => this.#parts.topics.includes(topic))
  }
}
