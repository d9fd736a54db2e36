// A message of a retry topic as what it was before it first failed. Where it came from stands in its headers, as in a dead letter's;
// what somebody else has put there is taken for what it is. Knows nothing of lanes.

import type { KafkaRecord, PartitionOffset, TopicPartition } from '../engine/engine.ts'
import { ABOUT, DUE } from './dead-letter.ts'

export interface Origin {
  readonly of: PartitionOffset
  /** With the offset and the timestamp that it had. */
  readonly record: KafkaRecord
  /** How often it had been tried when it came here. */
  readonly attempts: number
}

/** `topic`: whose retry topic it lies in. */
export function originOf(record: KafkaRecord, { partition }: TopicPartition, topic: string): Origin {
  const [from, offset, attempts] = [ABOUT.partition, ABOUT.offset, ABOUT.attempts].map(name => count(record, name))
  const timestamp = time(record, ABOUT.timestamp)
  if (from === undefined || offset === undefined || attempts === undefined || timestamp === undefined)
    return { of: { topic, partition, offset: record.offset }, record, attempts: 0 }
  const { key, value, headers } = record
  return { of: { topic, partition: from, offset }, record: { offset, timestamp, key, value, headers }, attempts }
}

/** Milliseconds since the epoch at which it is due; undefined: it does not say. */
export const dueOf = (record: KafkaRecord): number | undefined => time(record, DUE)

const textOf = ({ headers }: KafkaRecord, name: string): string =>
  headers.findLast(([one]) => one === name)?.[1]?.toString() ?? ''

function count(record: KafkaRecord, name: string): number | undefined {
  const text = textOf(record, name)
  return /^\d+$/.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : undefined
}

function time(record: KafkaRecord, name: string): number | undefined {
  const ms = Date.parse(textOf(record, name))
  return Number.isNaN(ms) ? undefined : ms
}
