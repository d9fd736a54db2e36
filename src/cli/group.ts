// What a primary does in its group although it is no member: taking the dead out. It loads a Kafka client only when it must.

import { clusterOf } from '../config/cluster.ts'
import type { Config } from '../config/options.ts'
import type { Eviction } from '../supervisor/parts.ts'
import * as predecessors from '../supervisor/predecessors.ts'
import type { Session } from './session.ts'

export async function evict({ config, groupId, instanceIds, timeoutMs }: Eviction, { parts }: Session): Promise<void> {
  const { evict } = await import('../engine/kafkajs/evict.ts')
  const { bus, clock } = parts
  await evict({ ...clusterOf(config), groupId, instanceIds, timeoutMs, bus, clock })
}

/** A worker that drains says goodbye, and exits, after its own deadline. */
const GOODBYE_MS = 1000

/** Without a pidfile nothing is known of an earlier life. */
export async function clearTheWay(session: Session, config: Config, signal: AbortSignal): Promise<void> {
  const { pidfile, bus, clock } = session.parts
  if (!pidfile || pidfile.left.length === 0) return
  const isDone = await predecessors.clearTheWay(
    {
      left: pidfile.left,
      graceMs: config.shutdownTimeout * 1000 + GOODBYE_MS,
      // For longer than a session the group keeps nobody.
      evict: (groupId, instanceIds) =>
        evict({ config, groupId, instanceIds, timeoutMs: config.sessionTimeout * 1000 }, session),
      bus,
      clock,
    },
    signal,
  )
  if (isDone) pidfile.forgetLeft()
}
