// Metadata in version 10, which kafkajs does not have: the first that tells the id of a topic, by which one that was deleted and
// made again under its name is known for another. Older brokers are asked as kafkajs asks them, and tell none. Its encoding is the
// compact one: lengths are varints and one too high, and every structure ends with tagged fields, which are skipped.

import { Reader } from './bytes.ts'

const VERSION = 10

export interface MetadataAnswer {
  readonly clusterId: string | null
  /** -1 where there is none just now. */
  readonly controllerId: number
  readonly brokers: readonly { readonly nodeId: number; readonly host: string; readonly port: number }[]
  readonly topicMetadata: readonly {
    readonly topicErrorCode: number
    readonly topic: string
    /** Not told by brokers before 2.8. */
    readonly topicId?: string
    /** What we may do with it, a bit for each of Kafka's AclOperation; told where it was asked for, by brokers from 2.8 on. */
    readonly operations?: number
    readonly partitionMetadata: readonly {
      readonly partitionErrorCode: number
      readonly partitionId: number
      readonly leader: number
    }[]
  }[]
}

export interface MetadataRequest {
  readonly topics: readonly string[]
  readonly allowAutoTopicCreation: boolean
  readonly includeTopicAuthorizedOperations?: boolean
}

/** What kafkajs knows, and what it does not: by versions, each with how it is asked and read. */
interface Definition {
  readonly versions: readonly string[]
  readonly protocol: (of: { version: number }) => ((args: MetadataRequest) => object) | undefined
}

export function withTopicIds({ versions, protocol }: Definition): Definition {
  const newest = Math.max(...versions.map(Number))
  return {
    versions: [...versions, String(VERSION)],
    protocol: ({ version }) => (version >= VERSION ? ask : protocol({ version: Math.min(version, newest) })),
  }
}

function ask(args: MetadataRequest) {
  const body = encode(args)
  const encoder = { buf: body, buffer: body }
  const request = { apiKey: 3, apiVersion: VERSION, apiName: 'Metadata', encode: async () => encoder }
  return { request, response: { decode: async (raw: Buffer) => decode(new Reader(raw)) } }
}

const NO_TAGS = Buffer.of(0)
const NO_ID = Buffer.alloc(16)
const NONE = NO_ID.toString('hex')
const UNASKED = -(2 ** 31)

function encode({ topics, allowAutoTopicCreation, includeTopicAuthorizedOperations }: MetadataRequest): Buffer {
  const named = topics.flatMap(topic => [NO_ID, compact(Buffer.from(topic)), NO_TAGS])
  const flags = Buffer.of(Number(allowAutoTopicCreation), 0, Number(includeTopicAuthorizedOperations ?? false))
  // The first byte belongs to the header, which ends with tagged fields as well.
  return Buffer.concat([NO_TAGS, uvarint(topics.length + 1), ...named, flags, NO_TAGS])
}

const compact = (value: Buffer): Buffer => Buffer.concat([uvarint(value.length + 1), value])

const uvarint = (value: number): Buffer =>
  value < 0x80 ? Buffer.of(value) : Buffer.concat([Buffer.of((value & 0x7f) | 0x80), uvarint(value >>> 7)])

function decode(reader: Reader): MetadataAnswer & { readonly clientSideThrottleTime: number } {
  reader.skipTags()
  const clientSideThrottleTime = reader.int32()
  const brokers = reader.compactArray(() => {
    const broker = { nodeId: reader.int32(), host: reader.compactString(), port: reader.int32() }
    reader.compactString()
    reader.skipTags()
    return broker
  })
  const clusterId = reader.compactString()
  const controllerId = reader.int32()
  return {
    clientSideThrottleTime,
    clusterId,
    controllerId,
    brokers,
    topicMetadata: reader.compactArray(() => readTopic(reader)),
  }
}

function readTopic(reader: Reader): MetadataAnswer['topicMetadata'][number] {
  const topicErrorCode = reader.int16()
  const topic = reader.compactString()
  const id = reader.data.toString('hex', reader.at, reader.at + 16)
  reader.at += 17
  const partitionMetadata = reader.compactArray(() => {
    const partition = { partitionErrorCode: reader.int16(), partitionId: reader.int32(), leader: reader.int32() }
    reader.at += 4
    for (let replicas = 0; replicas < 3; replicas++) reader.compactArray(() => reader.int32())
    reader.skipTags()
    return partition
  })
  const operations = reader.int32()
  reader.skipTags()
  return {
    ...{ topicErrorCode, topic, partitionMetadata },
    // A cluster that is being upgraded speaks this version before its topics have ids.
    ...(id === NONE ? {} : { topicId: id }),
    ...(operations === UNASKED ? {} : { operations }),
  }
}
