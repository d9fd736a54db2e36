// Takes dead static members out of their group, so that their partitions go to the others at once instead of after a session.
// For whoever knows that the processes are dead: the primary. LeaveGroup takes an instance id with an empty member id.

import type { Cluster } from '../../config/cluster.ts'
import type { Bus } from '../../events/bus.ts'
import type { Clock } from '../../lib/clock.ts'
import { Brokers } from './brokers.ts'
import { Coordinator } from './coordinator.ts'
import { leave } from './leaving.ts'

export interface Eviction extends Cluster {
  readonly groupId: string
  readonly instanceIds: readonly string[]
  readonly timeoutMs: number
  readonly bus: Bus
  readonly clock: Clock
}

/** A member that the group does not know (any more) counts as taken out. Rejects when time is up, or for lack of rights. */
export async function evict({ instanceIds, ...eviction }: Eviction): Promise<void> {
  const { groupId, timeoutMs, clock } = eviction
  const deadline = clock.now() + timeoutMs
  const brokers = new Brokers({ ...eviction, socketTimeout: timeoutMs })
  try {
    for (const instanceId of instanceIds) {
      const coordinator = new Coordinator({ brokers, groupId, instanceId })
      await leave({ coordinator, clock, memberId: () => '', isJoining: () => false, deadline })
    }
  } finally {
    brokers.close()
  }
}
