// The part of the decisions that follows one process of a slot: described, up, gone, and what takes its place.

import { EXIT } from '../errors.ts'
import { backoff } from '../lib/backoff.ts'
import { alive, lastHeard } from './hanging.ts'
import type { SupervisorEvent } from './moves.ts'
import { isAlone } from './parting.ts'
import { accuse, committed, remade, survived, tellSuspicion } from './poison.ts'
import { tellQuiet } from './quiet.ts'
import {
  type Crashes,
  type Down,
  healthy,
  type Live,
  type Membership,
  placeOf,
  type Slot,
  type Starting,
  tracesOf,
} from './state.ts'
import { kill, rise } from './steps.ts'
import { beginStop } from './stopping.ts'
import type { Turn } from './turn.ts'
import { judge } from './verdict.ts'

export type ProcessEvent = Extract<SupervisorEvent, { run: number }>

export function ofProcess(turn: Turn, slot: Live, event: ProcessEvent): void {
  switch (event.type) {
    case 'described':
      described(turn, slot)
      break
    case 'up':
      up(turn, slot, event.pid)
      break
    case 'alive':
      alive(turn, slot, event)
      break
    case 'survived':
      survived(turn, slot, event)
      break
    case 'committed':
      committed(turn, slot, event)
      break
    case 'remade':
      remade(turn, slot, event)
      break
    case 'joining':
      turn.put({ ...slot, membership: { kind: 'held' } })
      break
    case 'joined':
      turn.change({ everJoined: [...new Set([...turn.state.everJoined, slot.consumer])] })
      break
    case 'left':
      turn.put({ ...slot, membership: { kind: 'none' } })
      break
    case 'failed':
      turn.put({ ...slot, failure: event.message })
      break
    case 'unfit':
      unfit(turn, slot, event.why)
      break
    case 'exited':
      exited(turn, slot, event)
      break
    case 'fork failed': {
      const why = `could not be forked: ${event.message}`
      const message = `${turn.name(slot)} ${why}`
      turn.act({ do: 'announce', event: { name: 'line', data: { level: 'error', message, from: 'supervisor' } } })
      replace(turn, slot, { counts: false, why, membership: slot.membership })
      break
    }
    default:
      event satisfies never
  }
}

function described(turn: Turn, slot: Live): void {
  if (slot.state !== 'starting' || slot.step !== 'loading') return
  if (mayJoin(turn, slot)) configure(turn, slot)
  else turn.put({ ...slot, step: 'waiting', heldSince: turn.now })
}

function unfit(turn: Turn, slot: Live, failure: string): void {
  if (slot.state !== 'starting') return
  kill(turn, { ...slot, failure }, { why: 'unfit', bootSince: slot.since }, failure)
}

/** Those that need not wait any more. */
export function configureWaiting(turn: Turn): void {
  for (const slot of turn.state.slots) {
    if (slot.state !== 'starting' || slot.step !== 'waiting') continue
    if (mayJoin(turn, slot)) configure(turn, slot)
  }
}

const mayJoin = ({ state }: Turn, { consumer, membership }: Live): boolean =>
  state.clear.includes(consumer) && membership.kind !== 'evicting'

function configure(turn: Turn, { heldSince = turn.now, ...slot }: Starting): void {
  turn.put({ ...slot, killAt: slot.killAt + (turn.now - heldSince), step: 'configured' })
  tellQuiet(turn, slot, slot.run)
  tellSuspicion(turn, slot, slot.run)
  turn.act({ do: 'configure', slot: slot.number, run: slot.run, join: true })
}

export function evicted(turn: Turn, number: number): void {
  const slot = turn.state.slots[number]
  if (slot?.membership.kind !== 'evicting') return
  turn.put({ ...slot, membership: { kind: 'none' } })
  configureWaiting(turn)
}

function up(turn: Turn, slot: Live, pid: number): void {
  if (slot.state !== 'starting') return
  rise(turn, placeOf(slot), { run: slot.run, pid, since: slot.since })
}

function exited(turn: Turn, slot: Live, exit: Extract<SupervisorEvent, { type: 'exited' }>): void {
  const verdict = judge(slot, exit, turn.state)
  const { pid, code, signal } = exit
  const { heard } = tracesOf(slot)
  const last = heard && heard.inHand.length > 0 ? { last: lastHeard(heard, turn.now) } : {}
  const data = { slot: turn.name(slot), pid, code, signal, why: verdict.why, ...last }
  turn.act({ do: 'announce', event: { name: 'slot.exited', data } })
  const membership = afterExit(turn, slot, code)
  switch (verdict.kind) {
    case 'crashed':
      replace(turn, slot, { ...verdict, membership, isExplained: verdict.counts && accuse(turn, slot, verdict.why) })
      break
    case 'parted': {
      const lastReason = isAlone(slot) ? `${verdict.why}: ${slot.alone.reason}` : verdict.why
      const forkAt = slot.retired ? null : turn.now
      turn.put({ ...placeOf(slot), lastReason, membership, state: 'down', since: turn.now, forkAt })
      break
    }
    case 'fenced':
      turn.act({ do: 'rename', slot: slot.number, why: verdict.why })
      replace(turn, slot, { ...verdict, counts: true, membership })
      break
    case 'refused':
    case 'stopped': {
      turn.put({ ...placeOf(slot), lastReason: verdict.why, membership, state: 'down', since: turn.now, forkAt: null })
      const why = `${turn.name(slot)} ${verdict.why}`
      if (verdict.code !== EXIT.clean) beginStop(turn, { reason: why, code: verdict.code, why })
      break
    }
    default:
      verdict satisfies never
  }
}

/** Whether the group still holds the id. What was fenced must not be touched: it is another process's by now. */
function afterExit(turn: Turn, slot: Live, code: number | null): Membership {
  if (slot.membership.kind !== 'held') return slot.membership
  return code === EXIT.fenced ? { kind: 'none' } : { kind: 'orphaned', since: turn.now }
}

interface Loss {
  readonly counts: boolean
  readonly why: string
  readonly membership: Membership
  /** Its cause was found, and is dealt with: so are those of the crashes before. */
  readonly isExplained?: boolean
}

function replace(turn: Turn, slot: Live, { counts, why, membership, isExplained = false }: Loss): void {
  const { policy, phase } = turn.state
  const down: Down = { ...placeOf(slot), lastReason: why, membership, state: 'down', since: turn.now, forkAt: null }
  if (phase.kind !== 'running' || slot.retired) {
    turn.put(down)
    return
  }
  const isHealthy = isExplained || soundFor(turn, slot) >= policy.crashWindowMs
  const before = isHealthy ? healthy : notAged(turn, slot)
  const crash = { counts: counts && !isExplained, why, now: turn.now, windowMs: policy.crashWindowMs }
  const crashes = oneMore(before, crash)
  if (crash.counts && crashes.times.length >= policy.crashLimit) {
    giveUp(turn, { ...down, crashes })
    return
  }
  // The first replacement comes at once; only a crash after a crash waits.
  const inMs = crashes.count === 1 ? 0 : backoff(crashes.count - 1, { first: 1000, most: policy.backoffMaxMs })
  turn.put({ ...down, crashes, forkAt: turn.now + inMs })
  const data = { slot: turn.name(slot), inMs, crashes: crashes.count }
  turn.act({ do: 'announce', event: { name: 'slot.restarting', data } })
}

/** Milliseconds for which the process was up, and gave signs of life. */
function soundFor({ now }: Turn, slot: Live): number {
  if (slot.state === 'up') return now - slot.since
  if (isAlone(slot)) return slot.since - slot.alone.upSince
  if (slot.state === 'hung' || (slot.state === 'killed' && slot.why === 'hang')) return slot.heard.at - slot.upSince
  return 0
}

/** Time spent on a start that came to nothing, or in silence, is no healthy while: or a limit of a minute would outwait every crash_window. */
function notAged({ now }: Turn, slot: Live): Crashes {
  const wasted = now - wastedSince(slot, now)
  return { ...slot.crashes, times: slot.crashes.times.map(time => time + wasted) }
}

function wastedSince(slot: Live, now: number): number {
  if (slot.state === 'starting') return slot.since
  if (slot.state !== 'killed' || slot.why === 'deadline' || slot.why === 'alone') return now
  return slot.why === 'hang' ? slot.heard.at : slot.bootSince
}

function oneMore(
  { count, times, first }: Crashes,
  crash: { counts: boolean; why: string; now: number; windowMs: number },
): Crashes {
  const recent = times.filter(time => crash.now - time < crash.windowMs)
  return {
    count: count + 1,
    times: crash.counts ? [...recent, crash.now] : recent,
    first: first ?? crash.why,
  }
}

function giveUp(turn: Turn, slot: Down): void {
  const { crashLimit, crashWindowMs, onCrashLoop } = turn.state.policy
  const name = turn.name(slot)
  turn.put(slot)
  const data = { slot: name, crashes: slot.crashes.times.length, withinMs: crashWindowMs }
  turn.act({ do: 'announce', event: { name: 'slot.given.up', data } })
  // A consumer that nothing runs any more would wait without a word.
  const isLeft = (other: Slot) => other.consumer === slot.consumer && (other.state !== 'down' || other.forkAt !== null)
  if (onCrashLoop === 'continue' && turn.state.slots.some(isLeft)) return
  const often = `${name} crashed ${crashLimit} times within ${crashWindowMs / 1000} s and was given up`
  beginStop(turn, { reason: often, code: EXIT.failure, why: `${often}; at first it ${slot.crashes.first}` })
}
