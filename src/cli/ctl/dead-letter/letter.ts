// A dead letter as an operator sees it, read from its record. Anybody may have written to that topic, so nothing in it is believed
// before it was looked at.

import type { Header, KafkaRecord, OutgoingRecord } from '../../../engine/engine.ts'
import { ABOUT, ownHeaders, REPLAYS } from '../../../runner/dead-letter.ts'

export interface Origin {
  readonly topic: string
  readonly partition: number
  readonly offset: number
}

export interface Letter {
  readonly partition: number
  readonly record: KafkaRecord
  /** undefined: it does not say, so it is none of a racecar's. */
  readonly origin: Origin | undefined
  /** When the message was written, as ISO 8601; null: it does not say. All below likewise. */
  readonly written: string | null
  readonly error: string | null
  readonly attempts: number | null
  readonly group: string | null
  readonly consumer: string | null
  /** How often the message was replayed before it came here. */
  readonly replays: number
}

export function letterOf(partition: number, record: KafkaRecord): Letter {
  const text = (name: string): string | null => lastOf(record.headers, name)?.toString() ?? null
  const [topic, from, offset] = [text(ABOUT.topic), number(text(ABOUT.partition)), number(text(ABOUT.offset))]
  const isKnown = topic !== null && topic !== '' && from !== null && offset !== null
  return {
    partition,
    record,
    origin: isKnown ? { topic, partition: from, offset } : undefined,
    written: text(ABOUT.timestamp),
    error: text(ABOUT.error),
    attempts: number(text(ABOUT.attempts)),
    group: text(ABOUT.group),
    consumer: text(ABOUT.consumer),
    replays: number(text(REPLAYS)) ?? 0,
  }
}

/**
 * The message once more, for where it came from. To its old partition, where the others of its key are even if another client
 * with another partitioner wrote them; by its key where that partition is no more, or is not wanted.
 */
export function replayOf({ origin, record, replays }: Letter & { origin: Origin }, partitions: readonly number[]) {
  const { key, value, headers } = record
  const own = ownHeaders(headers).filter(([name]) => name !== REPLAYS)
  const again: Header = [REPLAYS, Buffer.from(String(replays + 1))]
  const partition = partitions.includes(origin.partition) ? origin.partition : undefined
  return { topic: origin.topic, partition, key, value, headers: [...own, again] } satisfies OutgoingRecord
}

export const placeOf = ({ partition, record }: Letter): string => `${partition}/${record.offset}`

function lastOf(headers: readonly Header[], name: string): Buffer | null | undefined {
  return headers.findLast(([own]) => own === name)?.[1]
}

const number = (text: string | null): number | null => {
  const value = text !== null && /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN
  return Number.isSafeInteger(value) ? value : null
}
