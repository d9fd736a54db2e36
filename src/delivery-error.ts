// The error of produced messages that were given up. It says what happened, why, and what to look at: the same failure of a network,
// a topic or a right looks alike from afar, and each has another cure. Knows the options and brokers' settings by name alone.

import { RacecarError } from './errors.ts'

/** Why, as far as it is known. */
export type DeliveryProblem =
  | 'timed-out'
  | 'message-too-large'
  | 'unknown-topic-or-partition'
  | 'record-list-too-large'
  | 'not-authorized'
  | 'other'

export interface Undelivered {
  /** Of the first of them. */
  readonly topic: string
  /** undefined: none was chosen yet. */
  readonly partition?: number | undefined
  /** How many messages. */
  readonly count: number
  /** They were tried for as long as `message_timeout` allows; false: they were refused, or nobody was there to send them. */
  readonly timedOut: boolean
  /** What was answered last. */
  readonly cause: unknown
}

/**
 * What deliver(), produceSync() and waitForDelivery() reject with, and what onError is given. Its code is DELIVERY_FAILED. The first line of
 * its message says what happened, each further one is a hint; `cause` is what was answered last.
 */
export class MessageDeliveryError extends RacecarError {
  readonly topic: string
  readonly partition: number | undefined
  readonly count: number
  readonly problem: DeliveryProblem
  /** What it means, then what to do: sentences. */
  readonly hints: readonly [string, ...string[]]

  constructor(undelivered: Undelivered) {
    const { topic, partition, count, cause } = undelivered
    const problem = problemOf(undelivered)
    const hints = HINTS[problem](undelivered)
    super('DELIVERY_FAILED', [whatOf(undelivered), ...hints].join('\n'), { cause })
    this.name = 'MessageDeliveryError'
    this.topic = topic
    this.partition = partition
    this.count = count
    this.problem = problem
    this.hints = hints
  }

  override get cure(): string {
    return this.hints.join(' ')
  }
}

function whatOf({ topic, partition, count, cause }: Undelivered): string {
  const place = partition === undefined ? topic : `${topic}/${partition}`
  const others = count > 1 ? ` and ${count - 1} more` : ''
  const why = cause instanceof Error ? cause.message : String(cause)
  return `a message for ${place}${others} could not be delivered: ${why.replace(/\.$/, '')}`
}

const BY_CODE: Readonly<Record<string, DeliveryProblem>> = {
  MESSAGE_TOO_LARGE: 'message-too-large',
  RECORD_LIST_TOO_LARGE: 'record-list-too-large',
  UNKNOWN_TOPIC_OR_PARTITION: 'unknown-topic-or-partition',
  UNKNOWN_TOPIC_ID: 'unknown-topic-or-partition',
  INVALID_TOPIC_EXCEPTION: 'unknown-topic-or-partition',
  TOPIC_AUTHORIZATION_FAILED: 'not-authorized',
  CLUSTER_AUTHORIZATION_FAILED: 'not-authorized',
}

function problemOf({ cause, timedOut }: Undelivered): DeliveryProblem {
  return BY_CODE[codeIn(cause)] ?? (timedOut ? 'timed-out' : 'other')
}

/** Kafka's name for it, wherever in the causes it stands. */
function codeIn(error: unknown, depth = 0): string {
  if (typeof error !== 'object' || error === null || depth > 5) return ''
  const { code, cause } = error as { code?: unknown; cause?: unknown }
  return typeof code === 'string' && code in BY_CODE ? code : codeIn(cause, depth + 1)
}

const HINTS: Readonly<Record<DeliveryProblem, (of: Undelivered) => readonly [string, ...string[]]>> = {
  'timed-out': () => [
    'It was tried until message_timeout was over.',
    'Mostly the connection to the broker is interrupted, or its partition has no leader or too few replicas in sync (min.insync.replicas): look at the network and at the logs of the brokers.',
    'With a larger message_timeout it is tried for longer.',
  ],
  'message-too-large': ({ topic }) => [
    `The message, with its key and headers, is larger than the broker takes: max.message.bytes of the topic ${topic}, by default message.max.bytes of the broker.`,
    'Make it smaller, or raise that; racecar has no limit of its own, and max_bytes is about what is read.',
  ],
  'unknown-topic-or-partition': ({ topic, partition }) => [
    `Check the name ${topic}${partition === undefined ? '' : `, and that it has a partition ${partition}`}, or create it with kafka-topics.sh --create --topic ${topic}.`,
    'Racecar creates no topic by producing to it, whatever auto.create.topics.enable of the broker says; one that comes within message_timeout is found.',
  ],
  'record-list-too-large': ({ topic }) => [
    `The batch is larger than a segment of the topic ${topic}: segment.bytes, by default log.segment.bytes of the broker.`,
    'Raise that, or make the message smaller; several messages are sent in smaller batches by themselves.',
  ],
  'not-authorized': ({ topic }) => [
    `Its user may not write to the topic ${topic}.`,
    `Give it the operation Write with kafka-acls.sh; right after the topic or the rule was made, brokers may not know of it yet.`,
  ],
  other: () => ['The broker refuses it, and would again; its log may say why.'],
}
