// What went wrong in a partition, as it is told to the user's onError and published as an event.

import type { Message } from '../consumer/message.ts'
import type { TopicPartition } from '../engine/engine.ts'
import { errorData } from '../events/events.ts'

/** What onError is told beside the error. */
export interface ErrorInfo {
  readonly consumer: string
  /** How often what failed had failed before. */
  readonly retriesCount: number
  /** What it produced could not be delivered: everything from `offset` to `lastOffset` is handled again. */
  readonly unrecoverableDeliveryError: boolean
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

export interface Failure extends TopicPartition {
  readonly error: unknown
  readonly offset: number
  readonly lastOffset: number
  readonly count: number
  /** In a row, this one included. */
  readonly failures: number
  readonly undelivered: boolean
  /** The message, where a single one failed that is still at hand. Valid only until the failure has been told. */
  readonly message: () => Message | undefined
}

/** Of what is said to whoever looks at the partition. */
const LONGEST = 200

/** The error's first line, and after how many attempts. */
export function sayFailure(error: unknown, failures: number): string {
  const { name, message } = errorData(error)
  const words = ['Error', 'NonError', 'RacecarError'].includes(name) ? [message] : [name, message]
  // Users' errors have whatever they like there.
  const said = words.filter(one => typeof one === 'string').join(': ')
  const [line = ''] = said.trim().split(/[\r\n]/, 1)
  return `attempt ${failures} failed: ${line.slice(0, LONGEST)}`
}

export function errorInfo(failure: Failure, consumer: string): ErrorInfo {
  const { topic, partition, offset, lastOffset, count, failures, undelivered } = failure
  const place = { consumer, topic, partition, offset, lastOffset, count }
  const info = { ...place, retriesCount: failures - 1, unrecoverableDeliveryError: undelivered }
  const message = failure.message()
  if (!message) return info
  const { key, value, headers, timestamp } = message
  return { ...info, key, value, headers, timestamp }
}
