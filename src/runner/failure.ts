// What went wrong in a partition, as it is told to the user's onError and published as an event.

import type { Message } from '../consumer/message.ts'
import type { TopicPartition } from '../engine/engine.ts'
import { errorData } from '../events/error-data.ts'
import { firstLine } from '../events/error-words.ts'
import type { Events } from '../events/events.ts'
import type { Decision, Follows, Policy } from './policy.ts'

/** What onError is told beside the error. */
export interface ErrorInfo {
  readonly consumer: string
  /** How often what failed had failed before. */
  readonly retriesCount: number
  /** What it produced could not be delivered: everything from `offset` to `lastOffset` is handled again. */
  readonly unrecoverableDeliveryError: boolean
  /** What follows: `again` after a pause, `halves` of a batch at once; or it is given up, as `retry_then` says. */
  readonly next?: Next
  /** All below are undefined where no message is concerned: when a start failed. */
  readonly topic?: string
  readonly partition?: number
  readonly offset?: number
  /** Of a batch, or of the messages whose deliveries failed, the last; else the same as `offset`. */
  readonly lastOffset?: number
  /** How many messages are handled again; offsets without a message between the first and the last may be counted. */
  readonly count?: number
  /** Of a single message. */
  readonly key?: string | null
  readonly value?: string | null
  readonly headers?: Readonly<Record<string, string>>
  readonly timestamp?: Date
}

export type OnError = (error: unknown, info: ErrorInfo) => unknown

/** `fail`: the worker ends. */
export type Next = Events['message.failed']['next']

export interface Failure extends TopicPartition {
  readonly error: unknown
  readonly offset: number
  readonly lastOffset: number
  readonly count: number
  /** In a row, this one included. */
  readonly failures: number
  /** How many of these are errors of the user's code; 0: this one is none. */
  readonly errors: number
  readonly undelivered: boolean
  /** It has been given up before, and what follows from that has failed. */
  readonly isGivenUp: boolean
  /** What that is; undefined: it has not been, or for its crashes. */
  readonly givenUpTo?: Follows | undefined
  /** The message, where a single one failed that is still at hand. Valid only until the failure has been told. */
  readonly message: () => Message | undefined
}

/** The error's first line, and after how many attempts. */
export function sayFailure(error: unknown, failures: number, isOver = false): string {
  const line = firstLine(errorData(error))
  if (!isOver) return `attempt ${failures} failed: ${line}`
  return `given up after ${failures === 1 ? 'one attempt' : `${failures} attempts`}: ${line}`
}

export function nextOf(decision: Decision): Next {
  switch (decision.kind) {
    case 'again':
    case 'fail':
      return decision.kind
    case 'halve':
      return 'halves'
    case 'give up':
      return decision.follows
    default:
      return decision satisfies never
  }
}

export function failedEvent(failure: Failure, decision: Decision, policy: Policy): Events['message.failed'] {
  const { topic, partition, offset, lastOffset, failures, errors, error } = failure
  const message = failure.message()
  const before = message ? message.retriesCount - (failures - 1) : 0
  // Of a batch that is halved the parts have more attempts than that.
  const isCounted = errors > 0 && before + errors <= policy.attempts && Number.isFinite(policy.attempts)
  const next = nextOf(decision)
  return {
    ...{ topic, partition, offset, lastOffset },
    attempt: before + (isCounted ? errors : failures),
    attempts: isCounted ? policy.attempts : null,
    error: errorData(error),
    next,
    pauseMs: pauseMsOf(decision, policy),
    to: targetOf(failure, next, policy) ?? null,
    origin: message && message.topic !== topic ? placeOf(message) : undefined,
  }
}

function pauseMsOf(decision: Decision, { later }: Policy): number | null {
  if (decision.kind === 'again') return decision.ms
  return decision.kind === 'give up' && decision.follows === 'retry-topic' ? later!.delay : null
}

function targetOf({ isGivenUp, givenUpTo }: Failure, next: Next, policy: Policy): string | undefined {
  const follows = isGivenUp ? (givenUpTo ?? 'dead-letter') : next
  if (follows === 'retry-topic') return policy.later?.name
  return follows === 'dead-letter' ? policy.deadLetterTopic : undefined
}

const placeOf = ({ topic, partition, offset }: Message) => ({ topic, partition, offset })

export function errorInfo(failure: Failure, consumer: string, decision: Decision): ErrorInfo {
  const { topic, partition, offset, lastOffset, count, failures, undelivered } = failure
  const place = { consumer, topic, partition, offset, lastOffset, count }
  const next = nextOf(decision)
  const info = { ...place, retriesCount: failures - 1, unrecoverableDeliveryError: undelivered, next }
  const message = failure.message()
  if (!message) return info
  const { key, value, headers, timestamp, retriesCount, offset: lastPlace } = message
  return { ...info, ...placeOf(message), lastOffset: lastPlace, retriesCount, key, value, headers, timestamp }
}
