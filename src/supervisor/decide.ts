// What to do next: (state, event, now) → (state, actions). Pure; nothing here forks, signals, waits or reads a clock. Whoever
// carries out the actions reports what came of them as events. Each turn first takes in the event, then what the time demands.

import { attendSilence, isBooting, look, nextLook, silentAt } from './hanging.ts'
import { configureWaiting, evicted, ofProcess, type ProcessEvent } from './lives.ts'
import type { Action, SupervisorEvent } from './moves.ts'
import { attendPoison, pardon, poisonAt } from './poison.ts'
import { resume, setQuiet } from './quiet.ts'
import { attendLimits, recycleAt } from './recycling.ts'
import { attendRestart, beginRestart, followRestart, ofBeside, refuseRestart, restartAt } from './restart.ts'
import { besideOf } from './restart-state.ts'
import { scale, size } from './scaling.ts'
import type { Slot, State } from './state.ts'
import { fork, kill } from './steps.ts'
import { beginStop, finishStop, force, interrupt, UNKILLABLE_MS } from './stopping.ts'
import { Turn } from './turn.ts'

export interface Decision {
  readonly state: State
  readonly actions: readonly Action[]
}

export function decide(state: State, event: SupervisorEvent, now: number): Decision {
  const turn = new Turn(state, now)
  if (state.phase.kind !== 'ended') {
    look(turn)
    react(turn, event)
    settle(turn)
  }
  return { state: turn.state, actions: turn.actions }
}

/** When time alone will change something; null: never. */
export function nextWake(state: State): number | null {
  const { phase, slots, policy } = state
  if (phase.kind === 'ended') return null
  if (phase.kind === 'stopping') {
    // With nobody left it is the group's answer that is waited for, and not beyond the deadline.
    const isAtDeadline = slots.some(slot => slot.state === 'stopping') || slots.every(slot => slot.state === 'down')
    return isAtDeadline && !isKilledBeside(state) ? phase.deadline : phase.deadline + UNKILLABLE_MS
  }
  const times = slots.flatMap(slot => [
    slot.state === 'down' && slot.forkAt !== null ? slot.forkAt : Number.POSITIVE_INFINITY,
    killAt(slot),
    silentAt(slot, policy),
    recycleAt(slot, state),
    evictionAt(slot, policy.evictAfterMs),
  ])
  const first = Math.min(nextLook(state), restartAt(state), poisonAt(state), ...times)
  return Number.isFinite(first) ? first : null
}

/** Nothing more can be done about it. */
function isKilledBeside({ restart }: State): boolean {
  const beside = besideOf(restart)
  return beside?.kind === 'ending' && beside.isKilled
}

function react(turn: Turn, event: SupervisorEvent): void {
  switch (event.type) {
    case 'sized':
      size(turn, event)
      break
    case 'scaled':
      scale(turn, event)
      break
    case 'restart':
      beginRestart(turn, event)
      break
    case 'restart refused':
      refuseRestart(turn, event)
      break
    case 'clear':
      turn.change({ clear: [...turn.state.clear, event.consumer] })
      configureWaiting(turn)
      break
    case 'stop':
      beginStop(turn, event)
      break
    case 'interrupt':
      interrupt(turn)
      break
    case 'quiet':
      setQuiet(turn, event)
      if (!event.isQuiet) goOn(turn, event)
      break
    case 'kill':
      force(turn, event.by)
      break
    case 'evicted':
      evicted(turn, event.slot)
      break
    case 'tick':
      break
    case 'described':
    case 'up':
    case 'alive':
    case 'survived':
    case 'committed':
    case 'remade':
    case 'joining':
    case 'joined':
    case 'left':
    case 'failed':
    case 'unfit':
    case 'exited':
    case 'fork failed':
      dispatch(turn, event)
      break
    default:
      event satisfies never
  }
}

/** Also with what partitions stand before. */
function goOn(turn: Turn, event: Extract<SupervisorEvent, { type: 'quiet' }>): void {
  pardon(turn, event)
  resume(turn, event)
}

function dispatch(turn: Turn, event: ProcessEvent): void {
  const { slots, restart } = turn.state
  const slot = slots[event.slot]
  const beside = besideOf(restart)
  if (beside?.run === event.run) ofBeside(turn, beside, event)
  // Else it is a word from a process that was replaced since.
  else if (slot && slot.state !== 'down' && slot.run === event.run) {
    ofProcess(turn, slot, event)
    followRestart(turn, event)
  }
}

function settle(turn: Turn): void {
  if (turn.state.phase.kind !== 'running') return finishStop(turn)
  attendRestart(turn)
  for (const { number } of turn.state.slots) attend(turn, turn.state.slots[number]!)
  attendPoison(turn)
}

function attend(turn: Turn, slot: Slot): void {
  const { now } = turn
  if (slot.state === 'starting' && killAt(slot) <= now) {
    kill(turn, slot, { why: 'boot', bootSince: slot.since }, 'it was not up within boot_timeout')
  } else if (evictionAt(slot, turn.state.policy.evictAfterMs) <= now) {
    turn.put({ ...slot, membership: { kind: 'evicting' } })
    turn.act({ do: 'evict', slot: slot.number })
  }
  attendSilence(turn, slot)
  const watched = turn.state.slots[slot.number]
  if (watched) attendLimits(turn, watched)
  const current = turn.state.slots[slot.number]
  if (current?.state === 'down' && current.forkAt !== null && current.forkAt <= now) fork(turn, current)
}

const killAt = (slot: Slot): number => (isBooting(slot) ? slot.killAt : Number.POSITIVE_INFINITY)

/** Only while no process of the slot can join: the eviction would hit the replacement. Where none will come, at once. */
function evictionAt(slot: Slot, afterMs: number): number {
  const safe = slot.state === 'down' || (slot.state === 'starting' && slot.step === 'loading')
  if (!safe || slot.membership.kind !== 'orphaned') return Number.POSITIVE_INFINITY
  return slot.membership.since + (slot.state === 'down' && slot.forkAt === null ? 0 : afterMs)
}
