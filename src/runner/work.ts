// The consumer's handler, as a lane calls it: one message at a time, or batches. The rest of the runner does not know which.

import type { ConsumerInstance, Context } from '../consumer/consumer.ts'
import type { Message } from '../consumer/message.ts'
import type { KafkaRecord } from '../engine/engine.ts'
import type { Queue } from './queue.ts'

export interface Work {
  /** Most messages in one call. */
  readonly most: number
  /** Milliseconds that the first message waits for the others of its call. */
  readonly patience: number
  /** Milliseconds that a message of a retry topic waits; undefined: it is none. */
  readonly delay?: number | undefined
  /** Hands over the first `count` messages of the queue. Answers what the handler returned; throws what it threw. */
  call(queue: Queue, count: number, retriesCount: number, context: Context): unknown
  /** The message at the front, where messages are handed over singly. */
  show(queue: Queue, retriesCount: number): Message | undefined
}

export interface WorkParts {
  readonly consumer: ConsumerInstance
  readonly delay?: number | undefined
  /** `retriesCount`: how often it has failed in its partition. */
  readonly toMessage: (record: KafkaRecord, retriesCount: number) => Message
}

export function singleWork({ consumer, toMessage, delay }: WorkParts): Work {
  const front = (queue: Queue, retriesCount: number) => toMessage(queue.first(), retriesCount)
  return {
    most: 1,
    patience: 0,
    delay,
    call: (queue, _count, retriesCount, context) => consumer.process!(front(queue, retriesCount), context),
    show: front,
  }
}

export function batchWork(parts: WorkParts, { most, patience }: { most: number; patience: number }): Work {
  const { consumer, toMessage, delay } = parts
  return {
    most,
    patience,
    delay,
    call(queue, count, retriesCount, context) {
      const messages = queue.peek(count).map(record => toMessage(record, retriesCount))
      return consumer.processBatch!(messages, context)
    },
    show: (queue, retriesCount) => (most === 1 ? toMessage(queue.first(), retriesCount) : undefined),
  }
}
