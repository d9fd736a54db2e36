// What users test their consumers with, as `racecar/testing`. Needs no broker and no test framework.
/// <reference types="node" preserve="true" />

import { type Message, makeMessage } from '../consumer/message.ts'
import type { Topic } from '../consumer/topic.ts'
import type { Header } from '../engine/engine.ts'
import { systemClock } from '../lib/clock.ts'

type HeaderValue = string | Uint8Array | null

export interface GivenMessage<V = unknown> {
  /** Text and bytes go in as they are, anything else as JSON; null, the default, is a message without a value. */
  readonly value?: V | string | Uint8Array | null
  readonly key?: string | Uint8Array | null
  /** A name, or what topic() made: then `data` is read by its schema. */
  readonly topic?: string | Topic<V>
  readonly partition?: number
  readonly offset?: number
  /** By name, or as pairs where a name repeats. */
  readonly headers?: Readonly<Record<string, HeaderValue>> | readonly (readonly [name: string, value: HeaderValue])[]
  /** A Date or milliseconds since the epoch; now by default. */
  readonly timestamp?: Date | number
  readonly retriesCount?: number
}

/** A message for a unit test, the same kind that a handler gets: `await consumer.process(message({ value: { id: 1 } }), context)`. */
export function message<V = unknown>(given: GivenMessage<V> = {}): Message<V> {
  const { topic = 'test', partition = 0, offset = 0, retriesCount = 0, timestamp = systemClock.epoch() } = given
  const { name, parse }: Pick<Topic, 'name' | 'parse'> = typeof topic === 'string' ? { name: topic } : topic
  const record = {
    offset,
    timestamp: Number(timestamp),
    key: bytesOf(given.key ?? null),
    value: bytesOf(asData(given.value ?? null)),
    headers: headersOf(given.headers ?? []),
  }
  return makeMessage(name, partition, record, retriesCount, parse) as Message<V>
}

function headersOf(given: NonNullable<GivenMessage['headers']>): Header[] {
  const pairs = isPairs(given) ? given : Object.entries(given)
  return pairs.map(([name, value]) => [name, bytesOf(value)])
}

const isPairs = (given: object): given is readonly (readonly [string, HeaderValue])[] => Array.isArray(given)

function asData(value: unknown): HeaderValue {
  if (value === null || typeof value === 'string' || value instanceof Uint8Array) return value
  const json = JSON.stringify(value)
  if (json === undefined) throw new TypeError(`message cannot have a ${typeof value} as its value`)
  return json
}

function bytesOf(data: HeaderValue): Buffer | null {
  if (data === null) return null
  return typeof data === 'string' ? Buffer.from(data) : Buffer.from(data.buffer, data.byteOffset, data.byteLength)
}
