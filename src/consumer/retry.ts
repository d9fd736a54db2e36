// What a class says about messages that fail, for all its topics or for one: read and checked. What is plain of it for all topics is
// options like any other; classes of errors are code, which crosses no process, so they stay with the class and are read where it runs.

import type { ClassOptions } from '../config/options.ts'
import { areDelays, DELAYS } from '../lib/delays.ts'
import { nearest } from '../lib/nearest.ts'
import { isRecord } from '../lib/record.ts'
import { inWords } from './in-words.ts'

/** A class of errors, or the `name` or `code` that errors have. */
export type Fatal = string | (abstract new (...given: never[]) => unknown)

export interface RetryOptions {
  /** How often a message, or a batch, that fails is tried again in its place; 0: never. By default for ever, with `topics` 0. */
  readonly times?: number
  /**
   * Seconds after which a message whose retries are used up is tried again, each time out of a topic of its own, while its
   * partition goes on: its order is lost. `andThen` follows after the last of them.
   */
  readonly topics?: readonly number[]
  /** Seconds to rest before each retry; or before the first one, then twice as long each time, up to `most`. */
  readonly backoff?: number | { readonly first: number; readonly most: number }
  /** What follows after the last retry: `stop`, the default, has the partition stand before it. */
  readonly andThen?: NonNullable<ClassOptions['retryThen']>
  /** `<topic>.dead-letter` by default. */
  readonly deadLetterTopic?: string
  /** Halve a batch that would be given up, again and again, until the message that fails is found. */
  readonly bisect?: boolean
  /** Errors that no retry can mend: instances of these classes, and errors with one of these names or codes. */
  readonly fatal?: readonly Fatal[]
}

export interface ReadRetry {
  readonly retry: RetryOptions
  /** Half sentences. */
  readonly problems: readonly string[]
}

interface Rule {
  readonly isRight: (value: unknown) => boolean
  readonly expected: string
}

// What a timer of Node can wait.
const LONGEST = 2_147_483

const isSeconds = (value: unknown): value is number => typeof value === 'number' && value >= 0.001 && value <= LONGEST

const isBackoff = (value: unknown): boolean => {
  if (!isRecord(value)) return isSeconds(value)
  const { first, most, ...others } = value
  return isSeconds(first) && isSeconds(most) && first <= most && Object.keys(others).length === 0
}

const isFatal = (value: unknown): boolean =>
  // An arrow function is no class.
  (typeof value === 'string' && value !== '') || (typeof value === 'function' && isRecordLike(value.prototype))

const isRecordLike = (value: unknown): boolean => typeof value === 'object' && value !== null

export const isTopicName = (name: unknown): name is string =>
  typeof name === 'string' && /^[\w.-]{1,249}$/.test(name) && name !== '.' && name !== '..'

const rules: Readonly<Record<keyof RetryOptions, Rule>> = {
  times: {
    isRight: value => Number.isSafeInteger(value) && (value as number) >= 0,
    expected: 'a whole number, at least 0',
  },
  topics: { isRight: value => Array.isArray(value) && areDelays(value), expected: DELAYS },
  backoff: {
    isRight: isBackoff,
    expected: 'a number of seconds, at least 0.001, or { first, most } with such numbers',
  },
  andThen: {
    isRight: value => ['stop', 'skip', 'dead-letter'].includes(value as string),
    expected: 'one of stop, skip, dead-letter',
  },
  deadLetterTopic: { isRight: isTopicName, expected: 'the name of a topic' },
  bisect: { isRight: value => typeof value === 'boolean', expected: 'true or false' },
  fatal: {
    isRight: value => Array.isArray(value) && value.every(isFatal),
    expected: 'a list of classes of errors, and of names or codes of errors',
  },
}

/** `of`: whose it is, for what is said about it. */
export function readRetry(given: unknown, of: string): ReadRetry {
  if (!isRecord(given)) return { retry: {}, problems: [`${of} takes an object for retry, not ${inWords(given)}`] }
  const problems: string[] = []
  const retry: Record<string, unknown> = {}
  for (const [key, value] of Object.entries(given)) {
    if (value === undefined) continue
    const rule = Object.hasOwn(rules, key) ? rules[key as keyof RetryOptions] : undefined
    if (!rule) {
      const meant = key === 'then' ? 'andThen' : nearest(key, Object.keys(rules))
      problems.push(`${of} knows no retry.${key}${meant ? `; did you mean retry.${meant}?` : ''}`)
    } else if (rule.isRight(value)) retry[key] = value
    else problems.push(`retry.${key} of ${of} must be ${rule.expected}, not ${inWords(value)}`)
  }
  return { retry: retry as RetryOptions, problems }
}

export type Backoff = NonNullable<RetryOptions['backoff']>

/** In the words of the options. */
export function pauseOf(backoff: Backoff) {
  if (typeof backoff === 'number')
    return { pauseTimeout: backoff, pauseWithExponentialBackoff: false, maxPauseTimeout: undefined }
  return { pauseTimeout: backoff.first, pauseWithExponentialBackoff: true, maxPauseTimeout: backoff.most }
}

/** What is plain of it, as options of the class. */
export function asOptions({ times, topics, backoff, andThen, deadLetterTopic, bisect }: RetryOptions): ClassOptions {
  const plain = { retryTimes: times, retryTopics: topics, retryThen: andThen, deadLetterTopic, bisect }
  const all = { ...plain, ...(backoff ? pauseOf(backoff) : {}) }
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined))
}
