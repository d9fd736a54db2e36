// The words that the supervisor decides in: what a slot is, and what is known of all of them. Plain data only: no process, no timer, no
// handle. A process is known by its slot and its run, a number that is never given twice.

import type { InHand } from '../events/events.ts'
import type { Quiet } from '../messages.ts'
import type { Restart, Restarted } from './restart-state.ts'
import type { Docket } from './suspects.ts'

/** Times in milliseconds. */
export interface Policy {
  readonly bootTimeoutMs: number
  /** 0: silence is no reason to end a worker. */
  readonly hangTimeoutMs: number
  readonly shutdownTimeoutMs: number
  /** A worker beyond either is replaced; 0: no limit. */
  readonly maxMemoryBytes: number
  readonly maxAgeMs: number
  readonly crashLimit: number
  /** The limit counts within this; a worker that was up for as long as this is healthy, and its crashes are forgotten. */
  readonly crashWindowMs: number
  readonly backoffMaxMs: number
  /** When a slot is given up: everything stops, or the others go on as long as there are any. */
  readonly onCrashLoop: 'stop' | 'continue'
  /** A message that has ended so many workers is dealt with. */
  readonly maxCrashesPerMessage: number
  readonly onPoison: 'stop' | 'skip' | 'dead-letter'
  /** undefined: one beside each topic. */
  readonly deadLetterTopic: string | undefined
  /** A dead static member whose replacement has not joined by then is taken out of the group, so that its partitions flow. */
  readonly evictAfterMs: number
}

/** The crashes since the slot was last healthy. */
export interface Crashes {
  readonly count: number
  /** Those that the limit counts, within the window. */
  readonly times: readonly number[]
  /** What the first of them said. */
  readonly first: string | undefined
}

/** What the group may still hold under the slot's instance id. */
export type Membership =
  | { readonly kind: 'none' }
  /** By the live process. */
  | { readonly kind: 'held' }
  /** By a process that is dead. */
  | { readonly kind: 'orphaned'; readonly since: number }
  | { readonly kind: 'evicting' }

/** A worker's last sign of life. */
export interface Heard {
  readonly at: number
  readonly inHand: readonly InHand[]
  readonly more: number
  readonly memoryBytes: number
}

export interface Place {
  /** Among all slots; no name: which consumer's it is depends on whose class was asked first. */
  readonly number: number
  readonly consumer: string
  /** Among those of its consumer. */
  readonly index: number
  readonly crashes: Crashes
  /** How many processes this slot has had. */
  readonly forks: number
  /** What its last process ended of; null while it is the first. */
  readonly lastReason: string | null
  readonly membership: Membership
  /** There are to be fewer workers: it is not filled again, unless there are to be more. */
  readonly retired: boolean
}

export type Down = Place & {
  readonly state: 'down'
  readonly since: number
  /** When the next process is due; null: none, for the slot was given up or everything stops. */
  readonly forkAt: number | null
}

export type Starting = Place & {
  readonly state: 'starting'
  readonly run: number
  readonly since: number
  /** It stands still in the step `waiting`. */
  readonly killAt: number
  /** `waiting`: described, and held back until the way into the group is clear; only `configured` ones join. */
  readonly step: 'loading' | 'waiting' | 'configured'
  /** Since when it has been `waiting`. */
  readonly heldSince?: number
  readonly failure?: string
}

export type Up = Place & {
  readonly state: 'up'
  readonly run: number
  readonly pid: number
  readonly since: number
  readonly heard: Heard
  /** Its silence counts from here: from the last sign of life, or from when this process itself came to its senses. */
  readonly silentFrom: number
  readonly failure?: string
}

/** Silent for too long. A word that was on its way may still come, before it is killed. */
export type Hung = Omit<Up, 'state'> & {
  readonly state: 'hung'
  readonly upSince: number
  readonly killAt: number
}

/** `retired`: nothing takes its place. */
export type Parting = 'recycled' | 'replaced' | 'retired'

/** Asked to stop. */
export type Stopping = Place & {
  readonly state: 'stopping'
  readonly run: number
  readonly since: number
  /** Alone, while the others go on. */
  readonly alone?: { readonly as: Parting; readonly reason: string; readonly upSince: number; readonly killAt: number }
  readonly heard?: Heard
  readonly failure?: string
}

/** What a process is killed for. */
export type Fate =
  | { readonly why: 'boot' | 'unfit'; readonly bootSince: number }
  | { readonly why: 'hang'; readonly heard: Heard; readonly upSince: number }
  | { readonly why: 'deadline' }
  | { readonly why: 'alone'; readonly as: Parting }

/** Sent SIGKILL; its exit has not been seen yet. */
export type Killed = Place & {
  readonly state: 'killed'
  readonly run: number
  readonly since: number
  readonly heard?: Heard
  readonly failure?: string
} & Fate

export type Live = Starting | Up | Hung | Stopping | Killed
export type Slot = Down | Live

export type Phase =
  | { readonly kind: 'running' }
  | {
      readonly kind: 'stopping'
      /** What the end is going to be called; the first thing that is not clean decides it. */
      readonly code: number
      readonly why: string
      readonly deadline: number
      /** Who does not want to wait for it; null: nobody. */
      readonly forcedBy: string | null
    }
  | { readonly kind: 'ended'; readonly code: number; readonly why: string }

export interface State {
  readonly policy: Policy
  readonly phase: Phase
  readonly slots: readonly Slot[]
  /** How many runs were given out. */
  readonly runs: number
  /** The consumers whose workers may join: nothing is left of an earlier life that they would have to wait for. */
  readonly clear: readonly string[]
  readonly interrupts: number
  /** When this process last looked at its workers: it may have been stopped itself. */
  readonly lookedAt: number
  /** By consumer; one that is missing was never quiet. */
  readonly quiet: Readonly<Record<string, Quiet>>
  /** New processes for all slots, under way; and how the last such thing ended. */
  readonly restart: Restart | null
  readonly restarted: Restarted | null
  /** By consumer: the messages that may be what ends its workers. */
  readonly dockets: Readonly<Record<string, Docket>>
  /** Consumers a worker of which has been a member: what the brokers refuse now they once allowed. */
  readonly everJoined: readonly string[]
}

export const healthy: Crashes = { count: 0, times: [], first: undefined }

export const initially = (policy: Policy): State => ({
  policy,
  phase: { kind: 'running' },
  slots: [],
  runs: 0,
  clear: [],
  interrupts: 0,
  lookedAt: 0,
  quiet: {},
  restart: null,
  restarted: null,
  dockets: {},
  everJoined: [],
})

export const vacant = (place: Pick<Place, 'number' | 'consumer' | 'index'>, now: number): Down => ({
  ...place,
  crashes: healthy,
  forks: 0,
  lastReason: null,
  membership: { kind: 'none' },
  retired: false,
  state: 'down',
  since: now,
  forkAt: now,
})

/** The part of a slot that outlives its processes. */
export const placeOf = (slot: Slot): Place => {
  const { number, consumer, index, crashes, forks, lastReason, membership, retired } = slot
  return { number, consumer, index, crashes, forks, lastReason, membership, retired }
}

/** What a process leaves behind beyond its end: its own words, and its last sign of life. */
export function tracesOf(slot: Live): { readonly failure?: string; readonly heard?: Heard } {
  const { failure } = slot
  const heard = 'heard' in slot ? slot.heard : undefined
  return { ...(failure !== undefined && { failure }), ...(heard && { heard }) }
}

export const slotName = ({ consumer, index }: Pick<Place, 'consumer' | 'index'>): string => `${consumer}/${index}`

/** It knows its options and is not to stop: what changes meanwhile it has to be told. */
export const hears = (slot: Slot): slot is Extract<Slot, { state: 'starting' | 'up' | 'hung' }> =>
  slot.state === 'up' || slot.state === 'hung' || (slot.state === 'starting' && slot.step === 'configured')
