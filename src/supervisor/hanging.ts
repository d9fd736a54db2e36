// The part of the decisions that looks after silence: a worker whose event loop does not turn says nothing. This process looks often,
// for time counts only while somebody listens: a sleep of its own is held against nobody.

import type { LastHeard } from '../events/events.ts'
import type { SupervisorEvent } from './moves.ts'
import type { Heard, Hung, Live, Slot, Starting, State, Up } from './state.ts'
import { kill } from './steps.ts'
import type { Turn } from './turn.ts'

const LOOK_MS = 1000
/** After a sleep of this process the clock is read before the workers' words are: these come within a turn of its event loop. */
const MOMENT_MS = 100

const lookEveryMs = ({ policy }: State): number =>
  policy.hangTimeoutMs > 0 ? Math.min(LOOK_MS, policy.hangTimeoutMs / 4) : LOOK_MS

const isUp = (slot: Slot): slot is Up | Hung => slot.state === 'up' || slot.state === 'hung'

/** Its time runs. */
export const isBooting = (slot: Slot): slot is Starting => slot.state === 'starting' && slot.step !== 'waiting'

/** It should have been heard twice since it was: whoever asks it something need not wait for the answer. */
export const isSilent = (slot: Slot, state: State, now: number): boolean =>
  isUp(slot) && now - slot.silentFrom > 2 * lookEveryMs(state)

/** Before anything else in each turn. */
export function look(turn: Turn): void {
  const { state, now } = turn
  turn.change({ lookedAt: now })
  const sleptFor = now - state.lookedAt
  if (sleptFor <= 2 * lookEveryMs(state)) return
  for (const slot of state.slots) {
    if (isUp(slot)) turn.put({ ...backUp(slot), silentFrom: now })
    else if (isBooting(slot)) turn.put({ ...slot, killAt: slot.killAt + sleptFor })
  }
  const { restart } = state
  if (restart?.stage.kind !== 'booting') return
  turn.change({ restart: { ...restart, stage: { ...restart.stage, killAt: restart.stage.killAt + sleptFor } } })
}

export function alive(turn: Turn, slot: Live, { inHand, more, memoryBytes }: Word): void {
  const heard = { at: turn.now, inHand, more, memoryBytes }
  if (isUp(slot)) turn.put({ ...backUp(slot), heard, silentFrom: turn.now })
  else if (slot.state === 'stopping') turn.put({ ...slot, heard })
}

type Word = Extract<SupervisorEvent, { type: 'alive' }>

function backUp(slot: Up | Hung): Up {
  if (slot.state === 'up') return slot
  const { upSince, killAt: _, ...rest } = slot
  return { ...rest, state: 'up', since: upSince }
}

export const lastHeard = ({ at, inHand, more, memoryBytes }: Heard, now: number): LastHeard => ({
  agoMs: now - at,
  inHand,
  more,
  memoryBytes,
})

/** When silence will change something about the slot. */
export function silentAt(slot: Slot, { hangTimeoutMs }: State['policy']): number {
  if (slot.state === 'hung') return slot.killAt
  return slot.state === 'up' && hangTimeoutMs > 0 ? slot.silentFrom + hangTimeoutMs : Number.POSITIVE_INFINITY
}

/** When to look again, whether or not there is anything to see. */
export function nextLook(state: State): number {
  const isWatched = (slot: Slot) => isBooting(slot) || (slot.state === 'up' && state.policy.hangTimeoutMs > 0)
  return state.restart?.stage.kind === 'booting' || state.slots.some(isWatched)
    ? state.lookedAt + lookEveryMs(state)
    : Number.POSITIVE_INFINITY
}

export function attendSilence(turn: Turn, slot: Slot): void {
  const { now, state } = turn
  if (silentAt(slot, state.policy) > now) return
  if (slot.state === 'up')
    turn.put({ ...slot, state: 'hung', since: now, upSince: slot.since, killAt: now + MOMENT_MS })
  else if (slot.state === 'hung') end(turn, slot)
}

function end(turn: Turn, slot: Hung): void {
  const { pid, upSince, heard } = slot
  const { hangTimeoutMs: limitMs } = turn.state.policy
  const data = { slot: turn.name(slot), pid, limitMs, last: lastHeard(heard, turn.now) }
  turn.act({ do: 'announce', event: { name: 'slot.hung', data } })
  kill(turn, slot, { why: 'hang', heard, upSince }, 'its event loop did not turn within hang_timeout')
}
