// What an earlier primary left behind when it was killed: workers that still drain, and dead members that the group waits for.
// New workers come after both are gone, so that nothing is handled twice and nobody waits for a session to expire.

import type { Bus } from '../events/bus.ts'
import { type Clock, sleep } from '../lib/clock.ts'
import { groupBy } from '../lib/group-by.ts'
import { fateOf, type SlotRecord } from './slots-file.ts'

export interface Predecessors {
  readonly left: readonly SlotRecord[]
  /** What workers that still drain may take. */
  readonly graceMs: number
  /** Takes members out of a group. */
  readonly evict: (groupId: string, instanceIds: readonly string[]) => Promise<void>
  readonly bus: Bus
  readonly clock: Clock
}

const LOOK_MS = 50
/** SIGKILL needs a moment to be seen. */
const UNKILLABLE_MS = 5000

/** True when all is done that can be; false when `signal` ended it before. */
export async function clearTheWay(predecessors: Predecessors, signal: AbortSignal): Promise<boolean> {
  const { left, graceMs, bus } = predecessors
  const living = withFate(left, 'alive')
  if (living.length > 0) {
    bus.publish('orphans.awaited', { pids: living.map(({ pid }) => pid), graceMs })
    await gone(predecessors, graceMs, signal)
    if (signal.aborted) return false
    for (const { pid } of withFate(left, 'alive')) {
      bus.publish('orphan.killed', { pid })
      kill(pid)
    }
    await gone(predecessors, UNKILLABLE_MS, signal)
  }
  const groups = groupBy(withFate(left, 'dead'), ({ groupId }) => groupId)
  for (const [groupId, members] of groups) {
    if (signal.aborted) return false
    await takeOut(predecessors, groupId, [...new Set(members.map(({ instanceId }) => instanceId))])
  }
  return !signal.aborted
}

/** It may have gone by itself in this moment. */
function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL')
  } catch {}
}

const withFate = (left: readonly SlotRecord[], fate: 'alive' | 'dead') => left.filter(one => fateOf(one) === fate)

async function gone({ left, clock }: Predecessors, ms: number, signal: AbortSignal): Promise<void> {
  const deadline = clock.now() + ms
  while (!signal.aborted && clock.now() < deadline && withFate(left, 'alive').length > 0)
    await sleep(clock, LOOK_MS, signal)
}

async function takeOut({ evict, bus }: Predecessors, groupId: string, instanceIds: readonly string[]): Promise<void> {
  try {
    await evict(groupId, instanceIds)
    bus.publish('orphans.evicted', { groupId, instanceIds })
  } catch (error) {
    const message = `${instanceIds.join(', ')} could not be taken out of the group ${groupId}: ${String(error)}`
    bus.publish('line', { level: 'warn', message, from: 'supervisor' })
  }
}
