// The part of the decisions that replaces all workers, one slot after another. The replacement boots beside the old process, up to
// the end of the user's initialize(), and only then is that one asked to stop: what cannot come up costs nothing. It keeps the
// place in the group, so nothing is rebalanced. The next slot is begun when the last one is a member again.

import type { SupervisorEvent } from './moves.ts'
import { isAtRest, part, workersShare } from './parting.ts'
import { pardon, tellSuspicion } from './poison.ts'
import { tellQuiet } from './quiet.ts'
import { type Beside, besideOf, type Restart, type Stage } from './restart-state.ts'
import { type Down, healthy, placeOf, type Slot, type State } from './state.ts'
import { fork, nextRun, rise } from './steps.ts'
import type { Turn } from './turn.ts'
import { endedBy } from './verdict.ts'

type ProcessEvent = Extract<SupervisorEvent, { run: number }>

/** One that comes while another is under way begins it anew: what was replaced by then may have been read too early. */
export function beginRestart(turn: Turn, { by }: { readonly by: string }): void {
  const { phase, restart, slots } = turn.state
  if (phase.kind !== 'running') return
  const left = slots.filter(({ retired }) => !retired).map(({ number }) => number)
  const id = nextId(turn.state)
  const stage: Stage = restart?.stage ?? { kind: 'choosing' }
  turn.change({ restart: { id, by, since: turn.now, left, replaced: 0, stage } })
  turn.act({ do: 'announce', event: { name: 'restart.begun', data: { by, slots: left.length } } })
}

export function refuseRestart(turn: Turn, { by, why }: { readonly by: string; readonly why: string }): void {
  if (turn.state.restart !== null || turn.state.phase.kind !== 'running') return
  const { now } = turn
  turn.change({ restarted: { id: nextId(turn.state), by, since: now, endedAt: now, replaced: 0, failure: why } })
  turn.act({ do: 'announce', event: { name: 'restart.failed', data: { slot: null, replaced: 0, left: 0, why } } })
}

const nextId = ({ restart, restarted }: State): number => (restart ?? restarted ?? { id: 0 }).id + 1

/** When time alone changes something. */
export function restartAt({ restart }: State): number {
  const stage = restart?.stage
  if (stage?.kind === 'booting') return stage.killAt
  return stage?.kind === 'ending' && !stage.isKilled ? stage.killAt : Number.POSITIVE_INFINITY
}

/** In each turn, while nothing stops. */
export function attendRestart(turn: Turn): void {
  const { restart } = turn.state
  if (!restart) return
  const { stage } = restart
  switch (stage.kind) {
    case 'choosing':
      choose(turn, restart)
      break
    case 'booting':
    case 'ready':
      attendBeside(turn, stage)
      break
    case 'ending':
      if (stage.killAt <= turn.now) killBeside(turn)
      break
    case 'joining':
      break
    default:
      stage satisfies never
  }
}

function choose(turn: Turn, restart: Restart): void {
  const wanted = restart.left.map(number => slotOf(turn, number)).filter(({ retired }) => !retired)
  // What does not run is first: it may be why there is a restart.
  const slot = wanted.find(({ state }) => state === 'down') ?? wanted[0]
  if (!slot) return finish(turn, restart)
  // What is starting, stopping or silent comes to rest before.
  if (slot.state !== 'up' && slot.state !== 'down') return
  const { number } = slot
  turn.change({ restart: { ...restart, left: restart.left.filter(one => one !== number) } })
  if (slot.state === 'up') return boot(turn, { slot: number, run: nextRun(turn), since: turn.now })
  // One that was given up, or waits to be tried again, has a new beginning.
  setStage(turn, { kind: 'joining', slot: number, run: fork(turn, { ...slot, crashes: healthy }, 'new') })
}

function boot(turn: Turn, beside: Beside): void {
  const { slot, run } = beside
  const killAt = turn.now + turn.state.policy.bootTimeoutMs
  setStage(turn, { kind: 'booting', ...beside, killAt, isConfigured: false })
  turn.act({ do: 'fork', slot, run, restarts: slotOf(turn, slot).forks, code: 'new', beside: true })
}

function attendBeside(turn: Turn, stage: Extract<Stage, { kind: 'booting' | 'ready' }>): void {
  const slot = slotOf(turn, stage.slot)
  if (slot.retired) drop(turn, stage, null)
  else if (slot.state === 'down') takeOver(turn, slot, stage)
  else if (stage.kind === 'booting' && stage.killAt <= turn.now) {
    const why = `it was not up within boot_timeout (${turn.state.policy.bootTimeoutMs / 1000} s)`
    drop(turn, stage, why, { kill: true })
  } else if (stage.kind === 'ready' && slot.state === 'up' && turn.state.slots.every(isAtRest)) {
    // One that is silent is killed for that, and one that stops does so anyhow.
    part(turn, slot, { as: 'replaced', reason: `restart, asked for by ${turn.state.restart?.by}` })
  }
}

/** What a process says, or is said of it, that has no slot yet. */
export function ofBeside(turn: Turn, stage: Extract<Stage, Beside>, event: ProcessEvent): void {
  switch (event.type) {
    case 'described':
      if (stage.kind !== 'booting') return
      setStage(turn, { ...stage, isConfigured: true })
      turn.act({ do: 'configure', slot: stage.slot, run: stage.run, join: false })
      break
    case 'up':
      if (stage.kind === 'booting') ready(turn, stage, event.pid)
      break
    case 'failed':
      if (stage.kind === 'booting') setStage(turn, { ...stage, failure: event.message })
      break
    case 'unfit':
      if (stage.kind === 'booting') drop(turn, stage, event.why, { kill: true })
      break
    case 'exited': {
      const { pid, code, signal } = event
      const data = { slot: turn.name(slotOf(turn, stage.slot)), pid, code, signal, why: endedBy(event) }
      turn.act({ do: 'announce', event: { name: 'slot.exited', data } })
      gone(turn, stage, endedBy(event))
      break
    }
    case 'fork failed':
      gone(turn, stage, `could not be forked: ${event.message}`)
      break
    default:
  }
}

function ready(turn: Turn, { slot: number, run, since }: Beside, pid: number): void {
  const slot = slotOf(turn, number)
  setStage(turn, { kind: 'ready', slot: number, run, since, pid })
  const data = { slot: turn.name(slot), pid, afterMs: turn.now - since }
  turn.act({ do: 'announce', event: { name: 'slot.ready', data } })
}

/** Also before it is ready, where the old one is gone before. */
function takeOver(turn: Turn, slot: Down, stage: Extract<Stage, { kind: 'booting' | 'ready' }>): void {
  const { run, since } = stage
  const place = { ...placeOf(slot), crashes: healthy, forks: slot.forks + 1 }
  if (stage.kind === 'ready') {
    rise(turn, place, stage)
  } else {
    const { killAt, failure, isConfigured } = stage
    const step = isConfigured ? 'configured' : 'loading'
    turn.put({ ...place, state: 'starting', run, since, killAt, step, ...(failure !== undefined && { failure }) })
  }
  tellQuiet(turn, slot, run)
  tellSuspicion(turn, slot, run)
  turn.act({ do: 'join', slot: slot.number, run })
  setStage(turn, { kind: 'joining', slot: slot.number, run })
}

/** After each event of the process that took a slot over. */
export function followRestart(turn: Turn, { type, run }: ProcessEvent): void {
  const { restart } = turn.state
  if (restart?.stage.kind !== 'joining' || restart.stage.run !== run) return
  const slot = slotOf(turn, restart.stage.slot)
  if (type === 'joined')
    turn.change({ restart: { ...restart, replaced: restart.replaced + 1, stage: { kind: 'choosing' } } })
  if (type !== 'exited' && type !== 'fork failed') return
  if (slot.retired) setStage(turn, { kind: 'choosing' })
  else fail(turn, restart, slot, slot.lastReason ?? 'it is gone')
}

function gone(turn: Turn, stage: Extract<Stage, Beside>, how: string): void {
  const { restart } = turn.state
  if (!restart) return
  const slot = slotOf(turn, stage.slot)
  if (turn.state.phase.kind !== 'running') turn.change({ restart: null })
  else if (stage.kind !== 'ending') {
    const failure = stage.kind === 'booting' ? stage.failure : undefined
    fail(turn, restart, slot, failure === undefined ? how : `failed: ${failure}`)
  } else if (stage.why !== null) fail(turn, restart, slot, stage.why)
  else setStage(turn, { kind: 'choosing' })
}

/** What runs goes on: it is neither known nor likely that the other slots would fare better. */
function fail(turn: Turn, { id, by, since, replaced, left }: Restart, slot: Slot, why: string): void {
  const failure = `the new process of ${turn.name(slot)} ${why}`
  turn.change({ restart: null, restarted: { id, by, since, endedAt: turn.now, replaced, failure } })
  const data = { slot: turn.name(slot), replaced, left: left.length + 1, why }
  turn.act({ do: 'announce', event: { name: 'restart.failed', data } })
}

function finish(turn: Turn, { id, by, since, replaced }: Restart): void {
  turn.change({ restart: null, restarted: { id, by, since, endedAt: turn.now, replaced, failure: null } })
  turn.act({ do: 'adopt' })
  // What was found guilty was so of the code before.
  const consumers = [...new Set(turn.state.slots.map(({ consumer }) => consumer))]
  pardon(turn, { by: 'the restart', consumers, partitions: [] })
  turn.act({ do: 'announce', event: { name: 'restart.done', data: { replaced, tookMs: turn.now - since } } })
}

/** It is not to take the place. `why` null: there is nothing wrong with it. */
function drop(turn: Turn, { slot, run, since }: Beside, why: string | null, { kill = false } = {}): void {
  const graceMs = turn.state.policy.shutdownTimeoutMs
  setStage(turn, { kind: 'ending', slot, run, since, killAt: turn.now + graceMs, isKilled: false, why })
  if (kill) return killBeside(turn)
  turn.act({ do: 'stop', slot, run, withinMs: workersShare(graceMs), leave: true, reason: 'it is not needed' })
}

export function killBeside(turn: Turn): void {
  const stage = besideOf(turn.state.restart)
  if (!stage || (stage.kind === 'ending' && stage.isKilled)) return
  const { slot, run, since } = stage
  const why = stage.kind === 'ending' ? stage.why : null
  setStage(turn, { kind: 'ending', slot, run, since, killAt: turn.now, isKilled: true, why })
  turn.act({ do: 'kill', slot, run, why: why ?? 'it had not stopped in time' })
}

/** Everything stops. A process without a slot has to go as well. */
export function endRestart(turn: Turn, why: string): void {
  const { restart } = turn.state
  if (!restart) return
  const { id, by, since, replaced } = restart
  turn.change({ restarted: { id, by, since, endedAt: turn.now, replaced, failure: why } })
  const stage = besideOf(restart)
  if (!stage) turn.change({ restart: null })
  else if (stage.kind !== 'ending') drop(turn, stage, null)
}

function setStage(turn: Turn, stage: Stage): void {
  const { restart } = turn.state
  if (restart) turn.change({ restart: { ...restart, stage } })
}

function slotOf({ state }: Turn, number: number): Slot {
  const slot = state.slots[number]
  if (!slot) throw new Error(`there is no slot ${number}`)
  return slot
}
