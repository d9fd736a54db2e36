// What to do next: (state, event, now) → (state, actions). Pure; nothing here forks, signals, waits or reads a clock. Whoever
// carries out the actions reports what came of them as events. Each turn first takes in the event, then what the time demands.

import { EXIT } from '../errors.ts'
import { attendSilence, isBooting, look, nextLook, silentAt } from './hanging.ts'
import { configureWaiting, evicted, ofProcess } from './lives.ts'
import { attendPoison, pardon, poisonAt } from './poison.ts'
import { setQuiet } from './quiet.ts'
import { attendLimits, recycleAt } from './recycling.ts'
import { type Action, placeOf, type Slot, type State, type SupervisorEvent, tracesOf, vacant } from './state.ts'
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
    return isAtDeadline ? phase.deadline : phase.deadline + UNKILLABLE_MS
  }
  const times = slots.flatMap(slot => [
    slot.state === 'down' && slot.forkAt !== null ? slot.forkAt : Number.POSITIVE_INFINITY,
    killAt(slot),
    silentAt(slot, policy),
    recycleAt(slot, state),
    evictionAt(slot, policy.evictAfterMs),
  ])
  const first = Math.min(nextLook(state), poisonAt(state), ...times)
  return Number.isFinite(first) ? first : null
}

function react(turn: Turn, event: SupervisorEvent): void {
  switch (event.type) {
    case 'sized':
      resize(turn, event)
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
      if (!event.isQuiet) pardon(turn, event)
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
    case 'exited':
    case 'fork failed': {
      const slot = turn.state.slots[event.slot]
      // A word from a process that was replaced since.
      if (slot && slot.state !== 'down' && slot.run === event.run) ofProcess(turn, slot, event)
      break
    }
    default:
      event satisfies never
  }
}

function resize(turn: Turn, { consumer, workers }: Extract<SupervisorEvent, { type: 'sized' }>): void {
  if (turn.state.phase.kind !== 'running') return
  if (workers === 0) beginStop(turn, { reason: 'workers is 0', code: EXIT.clean, why: 'stopped' })
  const { slots } = turn.state
  const has = slots.filter(slot => slot.consumer === consumer).length
  // Slots are only ever added here.
  const added = Array.from({ length: Math.max(0, workers - has) }, (_, more) =>
    vacant({ number: slots.length + more, consumer, index: has + more }, turn.now),
  )
  turn.change({ slots: [...slots, ...added] })
}

function settle(turn: Turn): void {
  if (turn.state.phase.kind !== 'running') return finishStop(turn)
  for (const slot of turn.state.slots) attend(turn, slot)
  attendPoison(turn)
}

function attend(turn: Turn, slot: Slot): void {
  const { now } = turn
  if (slot.state === 'starting' && killAt(slot) <= now) {
    const killed = { state: 'killed', run: slot.run, since: now, why: 'boot', bootSince: slot.since } as const
    turn.put({ ...placeOf(slot), ...tracesOf(slot), ...killed })
    turn.act({ do: 'kill', slot: slot.number, run: slot.run, why: 'it was not up within boot_timeout' })
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

function fork(turn: Turn, slot: Slot): void {
  const run = turn.state.runs + 1
  const since = turn.now
  const killAt = since + turn.state.policy.bootTimeoutMs
  turn.change({ runs: run })
  turn.put({ ...placeOf(slot), forks: slot.forks + 1, state: 'starting', run, since, killAt, step: 'loading' })
  turn.act({ do: 'fork', slot: slot.number, run, restarts: slot.forks })
}
