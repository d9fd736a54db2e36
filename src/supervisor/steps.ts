// The steps of a process that are taken in several places: it is forked into a slot that has none, it is up, it is killed.

import { type Down, type Fate, type Live, type Place, placeOf, slotName, tracesOf } from './state.ts'
import type { Turn } from './turn.ts'

/** Answers with its run. */
export function fork(turn: Turn, slot: Down, code: 'own' | 'new' = 'own'): number {
  const run = nextRun(turn)
  const since = turn.now
  const killAt = since + turn.state.policy.bootTimeoutMs
  turn.put({ ...placeOf(slot), forks: slot.forks + 1, state: 'starting', run, since, killAt, step: 'loading' })
  turn.act({ do: 'fork', slot: slot.number, run, restarts: slot.forks, code, beside: false })
  return run
}

export function nextRun(turn: Turn): number {
  const run = turn.state.runs + 1
  turn.change({ runs: run })
  return run
}

/** `since`: when it was forked. */
export function rise(turn: Turn, place: Place, process: { run: number; pid: number; since: number }): void {
  const { now } = turn
  const { run, pid, since } = process
  const heard = { at: now, inHand: [], more: 0, memoryBytes: 0 }
  turn.put({ ...place, state: 'up', run, pid, since: now, heard, silentFrom: now })
  const data = { slot: slotName(place), pid, afterMs: now - since }
  turn.act({ do: 'announce', event: { name: 'slot.up', data } })
}

/** `why` in words. */
export function kill(turn: Turn, slot: Live, fate: Fate, why: string): void {
  const { run } = slot
  turn.put({ ...placeOf(slot), ...tracesOf(slot), state: 'killed', run, since: turn.now, ...fate })
  turn.act({ do: 'kill', slot: slot.number, run, why })
}
