// The part of the decisions that starts a process in a slot that has none.

import { type Down, placeOf } from './state.ts'
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
