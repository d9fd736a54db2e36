// The pieces of which the group protocol's bytes are made: numbers, strings and lists, big endian, as Kafka's older (not
// "flexible") messages have them. Knows no message as a whole.
// Unlike the reader of the broker's answers, which has to be fast, this one distrusts: anybody may have written these bytes.

import { keyOf, type TopicPartition } from '../engine.ts'

/** Bytes of another member that are not what they should be. The message names the member, the field and the place. */
export class MalformedError extends Error {
  override readonly name = 'MalformedError'
}

export function int16(value: number): Buffer {
  const buffer = Buffer.allocUnsafe(2)
  buffer.writeInt16BE(value)
  return buffer
}

export function int32(value: number): Buffer {
  const buffer = Buffer.allocUnsafe(4)
  buffer.writeInt32BE(value)
  return buffer
}

export const uint32 = (value: number): Buffer => int32(value | 0)

export function string(value: string): Buffer {
  const utf8 = Buffer.from(value)
  return Buffer.concat([int16(utf8.length), utf8])
}

export const bytes = (value: Buffer): Buffer => Buffer.concat([int32(value.length), value])

export const list = <T>(items: readonly T[], write: (item: T) => Buffer | Buffer[]): Buffer =>
  Buffer.concat([int32(items.length), ...items.flatMap(write)])

export function topicPartitions(all: readonly TopicPartition[]): Buffer {
  const byTopic = new Map<string, Set<number>>()
  for (const { topic, partition } of all) {
    const partitions = byTopic.get(topic)
    if (partitions === undefined) byTopic.set(topic, new Set([partition]))
    else partitions.add(partition)
  }
  const sorted = [...byTopic].sort(([one], [other]) => (one < other ? -1 : 1))
  return list(sorted, ([topic, partitions]) => [
    string(topic),
    list(
      [...partitions].sort((one, other) => one - other),
      int32,
    ),
  ])
}

/** Reads from front to back, and never past the end: every length is held against what is left before it is believed. */
export class WaryReader {
  readonly #bytes: Buffer
  readonly #what: string
  #at = 0

  constructor(source: Uint8Array, what: string) {
    this.#bytes = Buffer.from(source.buffer, source.byteOffset, source.byteLength)
    this.#what = what
  }

  get left(): number {
    return this.#bytes.length - this.#at
  }

  /** A newer version is read as the newest known: fields are only ever added at the end. */
  version(): number {
    const version = this.#bytes.readInt16BE(this.#take(2, 'version'))
    if (version < 0) throw this.#malformed(`has version ${version}`)
    return version
  }

  int32(field: string): number {
    return this.#bytes.readInt32BE(this.#take(4, field))
  }

  string(field: string): string | null {
    const length = this.#bytes.readInt16BE(this.#take(2, field))
    if (length < -1) throw this.#malformed(`has ${field} of length ${length}`)
    if (length === -1) return null
    const start = this.#take(length, field)
    return this.#bytes.toString('utf8', start, start + length)
  }

  bytes(field: string): Buffer {
    const length = this.int32(field)
    if (length < -1) throw this.#malformed(`has ${field} of length ${length}`)
    const start = this.#take(Math.max(0, length), field)
    return this.#bytes.subarray(start, this.#at)
  }

  /** `least`: bytes of the smallest item, so that a false count cannot make us read for ever. */
  list<T>(field: string, least: number, read: () => T): T[] {
    const count = this.int32(field)
    if (count < -1 || count * least > this.left)
      throw this.#malformed(`promises ${count} ${field} in ${this.left} bytes`)
    return Array.from({ length: Math.max(0, count) }, read)
  }

  topicPartitions(field: string): TopicPartition[] {
    const byTopic = this.list(field, 6, () => {
      const topic = this.string('a topic') ?? ''
      return this.list(`${field} of ${topic}`, 4, () => ({ topic, partition: this.#partition(topic) }))
    })
    return [...new Map(byTopic.flat().map(one => [keyOf(one), one])).values()]
  }

  #partition(topic: string): number {
    const partition = this.int32('a partition')
    if (partition < 0) throw this.#malformed(`names partition ${partition} of ${topic}`)
    return partition
  }

  #take(length: number, field: string): number {
    if (length > this.left) throw this.#malformed(`ends within ${field}`)
    const start = this.#at
    this.#at += length
    return start
  }

  #malformed(fault: string): MalformedError {
    return new MalformedError(
      `${this.#what} cannot be read: it ${fault} (at byte ${this.#at} of ${this.#bytes.length})`,
    )
  }
}
