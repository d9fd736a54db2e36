// What follows when something has failed. Pure: whoever has counted asks, and does what is answered.

import type { Config } from '../config/options.ts'
import type { RetryTopic } from '../config/retry-topics.ts'
import { type Fatal, pauseOf, type RetryOptions } from '../consumer/retry.ts'
import { RacecarError } from '../errors.ts'
import { isA, isError, read } from '../lib/reason.ts'
import { deadLetterTopicOf } from './dead-letter.ts'
import { type PauseOptions, pauseAfter } from './pause.ts'

/** Of one topic. */
export interface Policy {
  /** How often something that fails is tried again; Infinity: for ever. */
  readonly times: number
  readonly follows: Config['retryThen']
  /** Where what is given up goes before that; undefined: nowhere any more. */
  readonly later: RetryTopic | undefined
  /** How often a message is tried in all, here and in retry topics; Infinity: for ever. */
  readonly attempts: number
  /** undefined: its messages are dead letters themselves. */
  readonly deadLetterTopic: string | undefined
  readonly pause: PauseOptions
  readonly bisect: boolean
  readonly fatal: readonly Fatal[]
}

export interface Way {
  /** The retry topics, the first one first. */
  readonly stages: readonly RetryTopic[]
  /** How many of these are behind it. */
  readonly stage: number
}

const NO_WAY: Way = { stages: [], stage: 0 }

/**
 * What a topic says of its own goes before what holds for all. Of a retry topic `topic` is whose it is. Throws CONFIG where it names
 * itself for its dead letters.
 */
export function policyOf(topic: string, retry: RetryOptions, config: Config, { stages, stage } = NO_WAY): Policy {
  if (retry.deadLetterTopic === topic)
    throw new RacecarError('CONFIG', `dead_letter_topic (${topic}) is the topic that the dead letters come from.`)
  const deadLetterTopic = deadLetterTopicOf(topic, retry.deadLetterTopic ?? config.deadLetterTopic)
  const follows = retry.andThen ?? config.retryThen
  const times = retry.times ?? config.retryTimes ?? (stages.length > 0 ? 0 : Number.POSITIVE_INFINITY)
  return {
    times,
    later: stages[stage],
    attempts: (times + 1) * (stages.length + 1),
    // What was put aside once is not put aside again: where there is no topic for it, its partition stops.
    follows: follows === 'dead-letter' && deadLetterTopic === undefined ? 'stop' : follows,
    deadLetterTopic,
    pause: retry.backoff === undefined ? config : pauseOf(retry.backoff),
    bisect: retry.bisect ?? config.bisect,
    fatal: retry.fatal ?? [],
  }
}

export interface Setback {
  readonly error: unknown
  /** How many messages. */
  readonly count: number
  /** In a row, this one included. */
  readonly failures: number
  /** How many of these are errors of the user's code; 0: this one is none, and no reason to give the message up. */
  readonly errors: number
  /** The message has been given up before, and what follows from that has failed. */
  readonly isGivenUp: boolean
}

/** `retry-topic`: not for good. */
export type Follows = Config['retryThen'] | 'retry-topic'

export type Decision =
  | { readonly kind: 'again'; readonly ms: number }
  /** The same messages in two halves, at once. */
  | { readonly kind: 'halve' }
  | { readonly kind: 'give up'; readonly follows: Follows }
  /** The worker ends. */
  | { readonly kind: 'fail' }

/** Milliseconds, where the pauses of the user's are none. */
const REST = 10_000

export function decide({ error, count, failures, errors, isGivenUp }: Setback, policy: Policy): Decision {
  const isHopeless = errors > 0 && isFatal(error, policy.fatal)
  if (errors > policy.times || isHopeless) {
    if (policy.bisect && count > 1) return { kind: 'halve' }
    return { kind: 'give up', follows: policy.later && !isHopeless ? 'retry-topic' : policy.follows }
  }
  const pause = pauseAfter(failures, policy.pause)
  // The handler is done with it: neither does its worker end of that, nor is anything gained by standing still.
  if (isGivenUp) return { kind: 'again', ms: pause.kind === 'rest' ? pause.ms : REST }
  switch (pause.kind) {
    case 'rest':
      return { kind: 'again', ms: pause.ms }
    case 'for good':
      return { kind: 'give up', follows: 'stop' }
    case 'fail':
      return { kind: 'fail' }
    default:
      return pause satisfies never
  }
}

/** One of these classes, or of these names and codes. */
function isFatal(error: unknown, fatal: readonly Fatal[]): boolean {
  return fatal.some(one =>
    typeof one === 'string'
      ? isError(error) && (read(error, 'name') === one || read(error, 'code') === one)
      : isA(error, one),
  )
}

const MOST_CAUSES = 5

/** A deliver() that speaks of what others had queued, by itself or in what the user's code has made of it. */
export function isOfDelivery(error: unknown): boolean {
  let at = error
  for (let depth = 0; depth < MOST_CAUSES && isError(at); depth++) {
    if (read(at, 'code') === 'DELIVERY_FAILED') return true
    at = read(at, 'cause')
  }
  return false
}
