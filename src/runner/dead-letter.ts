// A message that is put aside, as a record for a topic of dead letters or a retry topic: key, value and headers as they were, and beside them where
// it came from and why it is there.

import type { Header, KafkaRecord, OutgoingRecord, PartitionOffset } from '../engine/engine.ts'

export { deadLetterTopicOf } from '../config/dead-letter-topic.ts'

export interface DeadLetter {
  readonly of: PartitionOffset
  readonly record: KafkaRecord
  readonly error: string
  /** How often it was tried. */
  readonly attempts: number
  readonly group: string
  readonly consumer: string
  /** Milliseconds since the epoch at which it is to be tried again; undefined: never. */
  readonly due?: number | undefined
}

/** The headers of a dead letter that are not the message's own. */
export const ABOUT = {
  topic: 'racecar-topic',
  partition: 'racecar-partition',
  offset: 'racecar-offset',
  timestamp: 'racecar-timestamp',
  error: 'racecar-error',
  attempts: 'racecar-attempts',
  group: 'racecar-group',
  consumer: 'racecar-consumer',
} as const

/** How often a message came back from a topic of dead letters. It stays with the message, whatever becomes of that. */
export const REPLAYS = 'racecar-replays'

/** When a message of a retry topic is to be tried again. */
export const DUE = 'racecar-due'

const NAMES: readonly string[] = [...Object.values(ABOUT), DUE]

/** Without what was added to it; of a message that was a dead letter before, only its last death counts. */
export const ownHeaders = (headers: readonly Header[]): readonly Header[] =>
  headers.filter(([name]) => !NAMES.includes(name))

export function deadLetter(to: string, letter: DeadLetter): OutgoingRecord {
  const { of, record, error, attempts, group, consumer, due } = letter
  const about: Readonly<Record<keyof typeof ABOUT, string | number>> = {
    topic: of.topic,
    partition: of.partition,
    offset: of.offset,
    timestamp: new Date(record.timestamp).toISOString(),
    error,
    attempts,
    group,
    consumer,
  }
  const added = Object.entries(about).map(
    ([name, value]): Header => [ABOUT[name as keyof typeof ABOUT], Buffer.from(String(value))],
  )
  if (due !== undefined) added.push([DUE, Buffer.from(new Date(due).toISOString())])
  return { topic: to, key: record.key, value: record.value, headers: [...ownHeaders(record.headers), ...added] }
}
