// What primary and worker say to each other over the IPC channel, with guards: a worker's channel is open to user code, so
// what arrives may be anything. All data is plain and survives structured clone (serialization: 'advanced').

import type { ClassOptions, Config } from './config/options.ts'
import type { Preset } from './config/presets.ts'
import type { ErrorData, EventName, Events, InHand, PartitionAt } from './events/events.ts'
import type { ConfigModule } from './loader/config-module.ts'
import type { LoadPlan } from './loader/plan.ts'

export type { LoadPlan } from './loader/plan.ts'

/** To the process that lives for one configuration file. */
export interface ToConfig {
  readonly module: ConfigModule
  readonly env: string
}

/** Its answer: what the file sets, without its functions; or what is wrong with it. */
export type FromConfig =
  | {
      readonly values: Readonly<Record<string, unknown>>
      readonly presets: readonly Preset[]
      readonly error?: never
    }
  | { readonly error: ErrorData; readonly values?: never }

export interface DescribedSubscription {
  readonly topic: string
  readonly startFromBeginning: boolean
  readonly maxBytesPerPartition: number
  /** By librdkafka's names, not checked yet: before anybody else. */
  readonly additionalConfig?: Readonly<Record<string, string>>
  /** Seconds, where the class says so for this topic. */
  readonly retryTopics?: readonly number[]
}

/** What a worker found in the user's code, before it is configured. */
export interface Description {
  readonly consumer: string
  readonly subscriptions: readonly DescribedSubscription[]
  readonly options: ClassOptions
  readonly handler: 'process' | 'processBatch'
  /** What modules set that it imports; left out where there are none. */
  readonly presets?: readonly Preset[]
}

/** What a worker starts nothing of for the time being: all of its partitions or none, except these (`topic/partition`). */
export interface Quiet {
  readonly all: boolean
  readonly except: readonly string[]
}

/** Messages that were in hand when a worker died. */
export interface Suspected extends PartitionAt {
  readonly lastOffset: number
  /** One more death, and it is found guilty: so nothing else is in hand with it. */
  readonly alone: boolean
}

/** A message that ends its workers. */
export interface Convicted extends PartitionAt {
  readonly crashes: number
  /** What the last of them ended of. */
  readonly why: string
  readonly follows: Config['onPoison']
}

/** What the workers of a consumer have to mind of its messages, all of it each time. */
export interface Suspicion {
  /** The likeliest first. */
  readonly suspects: readonly Suspected[]
  readonly convicted: readonly Convicted[]
  /** The process before this one has just crashed, and may not have said what it had in hand. */
  readonly isAfterCrash: boolean
}

export type ToWorker =
  | { readonly type: 'load'; readonly plan: LoadPlan }
  | {
      readonly type: 'configure'
      readonly config: Config
      readonly slot: string
      readonly groupId: string
      readonly instanceId: string | null
      /** false: it does everything but join, and is told when it may. */
      readonly join: boolean
      /** No worker of this racecar has been a member yet. */
      readonly early: boolean
    }
  /** The process that it replaces is gone. */
  | { readonly type: 'join' }
  /** `leave` false: a replacement follows under the same instance id. */
  | { readonly type: 'stop'; readonly withinMs: number; readonly leave: boolean; readonly reason: string }
  /** From now on, and until it is told otherwise. Before it is configured as well. */
  | { readonly type: 'quiet'; readonly quiet: Quiet }
  /** What these stand before is tried again; none: of all of its partitions. */
  | { readonly type: 'resume'; readonly partitions: readonly string[] }
  /** From now on, and until it is told otherwise. Before it is configured as well. */
  | { readonly type: 'suspicion'; readonly suspicion: Suspicion }
  /** The group is changing: beat now. */
  | { readonly type: 'beat' }
  /** Somebody wants to know what it is doing. */
  | { readonly type: 'report' }

export type ToPrimary =
  /** It listens. What was sent to it before this it has not heard: node:cluster has. */
  | { readonly type: 'ready' }
  | { readonly type: 'described'; readonly description: Description }
  /** The worker cannot run and will exit with `exitCode`. */
  | { readonly type: 'refused'; readonly error: ErrorData; readonly exitCode: number; readonly cure: string }
  /** Imported and initialized; joins now. */
  | { readonly type: 'up' }
  | { readonly type: 'event'; readonly event: ForwardedEvent }
  | ({ readonly type: 'report' } & Report)
  | Alive
  | Survived

/** Its event loop turns; and what must be known of it should this be its last word. */
export interface Alive {
  readonly type: 'alive'
  /** The newest first, and not beyond MOST_IN_HAND. */
  readonly inHand: readonly InHand[]
  /** How many are left out. */
  readonly more: number
  readonly memoryBytes: number
  /** It says what the one before it could not: none may be left out. */
  readonly isPrompt?: boolean
}

/** The handler has ended with a suspect, well or with an error. */
export interface Survived extends PartitionAt {
  readonly type: 'survived'
  readonly lastOffset: number
}

export const MOST_IN_HAND = 50

/** What a worker says of itself when somebody looks. */
export interface Report {
  readonly lanes: readonly LaneReport[]
  /** Milliseconds since the group last heard of it; null: it has not. */
  readonly beatAgoMs: number | null
  readonly usage: Usage
}

/** Of the whole process, since somebody looked before, or since its start. */
export interface Usage {
  /** Resident. */
  readonly memoryBytes: number
  /** Of one core. */
  readonly cpuPercent: number
  /** Milliseconds by which its event loop came late at most, as far as its signs of life have met it. */
  readonly loopDelayMs: number
  /** Milliseconds over which both were measured. */
  readonly overMs: number
}

/** One assigned partition as it is at the moment. Durations, because clocks of two processes have nothing in common. */
export interface LaneReport {
  readonly topic: string
  readonly partition: number
  /** Next offset to handle. */
  readonly position: number
  readonly committed: number
  /** Messages between the position and the end of the log, as far as that is known. */
  readonly lag: number
  /** Messages that were fetched and wait. */
  readonly waiting: number
  readonly state: 'held' | 'waiting' | 'handling' | 'paused' | 'closed'
  /** What the handler that runs was given: the offset, and of a batch the last one; null where none runs. */
  readonly inHandOffset: number | null
  readonly inHandLastOffset: number | null
  /** Milliseconds; null where no handler runs. */
  readonly inHandForMs: number | null
  /** Milliseconds until the pause is over; null where there is none, or it is for good. */
  readonly pausedForMs: number | null
  /** Nothing of it is started, until it is told to go on. */
  readonly quiet: boolean
  /** Why nothing of it is started, in half a sentence on one line; null where nothing hinders it. */
  readonly why: string | null
}

export type ForwardedEvent = { [N in EventName]: { readonly name: N; readonly data: Events[N] } }[EventName]

type Fields = Readonly<Record<string, unknown>>

const isFields = (value: unknown): value is Fields => typeof value === 'object' && value !== null

const isErrorData = (value: unknown): boolean =>
  isFields(value) && typeof value.name === 'string' && typeof value.message === 'string'

const isEvent = (event: unknown): boolean =>
  isFields(event) &&
  typeof event.name === 'string' &&
  isFields(event.data) &&
  (event.name !== ('worker.failed' satisfies EventName) || isErrorData(event.data.error))

const isNumber = (value: unknown): boolean => typeof value === 'number' && Number.isFinite(value)

const isStretch = ({ topic, partition, offset, lastOffset }: Fields): boolean =>
  typeof topic === 'string' && [partition, offset, lastOffset].every(isNumber)

const isInHand = (value: unknown): boolean => isFields(value) && isStretch(value) && isNumber(value.forMs)

const isAlive = ({ inHand, more, memoryBytes }: Fields): boolean =>
  Array.isArray(inHand) &&
  inHand.length <= MOST_IN_HAND &&
  inHand.every(isInHand) &&
  [more, memoryBytes].every(isNumber)

const always = () => true

const isText = (value: unknown): boolean => typeof value === 'string'

const isListOf = (is: (one: unknown) => boolean, value: unknown): boolean => Array.isArray(value) && value.every(is)

const isPreset = (value: unknown): boolean =>
  isFields(value) &&
  isText(value.name) &&
  isListOf(one => isFields(one) && isText(one.source) && isFields(one.values), value.sections) &&
  isListOf(one => isFields(one) && isText(one.option) && isText(one.sentence), value.problems) &&
  (value.prefix === undefined || (isFields(value.prefix) && isText(value.prefix.text) && isText(value.prefix.source)))

type Form = (message: Fields) => boolean

const toWorkerForms = {
  load: always,
  configure: always,
  join: always,
  stop: always,
  quiet: always,
  resume: always,
  suspicion: always,
  beat: always,
  report: always,
} satisfies Record<ToWorker['type'], Form>
/** As far as the primary takes them apart itself: what else is wrong makes at worst no line, and reports are not trusted. */
const toPrimaryForms = {
  ready: always,
  described: ({ description }) =>
    isFields(description) &&
    isText(description.consumer) &&
    isFields(description.options) &&
    (description.presets === undefined || isListOf(isPreset, description.presets)),
  refused: ({ error, cure }) => isErrorData(error) && typeof cure === 'string',
  up: always,
  event: ({ event }) => isEvent(event),
  report: always,
  alive: isAlive,
  survived: isStretch,
} satisfies Record<ToPrimary['type'], Form>

/** Mark of our own messages: user code may use process.send as well. */
const CHANNEL = 'racecar'

export const seal = <M extends ToWorker | ToPrimary>(message: M): M & { channel: string } => ({
  ...message,
  channel: CHANNEL,
})

function isOf(forms: Readonly<Record<string, Form>>, message: unknown): boolean {
  if (!isFields(message) || message.channel !== CHANNEL) return false
  const { type } = message
  return typeof type === 'string' && Object.hasOwn(forms, type) && forms[type]!(message)
}

export const isToWorker = (message: unknown): message is ToWorker => isOf(toWorkerForms, message)
export const isToPrimary = (message: unknown): message is ToPrimary => isOf(toPrimaryForms, message)
