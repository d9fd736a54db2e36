// All of kafkajs that its types do not cover, in one place: its connection pool, its Broker, and the definitions of requests.
// The version is exact and frozen. Its Cluster, consumer, producer and admin are not used and not loaded: a Cluster throws a
// whole metadata answer away for one partition without a leader, and reconnects where nobody sees it.

import { createRequire } from 'node:module'
import type { Socket } from 'node:net'
import { codecNumbers, codecOf } from './codecs/index.ts'
import { withTopicIds } from './metadata.ts'
import type { Address } from './transport.ts'

const require = createRequire(import.meta.url)

export type ApiName =
  | 'Produce'
  | 'Fetch'
  | 'ListOffsets'
  | 'Metadata'
  | 'OffsetCommit'
  | 'OffsetFetch'
  | 'GroupCoordinator'
  | 'JoinGroup'
  | 'Heartbeat'
  | 'LeaveGroup'
  | 'SyncGroup'
  | 'CreateTopics'
  | 'DescribeGroups'
  | 'DeleteRecords'
  | 'InitProducerId'
  | 'SaslHandshake'
  | 'SaslAuthenticate'
  /** Of those versions that say for how long an offset is kept. */
  | 'KeptOffsetCommit'

type Known = Exclude<ApiName, 'KeptOffsetCommit'>

export interface WireRequest {
  readonly request: { readonly apiKey: number; readonly apiVersion: number; readonly apiName: string }
  readonly response: { decode(raw: Buffer): Promise<unknown> }
}

export interface WireConnection {
  readonly requestQueue: { readonly throttledUntil: number }
  isConnected(): boolean
  send(call: {
    request: unknown
    response: { decode(raw: Buffer): Promise<unknown>; parse(decoded: unknown): unknown }
    requestTimeout: null
    logResponseError: boolean
  }): Promise<unknown>
}

export interface WireBroker {
  readonly connectionPool: { readonly pool: readonly [WireConnection, WireConnection] }
  connect(): Promise<void>
  lookupRequest(apiKey: number, definition: unknown): (args: object) => WireRequest
}

export interface WireLogger {
  namespace(name: string): WireLogger
  error(message: string, extra?: object): void
  warn(message: string, extra?: object): void
  info(message: string, extra?: object): void
  debug(message: string, extra?: object): void
}

interface PoolOptions {
  readonly host: string
  readonly port: number
  readonly clientId: string
  readonly connectionTimeout: number
  readonly requestTimeout: number
  readonly enforceRequestTimeout: boolean
  readonly socketFactory: SocketFactory
  readonly logger: WireLogger
}

interface Queue {
  pending: unknown[]
  throttledUntil: number
  throttleCheckTimeoutId: NodeJS.Timeout | null
  checkPendingRequests(): void
  maybeThrottle(milliseconds: number | null | undefined): void
  canSendSocketRequestImmediately(): boolean
  scheduleCheckPendingRequests(): void
}

interface Incoming {
  chunks: Buffer[]
  bytesBuffered: number
  processData(data: Buffer): void
}

interface WireCodec {
  compress(encoder: { readonly buffer: Buffer }): Promise<Buffer>
  decompress(data: Buffer): Promise<Buffer>
}

type SocketFactory = (to: Address & { readonly onConnect: () => void }) => Socket

const { requests: known } = require('kafkajs/src/protocol/requests') as {
  requests: Record<Known, { readonly versions: readonly string[] }> & { Metadata: Parameters<typeof withTopicIds>[0] }
}
const LAST_WITH_RETENTION = 4
const keptOffsetCommit = {
  ...known.OffsetCommit,
  versions: known.OffsetCommit.versions.filter(version => Number(version) <= LAST_WITH_RETENTION),
}
const requests: Record<ApiName, unknown> = {
  ...known,
  Metadata: withTopicIds(known.Metadata),
  KeptOffsetCommit: keptOffsetCommit,
}
const knownKeys = require('kafkajs/src/protocol/requests/apiKeys') as Record<Known, number>
const apiKeys: Record<ApiName, number> = { ...knownKeys, KeptOffsetCommit: knownKeys.OffsetCommit }
const ConnectionPool = require('kafkajs/src/network/connectionPool') as new (
  options: PoolOptions,
) => WireBroker['connectionPool']
const Broker = require('kafkajs/src/broker') as new (options: {
  connectionPool: WireBroker['connectionPool']
  logger: WireLogger
  allowAutoTopicCreation: boolean
}) => WireBroker
const RequestQueue = require('kafkajs/src/network/requestQueue') as { prototype: Queue }
const Connection = require('kafkajs/src/network/connection') as { prototype: Incoming }
const { Codecs: wireCodecs } = require('kafkajs/src/protocol/message/compression') as {
  Codecs: Record<number, () => WireCodec>
}
const messageSetDecoder = require('kafkajs/src/protocol/messageSet/decoder') as (
  decoder: object,
  size: number,
) => Promise<OldMessage[]>
const Encoder = require('kafkajs/src/protocol/encoder') as {
  prototype: { writeVarIntBytes(value: Buffer | string | null): unknown }
}
const Decoder = require('kafkajs/src/protocol/decoder') as new (data: Buffer) => object

/** A record of the formats before Kafka 0.11, as kafkajs decodes it. */
export interface OldMessage {
  readonly offset: string
  readonly timestamp?: string
  readonly key: Buffer | null
  readonly value: Buffer | null
}

// kafkajs arms a timer after every answer, with a negative delay when nothing is throttled: a 1 ms poll loop, and since Node 24
// a warning. Armed only while something waits, with the delay that the throttling asks for, its purpose is kept. And it measures
// throttling by the wall clock, which, set back by an hour, would hold every request for as long.
const THROTTLE_CHECK_MS = 10
Object.assign(RequestQueue.prototype, {
  maybeThrottle(this: Queue, milliseconds: number | null | undefined) {
    if (milliseconds) this.throttledUntil = Math.max(performance.now() + milliseconds, this.throttledUntil)
  },
  canSendSocketRequestImmediately(this: Queue) {
    return this.throttledUntil <= performance.now()
  },
  scheduleCheckPendingRequests(this: Queue) {
    if (this.throttleCheckTimeoutId !== null || this.pending.length === 0) return
    const check = () => {
      this.throttleCheckTimeoutId = null
      this.checkPendingRequests()
    }
    const wait = Math.max(THROTTLE_CHECK_MS, this.throttledUntil - performance.now())
    this.throttleCheckTimeoutId = setTimeout(check, wait)
  },
} satisfies Partial<Queue>)

/** Milliseconds since this connection may send again after the broker has asked it to hold back; below 0 while it must not. */
export const sinceThrottled = ({ requestQueue: { throttledUntil } }: WireConnection): number =>
  throttledUntil > 0 ? performance.now() - throttledUntil : Number.POSITIVE_INFINITY

// kafkajs keeps what is left behind an answer, mostly nothing: a view that holds all of that answer in memory until the next one
// has come, and because of which the next one is copied even where it came in one piece.
const { processData } = Connection.prototype
Connection.prototype.processData = function (this: Incoming, data: Buffer) {
  processData.call(this, data)
  if (this.bytesBuffered === 0) this.chunks = []
}

// What is produced is compressed by these, and messages of the old formats are read by them.
for (const number of codecNumbers) {
  wireCodecs[number] = () => ({
    compress: async ({ buffer }) => (await codecOf(number)).compress(buffer),
    decompress: async data => (await codecOf(number)).decompress(data),
  })
}

/** A header without a value. kafkajs measures null by its bytes, and throws; an empty Buffer takes up as many as null does. */
export const NO_VALUE = Buffer.alloc(0)
const { writeVarIntBytes } = Encoder.prototype
Encoder.prototype.writeVarIntBytes = function (value) {
  return writeVarIntBytes.call(this, value === NO_VALUE ? null : value)
}

export const lookup = (broker: WireBroker, api: ApiName, args: object): WireRequest =>
  broker.lookupRequest(apiKeys[api], requests[api])(args)

export const decodeOldMessages = (data: Buffer): Promise<OldMessage[]> =>
  messageSetDecoder(new Decoder(data), data.length)

export interface BrokerOptions extends Address {
  readonly clientId: string
  readonly logger: WireLogger
  readonly socketFactory: SocketFactory
}

// Timeouts are ours: kafkajs's own would leave the socket behind, half open.
const NEVER_MS = 2 ** 31 - 1

/** A broker that is not connected yet. Of its pool only the first connection is used. */
export function wireBroker(options: BrokerOptions): WireBroker {
  const connectionPool = new ConnectionPool({
    ...options,
    connectionTimeout: NEVER_MS,
    requestTimeout: NEVER_MS,
    enforceRequestTimeout: false,
  })
  return new Broker({ connectionPool, logger: options.logger, allowAutoTopicCreation: false })
}
