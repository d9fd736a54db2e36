// A message as a test writes it down, and the record that it stands for. Knows nothing of who will handle it.

import type { Message } from '../consumer/message.ts'
import { makeMessage } from '../consumer/message.ts'
import type { Topic } from '../consumer/topic.ts'
import type { Header } from '../engine/engine.ts'
import { systemClock } from '../lib/clock.ts'
import { nearest } from '../lib/nearest.ts'
import { isRecord } from '../lib/record.ts'

type HeaderValue = string | Uint8Array | null

interface Around<V> {
  readonly key?: string | Uint8Array | null
  /** A name, or what topic() made. */
  readonly topic?: string | Topic<V>
  readonly partition?: number
  /** By name, or as pairs where a name repeats. */
  readonly headers?: Readonly<Record<string, HeaderValue>> | readonly (readonly [name: string, value: HeaderValue])[]
  /** A Date or milliseconds since the epoch; now by default. */
  readonly timestamp?: Date | number
}

/** A message that is yet to be written to a topic. */
export interface GivenRecord<V = unknown> extends Around<V> {
  /** Text and bytes go in as they are, anything else as JSON; null, the default, is a message without a value. */
  readonly value?: NoInfer<V> | string | Uint8Array | null
}

/** A message as a handler gets it; with a topic that topic() made, `data` is read by its schema. */
export interface GivenMessage<V = unknown> extends Around<V> {
  /** Text and bytes go in as they are, anything else as JSON; null, the default, is a message without a value. */
  readonly value?: V | string | Uint8Array | null
  readonly offset?: number
  readonly retriesCount?: number
}

/** A message for a unit test, the same kind that a handler gets: `await consumer.process(message({ value: { id: 1 } }), context)`. */
export function message<V = unknown>(given: GivenMessage<V> = {}): Message<V> {
  const { topic = 'test', partition = 0, offset = 0, retriesCount = 0, timestamp = systemClock.epoch() } = given
  const { name, parse }: Pick<Topic, 'name' | 'parse'> = typeof topic === 'string' ? { name: topic } : topic
  const record = { offset, timestamp: Number(timestamp), ...contentsOf(given, 'message') }
  return makeMessage(name, partition, record, retriesCount, parse) as Message<V>
}

const FIELDS = ['value', 'key', 'topic', 'partition', 'headers', 'timestamp']

/** What `who` takes: text and bytes are a message's value. Refuses what is no part of a message. */
export function asRecord(given: string | Uint8Array | GivenRecord | Message, who: string): GivenRecord {
  if (typeof given === 'string' || given instanceof Uint8Array) return { value: given }
  if (!isRecord(given as unknown))
    throw new TypeError(`${who} takes text, bytes and { value, key, … }, one after the other, not ${inWords(given)}`)
  if ('rawValue' in given) return sameAs(given)
  const odd = Object.keys(given).find(field => !FIELDS.includes(field))
  if (odd === undefined) return given
  const meant = nearest(odd, FIELDS)
  const cure = meant
    ? `; did you mean ${meant}?`
    : `: what a message holds is its value, as in ${who}({ value: { id: 1 } })`
  throw new TypeError(`${odd} is no part of a message${cure}`)
}

/** To give one consumer what another has produced. */
const sameAs = ({ topic, partition, rawKey, rawValue, rawHeaders, timestamp }: Message): GivenRecord => ({
  topic,
  partition,
  key: rawKey,
  value: rawValue,
  headers: rawHeaders,
  timestamp,
})

const inWords = (given: unknown): string => (Array.isArray(given) ? 'an array' : String(given))

/** `who` is named where the value is no JSON. */
export function contentsOf({ key = null, value = null, headers = [] }: GivenRecord, who: string) {
  return { key: bytesOf(key), value: bytesOf(asData(value, who)), headers: headersOf(headers) }
}

function headersOf(given: NonNullable<GivenRecord['headers']>): Header[] {
  const pairs = isPairs(given) ? given : Object.entries(given)
  return pairs.map(([name, value]) => [name, bytesOf(value)])
}

const isPairs = (given: object): given is readonly (readonly [string, HeaderValue])[] => Array.isArray(given)

function asData(value: unknown, who: string): HeaderValue {
  if (value === null || typeof value === 'string' || value instanceof Uint8Array) return value
  const json = JSON.stringify(value)
  if (json === undefined) throw new TypeError(`${who} cannot have a ${typeof value} as its value`)
  return json
}

function bytesOf(data: HeaderValue): Buffer | null {
  if (data === null) return null
  return typeof data === 'string' ? Buffer.from(data) : Buffer.from(data.buffer, data.byteOffset, data.byteLength)
}
