// What a member must be allowed: to read its topics, and to write where messages of these go that fail. Looked at once, before it joins.
// The group takes whoever may be in it, and would be disturbed by one that cannot go on; and the first message that fails may come
// months later, and at night.

import type { Brokers } from './brokers.ts'
import { actionOf, codeOf, KafkaError } from './codes.ts'

interface RightsParts {
  readonly brokers: Brokers
  readonly reads: readonly string[]
  /** They need not exist yet. */
  readonly writes: readonly string[]
}

const DENIED = codeOf('TOPIC_AUTHORIZATION_FAILED')
/** Kafka's AclOperation. */
const OPERATIONS = { Read: 3, Write: 4, Describe: 8 } as const

type Operation = keyof typeof OPERATIONS

const holds = (operations: number, one: Operation): boolean => (operations & (1 << OPERATIONS[one])) !== 0

export class Rights {
  readonly #parts: RightsParts
  #isChecked = false

  constructor(parts: RightsParts) {
    this.#parts = parts
  }

  /** Rejects with a KafkaError that is 'denied', or when no broker answers: then the next call looks again. */
  async check(): Promise<void> {
    if (this.#isChecked) return
    const { brokers, reads, writes } = this.#parts
    const { topicMetadata } = await brokers.metadata([...new Set([...reads, ...writes])], { withRights: true })
    const may = ({ topic, topicErrorCode, operations }: (typeof topicMetadata)[number], operation: Operation) => {
      const mayNotSee = actionOf(topicErrorCode) === 'denied'
      // Of a topic that is missing nothing is told, nor by brokers before 2.8; and who tells that we may not see what we have just
      // seen, as brokers that are not Apache's may by a field that they leave at 0, tells nothing.
      const isTold = topicErrorCode === 0 && operations !== undefined && holds(operations, 'Describe')
      if (mayNotSee || (isTold && !holds(operations, operation))) throw lacking(operation, topic)
    }
    for (const one of topicMetadata) {
      if (reads.includes(one.topic)) may(one, 'Read')
      if (writes.includes(one.topic)) may(one, 'Write')
    }
    this.#isChecked = true
  }
}

function lacking(operation: Operation, topic: string): KafkaError {
  const what = operation === 'Read' ? 'reading' : 'writing to'
  return new KafkaError(`${what} the topic ${topic}`, DENIED, { right: `${operation} on the topic ${topic}` })
}
