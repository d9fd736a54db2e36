// The consumer's handler, as a lane calls it: one message at a time, or batches. The rest of the runner does not know which.

import type { ConsumerInstance, Context } from '../consumer/consumer.ts'
import { type Message, makeMessage } from '../consumer/message.ts'
import type { KafkaRecord } from '../engine/engine.ts'
import type { Queue } from './queue.ts'

export interface Work {
  /** Most messages in one call. */
  readonly most: number
  /** Milliseconds that the first message waits for the others of its call. */
  readonly patience: number
  /** Hands over the first `count` messages of the queue. Answers what the handler returned; throws what it threw. */
  call(queue: Queue, count: number, retriesCount: number, context: Context): unknown
  /** The message at the front, where messages are handed over singly. */
  show(queue: Queue, retriesCount: number): Message | undefined
}

export interface WorkParts {
  readonly consumer: ConsumerInstance
  readonly topic: string
  readonly partition: number
  readonly parse: ((raw: string) => unknown) | undefined
}

export function singleWork({ consumer, topic, partition, parse }: WorkParts): Work {
  const front = (queue: Queue, retriesCount: number) =>
    makeMessage(topic, partition, queue.first(), retriesCount, parse)
  return {
    most: 1,
    patience: 0,
    call: (queue, _count, retriesCount, context) => consumer.process!(front(queue, retriesCount), context),
    show: front,
  }
}

export function batchWork(parts: WorkParts, { most, patience }: { most: number; patience: number }): Work {
  const { consumer, topic, partition, parse } = parts
  return {
    most,
    patience,
    call(queue, count, retriesCount, context) {
      const toMessage = (record: KafkaRecord): Message => makeMessage(topic, partition, record, retriesCount, parse)
      return consumer.processBatch!(queue.peek(count).map(toMessage), context)
    },
    show: () => undefined,
  }
}
