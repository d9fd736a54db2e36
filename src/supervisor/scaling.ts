// The part of the decisions about how many workers a consumer has. A slot that is not needed any more is retired, and is the
// first one to be filled again when there are to be more: so its number, and its name in the group, come back with it.

import { EXIT } from '../errors.ts'
import type { SupervisorEvent } from './moves.ts'
import { isAlone, part, retire } from './parting.ts'
import { healthy, type Slot, vacant } from './state.ts'
import { beginStop } from './stopping.ts'
import type { Turn } from './turn.ts'

/** As many slots as the options say. */
export function size(turn: Turn, { consumer, workers }: Extract<SupervisorEvent, { type: 'sized' }>): void {
  if (turn.state.phase.kind !== 'running') return
  if (workers === 0) beginStop(turn, { reason: 'workers is 0', code: EXIT.clean, why: 'stopped' })
  else resize(turn, consumer, workers, 'the option workers')
}

/** As many as somebody wants; never none, for that is a stop, or quiet. */
export function scale(turn: Turn, { by, consumers, to }: Extract<SupervisorEvent, { type: 'scaled' }>): void {
  if (turn.state.phase.kind !== 'running') return
  for (const consumer of consumers) {
    const from = filled(turn, consumer).length
    const workers = Math.max(1, 'workers' in to ? to.workers : from + to.more)
    const data = { by, consumer, from, to: workers }
    turn.act({ do: 'announce', event: { name: 'primary.scaled', data } })
    resize(turn, consumer, workers, by)
  }
}

const filled = ({ state }: Turn, consumer: string): readonly Slot[] =>
  state.slots.filter(slot => slot.consumer === consumer && !slot.retired)

function resize(turn: Turn, consumer: string, workers: number, by: string): void {
  const own = turn.state.slots.filter(slot => slot.consumer === consumer)
  for (const slot of own) {
    if (slot.index < workers && slot.retired) fill(turn, slot)
    else if (slot.index >= workers && !slot.retired) empty(turn, slot, by)
  }
  const { slots } = turn.state
  const added = Array.from({ length: Math.max(0, workers - own.length) }, (_, more) =>
    vacant({ number: slots.length + more, consumer, index: own.length + more }, turn.now),
  )
  turn.change({ slots: [...slots, ...added] })
  for (const { number } of added) restartAlso(turn, number)
}

/** What is forked while others are replaced may have what was there before. */
function restartAlso(turn: Turn, number: number): void {
  const { restart } = turn.state
  if (restart && !restart.left.includes(number))
    turn.change({ restart: { ...restart, left: [...restart.left, number] } })
}

function fill(turn: Turn, slot: Slot): void {
  if (slot.state === 'down') turn.put({ ...slot, retired: false, crashes: healthy, forkAt: turn.now })
  else turn.put({ ...slot, retired: false })
  restartAlso(turn, slot.number)
}

function empty(turn: Turn, slot: Slot, by: string): void {
  const retired = { ...slot, retired: true }
  if (retired.state === 'down') turn.put({ ...retired, forkAt: null })
  else if (isAlone(retired)) retire(turn, retired, reasonOf(by))
  else if (retired.state === 'killed') turn.put(retired)
  else part(turn, retired, { as: 'retired', reason: reasonOf(by) })
}

const reasonOf = (by: string): string => `fewer workers are wanted (${by})`
