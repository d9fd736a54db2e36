// What a user hands to produce(), as a record for the engine. Everything is copied at once: what the caller does to its own
// buffers afterwards changes nothing. Whether the arguments are of the right types was checked where the user called.

import type { ProduceTo, ProduceValue } from '../consumer/consumer.ts'
import type { Header, OutgoingRecord } from '../engine/engine.ts'

export function encode(value: ProduceValue, to: ProduceTo): OutgoingRecord {
  return {
    topic: to.topic,
    partition: to.partition,
    partitionKey: toBuffer(to.partitionKey ?? null),
    key: toBuffer(to.key ?? null),
    value: toBuffer(value),
    headers: to.headers ? Object.entries(to.headers).map(toHeader) : [],
    timestamp: to.timestamp === undefined ? undefined : toTimestamp(to.timestamp),
  }
}

// Roughly what a record costs beside its contents, in Kafka's format and in memory.
const OVERHEAD = 64

export function sizeOf({ key, value, headers }: OutgoingRecord): number {
  let size = OVERHEAD + (key?.length ?? 0) + (value?.length ?? 0)
  for (const [name, content] of headers) size += name.length + (content?.length ?? 0)
  return size
}

const toHeader = ([name, content]: [string, ProduceValue]): Header => [name, toBuffer(content)]

// Without a case for strings Buffer.from would not compile; both copy.
const toBuffer = (data: ProduceValue): Buffer | null =>
  data === null ? null : typeof data === 'string' ? Buffer.from(data) : Buffer.from(data)

function toTimestamp(given: Date | number): number {
  const ms = Number(given)
  if (Number.isFinite(ms) && ms >= 0) return Math.trunc(ms)
  throw new TypeError(`produce takes a Date or milliseconds since the epoch as a timestamp, not ${String(given)}`)
}
