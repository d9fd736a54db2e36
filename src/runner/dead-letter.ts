// A message that is given up, as a record for the topic of dead letters: key, value and headers as they were, and beside them where
// it came from and why it is there.

import type { Header, KafkaRecord, OutgoingRecord, PartitionOffset } from '../engine/engine.ts'

export interface DeadLetter {
  readonly of: PartitionOffset
  readonly record: KafkaRecord
  readonly error: string
  /** How often it was tried. */
  readonly attempts: number
  readonly group: string
  readonly consumer: string
}

export const deadLetterTopicOf = (topic: string, deadLetterTopic: string | undefined): string =>
  deadLetterTopic ?? `${topic}.dead-letter`

export function deadLetter(to: string, { of, record, error, attempts, group, consumer }: DeadLetter): OutgoingRecord {
  const about = {
    'racecar-topic': of.topic,
    'racecar-partition': of.partition,
    'racecar-offset': of.offset,
    'racecar-timestamp': new Date(record.timestamp).toISOString(),
    'racecar-error': error,
    'racecar-attempts': attempts,
    'racecar-group': group,
    'racecar-consumer': consumer,
  }
  // Of a message that was a dead letter before, only its last death counts.
  const own = record.headers.filter(([name]) => !Object.hasOwn(about, name))
  const added = Object.entries(about).map(([name, value]): Header => [name, Buffer.from(String(value))])
  return { topic: to, key: record.key, value: record.value, headers: [...own, ...added] }
}
