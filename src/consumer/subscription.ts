// What a class said of itself by subscribesTo() and configure(), kept as it was given and read when it is described: then all
// that is wrong with it can be told at once, and nothing throws while a module is imported. Knows nothing of instances.

import type { ClassOptions } from '../config/options.ts'
import { nearest } from '../lib/nearest.ts'
import { isRecord } from '../lib/record.ts'
import type { DescribedSubscription } from '../messages.ts'
import { inWords } from './in-words.ts'
import { asOptions, isTopicName, type RetryOptions, readRetry } from './retry.ts'
import type { Topic } from './topic.ts'

export interface SubscriptionOptions {
  /** Where a group begins that has no offsets for the topic: at its beginning, the default, or at its end. What is added later begins at its beginning. */
  readonly startFromBeginning?: boolean
  /** Bytes asked for in one fetch of a partition; 1048576 by default. */
  readonly maxBytesPerPartition?: number
  /** Settings of librdkafka's that can be those of a topic, by its names, as `{ 'auto.offset.reset': 'latest' }`; before the others. */
  readonly additionalConfig?: Readonly<Record<string, string | number | boolean>>
  /** What follows when a message of these topics fails: before what the class, a variable or a flag says of that. */
  readonly retry?: RetryOptions
}

/** What this.configure() takes: options of the class, those about retries also as one object. */
export type ConfigureOptions = ClassOptions & { readonly retry?: RetryOptions }

export type TopicName = string | Topic<unknown>

/** What a class declared itself: a plain record under a registered symbol, so that another copy of this package can read it. */
export interface Declarations {
  readonly subscribed: (readonly unknown[])[]
  readonly configured: unknown[]
}

const DECLARATIONS = Symbol.for('racecar.declarations')

/** The class's own declarations, never those of its parent; undefined where it made none. */
export function declaredBy(cls: object): Declarations | undefined {
  return Object.hasOwn(cls, DECLARATIONS) ? (cls as { [DECLARATIONS]: Declarations })[DECLARATIONS] : undefined
}

/** The same, to be added to. */
export function declarationsOf(cls: object): Declarations {
  const made = declaredBy(cls) ?? { subscribed: [], configured: [] }
  Object.defineProperty(cls, DECLARATIONS, { value: made, configurable: true })
  return made
}

export interface ReadSubscriptions {
  readonly subscriptions: readonly DescribedSubscription[]
  readonly topics: readonly Topic[]
  /** By topic; of those that say something. */
  readonly retries: ReadonlyMap<string, RetryOptions>
  readonly problems: readonly string[]
}

const defaults = { startFromBeginning: true, maxBytesPerPartition: 1_048_576 }

export function readSubscriptions(cls: object): ReadSubscriptions {
  const byTopic = new Map<string, Known>()
  const problems: string[] = []
  for (const given of declaredBy(cls)?.subscribed ?? []) {
    const { names, options } = split(given)
    const { retry } = options as SubscriptionOptions
    problems.push(...optionProblems(options, names))
    if (names.length === 0) problems.push('subscribesTo names no topic')
    for (const one of names) {
      const topic = topicOf(one)
      const problem = topic ? nameProblem(topic.name) : `subscribesTo takes names and topic(…), not ${inWords(one)}`
      if (problem) problems.push(problem)
      if (!topic || problem) continue
      const subscription = { topic: topic.name, ...defaults, ...known(options) }
      const before = byTopic.get(topic.name)
      if (before && !sameAs(before, { topic, subscription, retry }))
        problems.push(`it subscribes to ${topic.name} in two ways`)
      byTopic.set(topic.name, { topic, subscription, retry })
    }
  }
  const all = [...byTopic.values()]
  const retries = new Map(all.flatMap(({ topic, retry }) => (retry ? [[topic.name, retry] as const] : [])))
  return { subscriptions: all.map(one => one.subscription), topics: all.map(one => one.topic), retries, problems }
}

function split(given: readonly unknown[]): { names: readonly unknown[]; options: Record<string, unknown> } {
  const last = given.at(-1)
  const isOptions = isRecord(last) && topicOf(last) === undefined
  return { names: isOptions ? given.slice(0, -1) : given, options: isOptions ? last : {} }
}

function topicOf(given: unknown): Topic | undefined {
  if (typeof given === 'string') return { name: given }
  return isRecord(given) && typeof given.name === 'string' ? (given as unknown as Topic) : undefined
}

function nameProblem(name: string): string | undefined {
  if (isTopicName(name)) return undefined
  return `${JSON.stringify(name)} is no topic name: Kafka takes up to 249 letters, digits, dots, underscores and hyphens`
}

function* optionProblems(options: Record<string, unknown>, names: readonly unknown[]): Generator<string> {
  for (const [key, value] of Object.entries(options)) {
    if (value === undefined) continue
    if (key === 'startFromBeginning') {
      if (typeof value !== 'boolean') yield `startFromBeginning must be true or false, not ${inWords(value)}`
    } else if (key === 'maxBytesPerPartition') {
      if (Number.isInteger(value) && (value as number) > 0) continue
      yield `maxBytesPerPartition must be a whole number of bytes, at least 1, not ${inWords(value)}`
    } else if (key === 'additionalConfig') {
      yield* additionalProblems(value)
    } else if (key === 'retry') {
      yield* readRetry(value, names.map(one => topicOf(one)?.name ?? 'subscribesTo').join(', ')).problems
    } else {
      const meant = nearest(key, [...Object.keys(defaults), 'retry', 'additionalConfig'])
      yield `subscribesTo knows no ${key}${meant ? `; did you mean ${meant}?` : ''}`
    }
  }
}

/** What may stand there is looked at where all sources of options meet; here only that it can travel there. */
function* additionalProblems(value: unknown): Generator<string> {
  if (!isRecord(value)) {
    yield `additionalConfig must be an object of settings, as { 'auto.offset.reset': 'latest' }, not ${inWords(value)}`
    return
  }
  for (const [key, one] of Object.entries(value)) {
    if (['string', 'number', 'boolean'].includes(typeof one)) continue
    yield `${key} in additionalConfig must be a text, not ${inWords(one)}`
  }
}

function known(options: Record<string, unknown>) {
  const { startFromBeginning, maxBytesPerPartition, additionalConfig } = options as SubscriptionOptions
  const texts = Object.entries(additionalConfig ?? {}).map(([key, value]) => [key, String(value)])
  return {
    ...(startFromBeginning === undefined ? {} : { startFromBeginning }),
    ...(maxBytesPerPartition === undefined ? {} : { maxBytesPerPartition }),
    ...(texts.length === 0 ? {} : { additionalConfig: Object.fromEntries(texts) as Record<string, string> }),
  }
}

interface Known {
  readonly topic: Topic
  readonly subscription: DescribedSubscription
  readonly retry: RetryOptions | undefined
}

const sameAs = (one: Known, other: Known): boolean =>
  one.topic.parse === other.topic.parse &&
  one.retry === other.retry &&
  JSON.stringify(one.subscription) === JSON.stringify(other.subscription)

export interface ReadOptions {
  readonly options: ClassOptions
  /** Of errors, as `retry.fatal` names them. */
  readonly fatal: RetryOptions['fatal']
  readonly problems: readonly string[]
}

/**
 * What configure() was given, later calls over earlier ones. Names and values are checked where all sources of options meet
 * (config/load.ts); here only that they can travel to another process.
 */
export function readOptions(cls: object): ReadOptions {
  const parallelWorkers = Object.hasOwn(cls, 'parallelWorkers') ? Reflect.get(cls, 'parallelWorkers') : undefined
  const options: Record<string, unknown> = parallelWorkers === undefined ? {} : { workers: parallelWorkers }
  const problems: string[] = []
  let fatal: RetryOptions['fatal']
  for (const given of declaredBy(cls)?.configured ?? []) {
    if (!isRecord(given)) {
      problems.push(`configure takes an object of options, not ${inWords(given)}`)
      continue
    }
    for (const [name, value] of Object.entries(given)) {
      if (value === undefined) continue
      if (name === 'retry') {
        const read = readRetry(value, 'configure')
        const own = asOptions(read.retry)
        const twice = Object.keys(own).filter(key => given[key] !== undefined)
        problems.push(...read.problems, ...twice.map(key => `configure sets ${key} twice, by itself and in retry`))
        Object.assign(options, own)
        fatal = read.retry.fatal ?? fatal
      } else if (isPlain(value)) options[name] = value
      else problems.push(`configure cannot set ${name} to ${inWords(value)}`)
    }
  }
  return { options: options as ClassOptions, fatal, problems }
}

const isPlain = (value: unknown): boolean =>
  value === null ||
  ['string', 'number', 'boolean'].includes(typeof value) ||
  (Array.isArray(value) && value.every(isPlain))
