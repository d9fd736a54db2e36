// More members than partitions: some have nothing to do, by mistake as a rule. Whoever leads the group sees it, and says it when
// it begins and when it grows, not with every rebalance.

import type { Bus } from '../../events/bus.ts'

export class Crowding {
  readonly #bus: Bus
  readonly #groupId: string
  /** So many idle ones were told of. */
  #told = 0

  constructor(bus: Bus, groupId: string) {
    this.#bus = bus
    this.#groupId = groupId
  }

  see(members: number, partitions: number): void {
    const idle = members - partitions
    // Where nothing is there yet another line says so.
    if (partitions === 0 || idle <= this.#told) return
    this.#told = idle
    this.#bus.publish('group.crowded', { groupId: this.#groupId, members, partitions })
  }
}
