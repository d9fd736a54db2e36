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
  /** Why nothing of it is started; null: something is, or there is no more to say than the rest says. */
  readonly why: string | null
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

export interface Standing {
  /** `quiet`: all consumers, with all partitions. */
  readonly state: 'starting' | 'running' | 'quiet' | 'stopping'
  /** The consumers of which something is quiet, whether or not it is here at the moment. */
  readonly quiet: readonly ConsumerQuiet[]
  readonly slots: readonly SlotStatus[]
}

export interface Sources {
  readonly clock: Clock
  readonly pidOf: (slot: number) => number | null
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
    slots: [...slots]
      .sort((a, b) => (a.consumer === b.consumer ? a.index - b.index : a.consumer < b.consumer ? -1 : 1))
      .map(slot => slotStatus(slotName(slot), slot, sources)),
  }
}

export const quietOnes = (quiet: State['quiet']): readonly ConsumerQuiet[] =>
  Object.entries(quiet).flatMap(([consumer, of]) => (isNothing(of) ? [] : [{ consumer, ...of }]))

function slotStatus(name: string, slot: Slot, { clock, pidOf, reports }: Sources): SlotStatus {
  const lanes = slot.state === 'down' ? undefined : reports.get(slot.run)
  const at = (time: number) => isoTime(clock, time - clock.now())
  return {
    name,
    pid: slot.state === 'down' ? null : pidOf(slot.number),
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
    .map(({ topic, partition, position, committed, lag, state, pausedForMs, inHandForMs, quiet, why }) => ({
      topic,
      partition,
      position,
      committed,
      lag,
      paused: state === 'paused',
      pausedUntil: pausedForMs === null ? null : isoTime(clock, pausedForMs),
      inHandSince: inHandForMs === null ? null : isoTime(clock, -inHandForMs),
      quiet,
      why,
    }))

/** The time of day `ms` from now. */
export function isoTime(clock: Clock, ms: number): string {
  return new Date(clock.epoch() + ms).toISOString()
}
