// What there is to see from outside: slots, and the partitions of the workers in them, as plain data that survives JSON. Pure;
// it knows neither who asks nor how it is shown.

import type { Clock } from '../lib/clock.ts'
import type { LaneReport, Quiet } from '../messages.ts'
import { isEverything, isNothing, quietOf } from './quiet.ts'
import type { Lanes } from './reports.ts'
import { type Slot, type State, slotName } from './state.ts'

/** Times as ISO 8601 text. */
export interface PartitionStatus {
  readonly topic: string
  readonly partition: number
  /** Next offset to handle. */
  readonly position: number
  readonly committed: number
  /** Messages between the position and the end of the log, as far as that is known. */
  readonly lag: number
  readonly paused: boolean
  /** null: it is not paused, or for good. */
  readonly pausedUntil: string | null
  /** null: no handler runs. */
  readonly inHandSince: string | null
  /** No further message of it is started until it is told to go on. */
  readonly quiet: boolean
}

export interface ConsumerQuiet extends Quiet {
  readonly consumer: string
}

export interface SlotStatus {
  readonly name: string
  /** null: there is no process. */
  readonly pid: number | null
  readonly state: Slot['state']
  readonly since: string
  /** When the next process is due; null: nothing is planned. */
  readonly nextAt: string | null
  readonly restarts: number
  /** Why its last process ended; null: none has. */
  readonly lastReason: string | null
  /** false: its worker was asked and said nothing in time, so its partitions are not known. */
  readonly answers: boolean
  readonly partitions: readonly PartitionStatus[]
}

/** The restart under way, or the last one. */
export interface RestartStatus {
  /** The first one of a primary is 1. */
  readonly id: number
  readonly state: 'running' | 'done' | 'failed'
  readonly by: string
  readonly since: string
  /** null: it runs. */
  readonly endedAt: string | null
  /** How many workers have been. */
  readonly replaced: number
  /** Whose turn it is; null: nobody's at the moment. */
  readonly slot: string | null
  /** Why it came to nothing, or not to its end. */
  readonly failure: string | null
}

export interface Standing {
  /** `quiet`: all consumers, with all partitions. */
  readonly state: 'starting' | 'running' | 'quiet' | 'stopping'
  /** The consumers of which something is quiet, whether or not it is here at the moment. */
  readonly quiet: readonly ConsumerQuiet[]
  /** null: there was none. */
  readonly restart: RestartStatus | null
  readonly slots: readonly SlotStatus[]
}

export interface Sources {
  readonly clock: Clock
  readonly pidOf: (run: number) => number | null
  /** By run; those that were not asked are missing. */
  readonly reports: ReadonlyMap<number, Lanes>
}

/** Has taken its code in and may hold partitions, so it can be asked about them. */
export const isAskable = (slot: Slot): slot is Extract<Slot, { state: 'up' | 'hung' | 'stopping' }> =>
  slot.state === 'up' || slot.state === 'hung' || slot.state === 'stopping'

export function standingOf(state: State, sources: Sources): Standing {
  const { phase, slots, quiet } = state
  const isQuiet = slots.length > 0 && slots.every(({ consumer }) => isEverything(quietOf(state, consumer)))
  return {
    state: phase.kind !== 'running' ? 'stopping' : isQuiet ? 'quiet' : 'running',
    quiet: quietOnes(quiet),
    restart: restartStatus(state, sources.clock),
    slots: slots
      .filter(slot => !slot.retired || slot.state !== 'down')
      .sort((a, b) => (a.consumer === b.consumer ? a.index - b.index : a.consumer < b.consumer ? -1 : 1))
      .map(slot => slotStatus(slotName(slot), slot, sources)),
  }
}

export const quietOnes = (quiet: State['quiet']): readonly ConsumerQuiet[] =>
  Object.entries(quiet).flatMap(([consumer, of]) => (isNothing(of) ? [] : [{ consumer, ...of }]))

function restartStatus({ restart, restarted, slots }: State, clock: Clock): RestartStatus | null {
  const one = restart ?? restarted
  if (!one) return null
  const { id, by, since, replaced } = one
  const at = (time: number) => isoTime(clock, time - clock.now())
  const common = { id, by, since: at(since), replaced }
  if (restart) {
    const { stage } = restart
    const slot = 'slot' in stage ? slots[stage.slot] : undefined
    return { ...common, state: 'running', endedAt: null, slot: slot ? slotName(slot) : null, failure: null }
  }
  const { endedAt, failure } = restarted!
  return { ...common, state: failure === null ? 'done' : 'failed', endedAt: at(endedAt), slot: null, failure }
}

function slotStatus(name: string, slot: Slot, { clock, pidOf, reports }: Sources): SlotStatus {
  const lanes = slot.state === 'down' ? undefined : reports.get(slot.run)
  const at = (time: number) => isoTime(clock, time - clock.now())
  return {
    name,
    pid: slot.state === 'down' ? null : pidOf(slot.run),
    state: slot.state,
    since: at(slot.since),
    nextAt: slot.state === 'down' && slot.forkAt !== null ? at(slot.forkAt) : null,
    restarts: Math.max(0, slot.forks - 1),
    lastReason: slot.lastReason,
    answers: lanes !== null,
    partitions: partitionsOf(lanes ?? [], clock),
  }
}

export const partitionsOf = (lanes: readonly LaneReport[], clock: Clock): readonly PartitionStatus[] =>
  [...lanes]
    .sort((a, b) => (a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1))
    .map(({ topic, partition, position, committed, lag, state, pausedForMs, inHandForMs, quiet }) => ({
      topic,
      partition,
      position,
      committed,
      lag,
      paused: state === 'paused',
      pausedUntil: pausedForMs === null ? null : isoTime(clock, pausedForMs),
      inHandSince: inHandForMs === null ? null : isoTime(clock, -inHandForMs),
      quiet,
    }))

/** The time of day `ms` from now. */
export function isoTime(clock: Clock, ms: number): string {
  return new Date(clock.epoch() + ms).toISOString()
}
