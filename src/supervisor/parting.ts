// The part of the decisions that asks one worker to stop while the others go on: gracefully, and not for longer than a stop may
// take.

import { type Live, type Parting, placeOf, type Slot, type Stopping, tracesOf } from './state.ts'
import { kill } from './steps.ts'
import type { Turn } from './turn.ts'

export type Alone = Stopping & Required<Pick<Stopping, 'alone'>>

export const isAlone = (slot: Slot): slot is Alone => slot.state === 'stopping' && slot.alone !== undefined

/** Who is asked to stop is the only one of all that does not work at the time. */
export const isAtRest = (slot: Slot): boolean => slot.state === 'up' || (slot.state === 'down' && slot.forkAt === null)

/** A worker gives up a little earlier than it is killed, so that it can still abort, leave and say so. */
export const workersShare = (graceMs: number): number => graceMs - Math.min(1000, graceMs / 10)

export function part(turn: Turn, slot: Live, { as, reason }: { as: Parting; reason: string }): void {
  const { run } = slot
  const graceMs = turn.state.policy.shutdownTimeoutMs
  const upSince = slot.state === 'hung' ? slot.upSince : slot.since
  const alone = { as, reason, upSince, killAt: turn.now + graceMs }
  turn.put({ ...placeOf(slot), ...tracesOf(slot), state: 'stopping', run, since: turn.now, alone })
  // Its place in the group is for its replacement, where there is one.
  const leave = as === 'retired'
  turn.act({ do: 'stop', slot: slot.number, run, withinMs: workersShare(graceMs), leave, reason })
}

/** Who is asked twice keeps the first deadline. */
export function retire(turn: Turn, slot: Alone, reason: string): void {
  const withinMs = Math.max(0, workersShare(slot.alone.killAt - turn.now))
  turn.put({ ...slot, alone: { ...slot.alone, as: 'retired', reason } })
  turn.act({ do: 'stop', slot: slot.number, run: slot.run, withinMs, leave: true, reason })
}

export function attendParting(turn: Turn, slot: Alone): void {
  if (slot.alone.killAt > turn.now) return
  kill(turn, slot, { why: 'alone', as: slot.alone.as }, 'it had not stopped within shutdown_timeout')
}
