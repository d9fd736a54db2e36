// The part of the decisions that ends everything: one deadline, what is killed at it, and the code that the end is called by.

import { EXIT } from '../errors.ts'
import { workersShare } from './parting.ts'
import { endRestart, killBeside } from './restart.ts'
import { besideOf } from './restart-state.ts'
import { type Live, placeOf, tracesOf } from './state.ts'
import { kill } from './steps.ts'
import type { Turn } from './turn.ts'

/** SIGKILL needs a moment to be seen; what the kernel cannot end for longer than this is left behind. */
export const UNKILLABLE_MS = 5000

/** After the last exit, at a deadline that may have passed: what taking the dead out of the group may take. */
const EVICTION_MS = { least: 1000, most: 5000 }

interface Ending {
  readonly reason: string
  readonly code: number
  readonly why: string
}

/** The first thing that is not clean names the code; a stop under way keeps its deadline. */
export function beginStop(turn: Turn, { reason, code, why }: Ending): void {
  const { phase, policy } = turn.state
  if (phase.kind === 'stopping' && phase.code === EXIT.clean) turn.change({ phase: { ...phase, code, why } })
  if (phase.kind !== 'running') return
  const graceMs = policy.shutdownTimeoutMs
  turn.change({ phase: { kind: 'stopping', code, why, deadline: turn.now + graceMs, forcedBy: null } })
  turn.act({ do: 'announce', event: { name: 'primary.stopping', data: { reason, graceMs } } })
  for (const slot of turn.state.slots) {
    if (slot.state === 'down') turn.put({ ...slot, forkAt: null })
    if (slot.state !== 'starting' && slot.state !== 'up' && slot.state !== 'hung') continue
    turn.put({ ...placeOf(slot), ...tracesOf(slot), state: 'stopping', run: slot.run, since: turn.now })
    turn.act({ do: 'stop', slot: slot.number, run: slot.run, withinMs: workersShare(graceMs), leave: true, reason })
  }
  endRestart(turn, 'everything stops')
}

export function interrupt(turn: Turn): void {
  const interrupts = turn.state.interrupts + 1
  turn.change({ interrupts })
  if (interrupts === 1) beginStop(turn, { reason: 'SIGINT', code: EXIT.clean, why: 'stopped' })
  else force(turn, 'a second SIGINT')
}

/** Nothing in hand is waited for any more. */
export function force(turn: Turn, by: string): void {
  beginStop(turn, { reason: by, code: EXIT.forced, why: `${by} ended it at once` })
  const { phase } = turn.state
  if (phase.kind === 'stopping') turn.change({ phase: { ...phase, forcedBy: phase.forcedBy ?? by } })
}

export function finishStop(turn: Turn): void {
  const { phase } = turn.state
  if (phase.kind !== 'stopping') return
  if (phase.forcedBy !== null || turn.now >= phase.deadline) endAll(turn)
  const isBusy = turn.state.slots.some(slot => slot.state !== 'down') || besideOf(turn.state.restart) !== undefined
  const isInTime = phase.forcedBy === null && turn.now < phase.deadline
  if (isBusy && isInTime) freeTheDead(turn)
  if (isBusy && turn.now < phase.deadline + UNKILLABLE_MS) return
  if (isInTime && turn.state.slots.some(slot => slot.membership.kind === 'evicting')) return
  const { code, why } = turn.state.phase as typeof phase
  turn.change({ phase: { kind: 'ended', code, why } })
  const evict = turn.state.slots
    .filter(({ membership }) => membership.kind === 'orphaned' || membership.kind === 'evicting')
    .map(slot => slot.number)
  const left = phase.forcedBy !== null ? 0 : phase.deadline - turn.now
  const withinMs = Math.min(EVICTION_MS.most, Math.max(EVICTION_MS.least, left))
  turn.act({ do: 'finish', code, why, evict, withinMs })
}

/** The others may take their whole deadline for what they have in hand; other members of the group need not wait for it. */
function freeTheDead(turn: Turn): void {
  for (const slot of turn.state.slots) {
    if (slot.state !== 'down' || slot.membership.kind !== 'orphaned') continue
    turn.put({ ...slot, membership: { kind: 'evicting' } })
    turn.act({ do: 'evict', slot: slot.number })
  }
}

function endAll(turn: Turn): void {
  for (const slot of turn.state.slots) if (slot.state === 'stopping') end(turn, slot)
  killBeside(turn)
}

function end(turn: Turn, slot: Live): void {
  const { phase } = turn.state
  const forcedBy = phase.kind === 'stopping' ? phase.forcedBy : null
  const why = forcedBy === null ? 'it had not stopped at the deadline' : `${forcedBy} asked for it`
  kill(turn, slot, { why: 'deadline' }, why)
  beginStop(turn, { reason: why, code: EXIT.forced, why: `${turn.name(slot)} was killed: ${why}` })
}
