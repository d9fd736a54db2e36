// What there is to see from outside: slots, and the partitions of the workers in them, as plain data that survives JSON. Pure;
// it knows neither who asks nor how it is shown.

import type { InHand } from '../events/events.ts'
import type { Clock } from '../lib/clock.ts'
import type { LaneReport, Quiet } from '../messages.ts'
import { isEverything, isNothing, quietOf } from './quiet.ts'
import type { Answer } from './reports.ts'
import { type Heard, type Slot, type State, slotName } from './state.ts'

/** Times as ISO 8601 text. */
export interface PartitionStatus {
  readonly topic: string
  readonly partition: number
  /** Next offset to handle. */
  readonly position: number
  readonly committed: number
  /** Messages between the position and the end of the log, as far as that is known. */
  readonly lag: number
  /** Messages that were fetched and wait. */
  readonly waiting: number
  readonly paused: boolean
  /** null: it is not paused, or for good. */
  readonly pausedUntil: string | null
  /** What the handler that runs was given, of a batch up to the last one, and since when it runs; all null: none does. */
  readonly inHandOffset: number | null
  readonly inHandLastOffset: number | null
  readonly inHandSince: string | null
  /** No further message of it is started until it is told to go on. */
  readonly quiet: boolean
  /** Why nothing of it is started, in half a sentence; null: nothing hinders it. */
  readonly why: string | null
}

export interface ConsumerQuiet extends Quiet {
  readonly consumer: string
}

/** A worker's last sign of life: what it had in hand, the newest first, and how many more than are named. */
export interface LastWord {
  readonly at: string
  readonly inHand: readonly (Omit<InHand, 'forMs'> & { readonly since: string })[]
  readonly more: number
}

/** What a worker has answered, and when; of one that never has all null, and no partitions. */
export interface WorkerFigures {
  readonly answeredAt: string | null
  /** When the group last heard of it: its last heartbeat that counted. */
  readonly lastBeatAt: string | null
  /** Of one core. */
  readonly cpuPercent: number | null
  /** Milliseconds by which its event loop came late at most, as far as that was noticed. */
  readonly loopDelayMs: number | null
  /** Milliseconds over which both were measured: since somebody looked before, or since its start. */
  readonly measuredOverMs: number | null
  readonly partitions: readonly PartitionStatus[]
}

export interface SlotStatus extends WorkerFigures {
  readonly name: string
  /** null: there is no process. */
  readonly pid: number | null
  readonly state: Slot['state'] | 'given up'
  readonly since: string
  /** When the next process is due; null: nothing is planned. */
  readonly nextAt: string | null
  readonly restarts: number
  /** Why its last process ended; null: none has. */
  readonly lastReason: string | null
  /** false: its worker has not answered this time. What is known of it is as of `answeredAt`. */
  readonly answers: boolean
  /** null: there is none, or nobody who would have heard it. */
  readonly lastHeard: LastWord | null
  /** Resident, as last heard; null: not known. */
  readonly memoryBytes: number | null
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

/** How many workers there are, and are to be. */
export interface Outline {
  readonly up: number
  readonly of: number
}

export function outlineOf({ slots }: State): Outline {
  const wanted = slots.filter(({ retired }) => !retired)
  return { up: wanted.filter(({ state }) => state === 'up').length, of: wanted.length }
}

export interface Sources {
  readonly clock: Clock
  readonly pidOf: (run: number) => number | null
  /** By run; those that were not asked are missing. */
  readonly reports: ReadonlyMap<number, Answer>
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
      .map(slot => slotStatus(slot, state.policy, sources)),
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

function slotStatus(slot: Slot, { crashLimit }: State['policy'], { clock, pidOf, reports }: Sources): SlotStatus {
  const told = slot.state === 'down' ? undefined : reports.get(slot.run)
  const heard = 'heard' in slot ? slot.heard : undefined
  const at = (time: number) => isoTime(clock, time - clock.now())
  const isGivenUp = slot.state === 'down' && slot.forkAt === null && slot.crashes.times.length >= crashLimit
  return {
    name: slotName(slot),
    pid: slot.state === 'down' ? null : pidOf(slot.run),
    state: isGivenUp ? 'given up' : slot.state,
    since: at(slot.since),
    nextAt: slot.state === 'down' && slot.forkAt !== null ? at(slot.forkAt) : null,
    restarts: Math.max(0, slot.forks - 1),
    lastReason: slot.lastReason,
    answers: told === undefined || told?.isNew === true,
    lastHeard: heard ? lastWordOf(heard, at) : null,
    // None before its first word.
    memoryBytes: told?.usage?.memoryBytes ?? (heard?.memoryBytes || null),
    ...figuresOf(told ?? null, clock),
  }
}

const lastWordOf = ({ at, inHand, more }: Heard, timeOf: (time: number) => string): LastWord => ({
  at: timeOf(at),
  inHand: inHand.map(({ topic, partition, offset, lastOffset, forMs }) => ({
    topic,
    partition,
    offset,
    lastOffset,
    since: timeOf(at - forMs),
  })),
  more,
})

export function figuresOf(answer: Answer, clock: Clock): WorkerFigures {
  const { cpuPercent = null, loopDelayMs = null, overMs: measuredOverMs = null } = answer?.usage ?? {}
  const sinceMs = answer ? clock.now() - answer.at : 0
  return {
    answeredAt: answer ? isoTime(clock, -sinceMs) : null,
    lastBeatAt: typeof answer?.beatAgoMs === 'number' ? isoTime(clock, -sinceMs - answer.beatAgoMs) : null,
    ...{ cpuPercent, loopDelayMs, measuredOverMs },
    partitions: partitionsOf(answer?.lanes ?? [], ms => isoTime(clock, ms - sinceMs)),
  }
}

/** `timeOf`: the time of day so many milliseconds after it was told. */
const partitionsOf = (lanes: readonly LaneReport[], timeOf: (ms: number) => string): readonly PartitionStatus[] =>
  [...lanes]
    .sort((a, b) => (a.topic === b.topic ? a.partition - b.partition : a.topic < b.topic ? -1 : 1))
    .map(({ topic, partition, position, committed, lag, waiting, ...lane }) => ({
      topic,
      partition,
      position,
      committed,
      lag,
      waiting,
      paused: lane.state === 'paused',
      pausedUntil: lane.pausedForMs === null ? null : timeOf(lane.pausedForMs),
      inHandOffset: lane.inHandOffset,
      inHandLastOffset: lane.inHandLastOffset,
      inHandSince: lane.inHandForMs === null ? null : timeOf(-lane.inHandForMs),
      quiet: lane.quiet,
      why: lane.why,
    }))

/** The time of day `ms` from now. */
export function isoTime(clock: Clock, ms: number): string {
  return new Date(clock.epoch() + ms).toISOString()
}
