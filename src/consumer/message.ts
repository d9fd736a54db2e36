// One message as the user's code sees it. Made for every record, so it holds the record and decodes only what is asked for.
// Knows nothing of lanes, retries or the client that fetched the record.
/// <reference types="node" preserve="true" />

import type { Header, KafkaRecord } from '../engine/engine.ts'
import { RacecarError } from '../errors.ts'
import { reasonOf } from '../lib/reason.ts'
import { type SchemaIssue, SchemaMismatch } from './schema.ts'

export interface Message<V = unknown> {
  readonly topic: string
  readonly partition: number
  /** Exact up to 2^53. */
  readonly offset: number
  /** UTF-8; null where the message has none. */
  readonly key: string | null
  /** UTF-8; null where the message has none (a tombstone). */
  readonly value: string | null
  /** A view of what was fetched, not a copy: do not change it. */
  readonly rawKey: Buffer | null
  readonly rawValue: Buffer | null
  /** UTF-8; of repeated names the last wins, and one whose last value is null is not here. */
  readonly headers: Readonly<Record<string, string>>
  /** All of them in order, repeats and nulls included. */
  readonly rawHeaders: readonly Header[]
  readonly timestamp: Date
  /** How often this message has failed before; 0 at the first attempt. */
  readonly retriesCount: number
  /**
   * The value by the schema of its topic, as JSON where it has none; null for a message without a value.
   * Throws MESSAGE_INVALID with topic, partition, offset and, from a schema, its issues.
   */
  readonly data: V
  /** The value as JSON, unchecked; null for a message without a value. Throws MESSAGE_INVALID. */
  json<T = unknown>(): T
}

/** A value that is not what its topic promises. */
export class MessageInvalid extends RacecarError {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  /** What the schema found; empty where the value is not even JSON. */
  readonly issues: readonly SchemaIssue[]

  constructor({ topic, partition, offset }: Message, cause: unknown) {
    const why = reasonOf(cause)
    super('MESSAGE_INVALID', `the value of ${topic}/${partition} at offset ${offset} is not as expected: ${why}`, {
      cause,
    })
    this.topic = topic
    this.partition = partition
    this.offset = offset
    this.issues = cause instanceof SchemaMismatch ? cause.issues : []
  }
}

type Parse = (raw: string) => unknown

export function makeMessage(
  topic: string,
  partition: number,
  record: KafkaRecord,
  retriesCount: number,
  parse?: Parse,
): Message {
  return new RecordMessage(topic, partition, record, retriesCount, parse)
}

class RecordMessage implements Message {
  readonly topic: string
  readonly partition: number
  readonly retriesCount: number
  readonly #record: KafkaRecord
  readonly #parse: Parse | undefined
  #key: string | null | undefined
  #value: string | null | undefined
  #headers: Readonly<Record<string, string>> | undefined
  #timestamp: Date | undefined
  #data: { readonly parsed: unknown } | undefined

  constructor(topic: string, partition: number, record: KafkaRecord, retriesCount: number, parse: Parse | undefined) {
    this.topic = topic
    this.partition = partition
    this.retriesCount = retriesCount
    this.#record = record
    this.#parse = parse
  }

  get offset(): number {
    return this.#record.offset
  }

  get key(): string | null {
    if (this.#key === undefined) this.#key = decode(this.#record.key)
    return this.#key
  }

  get value(): string | null {
    if (this.#value === undefined) this.#value = decode(this.#record.value)
    return this.#value
  }

  get rawKey(): Buffer | null {
    return this.#record.key
  }

  get rawValue(): Buffer | null {
    return this.#record.value
  }

  get headers(): Readonly<Record<string, string>> {
    this.#headers ??= headersOf(this.#record.headers)
    return this.#headers
  }

  get rawHeaders(): readonly Header[] {
    return this.#record.headers
  }

  get timestamp(): Date {
    this.#timestamp ??= new Date(this.#record.timestamp)
    return this.#timestamp
  }

  get data(): unknown {
    this.#data ??= { parsed: this.#read(this.#parse ?? JSON.parse) }
    return this.#data.parsed
  }

  json<T>(): T {
    return this.#read(JSON.parse) as T
  }

  /** What a log line or console.log shows: decoded, without the machinery. */
  toJSON(): Record<string, unknown> {
    const { topic, partition, offset, key, value, headers, timestamp, retriesCount } = this
    return { topic, partition, offset, key, value, headers, timestamp, retriesCount }
  }

  [Symbol.for('nodejs.util.inspect.custom')](): unknown {
    return this.toJSON()
  }

  // A message without a value reads as JSON's null, so that a schema decides whether that is allowed.
  #read(parse: Parse): unknown {
    try {
      return parse(this.value ?? 'null')
    } catch (cause) {
      throw new MessageInvalid(this, cause)
    }
  }
}

const decode = (raw: Buffer | null): string | null => (raw === null ? null : raw.toString('utf8'))

function headersOf(raw: readonly Header[]): Readonly<Record<string, string>> {
  // Without a prototype a header may be called anything, `constructor` and `__proto__` included.
  const headers: Record<string, string> = Object.create(null)
  for (const [name, value] of raw) {
    if (value === null) delete headers[name]
    else headers[name] = value.toString('utf8')
  }
  return headers
}
