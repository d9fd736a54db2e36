// The part of the decisions that replaces workers which have grown too large or too old, gracefully and one at a time: another is
// asked to stop only while all others are up, so that a leak that all share costs one worker's share of the work at a time.

import { attendParting, isAlone, isAtRest, part } from './parting.ts'
import type { Slot, State, Up } from './state.ts'
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

/** When time alone changes something. What has to wait for others is looked at when these have changed. */
export function recycleAt(slot: Slot, { policy, slots }: State): number {
  if (isAlone(slot)) return slot.alone.killAt
  const mayAge = slot.state === 'up' && policy.maxAgeMs > 0 && slots.every(isAtRest)
  return mayAge ? slot.since + policy.maxAgeMs : Number.POSITIVE_INFINITY
}

export function attendLimits(turn: Turn, slot: Slot): void {
  if (isAlone(slot)) return attendParting(turn, slot)
  if (slot.state !== 'up') return
  const { policy, slots } = turn.state
  const reason = excess(slot, policy, turn.now)
  if (reason === undefined || !slots.every(isAtRest)) return
  turn.act({
    do: 'announce',
    event: { name: 'slot.recycling', data: { slot: turn.name(slot), pid: slot.pid, reason } },
  })
  part(turn, slot, { as: 'recycled', reason })
}
