// The part of the decisions that replaces workers which have grown too large or too old, gracefully and one at a time: another is
// asked to stop only while all others are up, so that a leak that all share costs one worker's share of the work at a time.

import { placeOf, type Slot, type State, type Stopping, tracesOf, type Up } from './state.ts'
import { workersShare } from './stopping.ts'
import type { Turn } from './turn.ts'

const MEGABYTE = 2 ** 20

type Limits = Pick<State['policy'], 'maxMemoryBytes' | 'maxAgeMs'>

/** Why it is to be replaced; undefined: it is not. */
function excess({ heard, since }: Up, { maxMemoryBytes, maxAgeMs }: Limits, now: number): string | undefined {
  const mb = (bytes: number) => `${Math.round(bytes / MEGABYTE)} MB`
  if (maxMemoryBytes > 0 && heard.memoryBytes > maxMemoryBytes)
    return `it has ${mb(heard.memoryBytes)} of memory, more than max_worker_memory (${mb(maxMemoryBytes)})`
  if (maxAgeMs > 0 && now - since >= maxAgeMs) return `it has reached max_worker_age (${maxAgeMs / 1000} s)`
  return undefined
}

export const isRecycled = (slot: Slot): slot is Stopping & Required<Pick<Stopping, 'recycling'>> =>
  slot.state === 'stopping' && slot.recycling !== undefined

/** When time alone changes something. What has to wait for others is looked at when these have changed. */
export function recycleAt(slot: Slot, { policy, slots }: State): number {
  if (isRecycled(slot)) return slot.recycling.killAt
  const mayAge = slot.state === 'up' && policy.maxAgeMs > 0 && slots.every(isAtRest)
  return mayAge ? slot.since + policy.maxAgeMs : Number.POSITIVE_INFINITY
}

const isAtRest = (slot: Slot): boolean => slot.state === 'up' || (slot.state === 'down' && slot.forkAt === null)

export function attendLimits(turn: Turn, slot: Slot): void {
  if (isRecycled(slot)) return killLate(turn, slot)
  if (slot.state !== 'up') return
  const { policy, slots } = turn.state
  const reason = excess(slot, policy, turn.now)
  if (reason === undefined || !slots.every(isAtRest)) return
  const { run, pid, since } = slot
  const graceMs = policy.shutdownTimeoutMs
  const recycling = { reason, upSince: since, killAt: turn.now + graceMs }
  turn.put({ ...placeOf(slot), ...tracesOf(slot), state: 'stopping', run, since: turn.now, recycling })
  turn.act({ do: 'announce', event: { name: 'slot.recycling', data: { slot: turn.name(slot), pid, reason } } })
  // Its place in the group is for its replacement.
  turn.act({ do: 'stop', slot: slot.number, run, withinMs: workersShare(graceMs), leave: false, reason })
}

function killLate(turn: Turn, slot: Stopping & Required<Pick<Stopping, 'recycling'>>): void {
  if (slot.recycling.killAt > turn.now) return
  const { run } = slot
  turn.put({ ...placeOf(slot), ...tracesOf(slot), state: 'killed', run, since: turn.now, why: 'recycling' })
  turn.act({ do: 'kill', slot: slot.number, run, why: 'it had not stopped within shutdown_timeout' })
}
