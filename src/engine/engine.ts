// The port between the runner and a Kafka client. The engine is a member of the group: it joins, beats, fetches, commits and
// produces. It knows nothing of handlers, retries or consumers; whoever sits behind the sink decides what is done with records.
// It owns the words for data on this border. All times in milliseconds, all sizes in bytes, offsets exact up to 2^53.

import type { Cluster } from '../config/cluster.ts'
import type { Bus } from '../events/bus.ts'
import type { Clock } from '../lib/clock.ts'

export interface TopicPartition {
  readonly topic: string
  readonly partition: number
}

/** A partition with the next offset to process: as a position, or as what is to be committed. */
export interface PartitionOffset extends TopicPartition {
  readonly offset: number
}

export type Header = readonly [name: string, value: Buffer | null]

/** One record as Kafka holds it. An engine may make the Buffers when they are asked for; they are views, not copies. */
export interface KafkaRecord {
  readonly offset: number
  /** Milliseconds since the epoch. */
  readonly timestamp: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: readonly Header[]
}

export interface FetchedBatch extends TopicPartition {
  /** In offset order, none below the position asked for; may be empty when only control records or aborted ones were read. */
  readonly records: readonly KafkaRecord[]
  /** The position after this batch, control records, aborted transactions and compacted gaps included. */
  readonly next: number
  /** Bytes that these records keep in memory. */
  readonly bytes: number
  /** The end of the log as the leader knew it. */
  readonly highWatermark: number
}

export interface OutgoingRecord {
  readonly topic: string
  /** Chosen by the partitioner where it is undefined. */
  readonly partition?: number | undefined
  /** What the partitioner goes by instead of the key. It is not stored. */
  readonly partitionKey?: Buffer | null | undefined
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: readonly Header[]
  /** Milliseconds since the epoch; now where it is undefined. */
  readonly timestamp?: number | undefined
}

/** `committed`: stored. `retry`: not now, ask again later. `lost`: no longer ours to commit; the sink is told by `lost` as well. */
export type CommitOutcome = 'committed' | 'retry' | 'lost'

/** What the engine calls. Nothing here may throw; a rejection is a bug of the sink and ends the engine. */
export interface EngineSink {
  /** These partitions are ours from now on, beginning at their positions. The others stay as they are. */
  assigned(added: readonly PartitionOffset[]): void
  /**
   * These are to be given up. The sink starts nothing new on them, finishes and commits (by `commit`) what is in hand, and
   * resolves; it bounds the wait itself. Only then does the engine give them away.
   */
  revoked(gone: readonly TopicPartition[]): Promise<void>
  /**
   * These are no longer ours and may already be somebody else's: nothing of them may be started or committed any more. One whose
   * log has been cut behind its position, or is a new one, is lost and assigned anew.
   */
  lost(gone: readonly TopicPartition[]): void
  records(batch: FetchedBatch): void
  /** How many bytes of this partition may be fetched next; 0 leaves it out (paused, enough waiting, quiet). Asked before each fetch. */
  wants(of: TopicPartition): number
  /** The membership has ended for good: fenced, refused, not allowed. Carries the exit code. No call follows. */
  failed(error: Error): void
}

export interface Engine {
  readonly name: string
  /** Connects and joins; resolves when the first assignment has been handed to the sink. Waits out an outage of the brokers. */
  start(): Promise<void>
  /** Whether a message may be *started*: the last successful heartbeat is younger than the session less a margin. Cheap. */
  mayStart(): boolean
  /** Milliseconds since the last heartbeat that kept the membership; null: there was none. For whoever looks. */
  beatAgo(): number | null
  /** For whoever looks; what is not counted in any case is not in it. */
  statistics?(): EngineStatistics
  /** `wants` may answer differently now. */
  demandChanged(): void
  /** The next batch of this partition begins at `offset`; batches on their way from before are thrown away. */
  seek(to: PartitionOffset): void
  /**
   * One answer for each offset, in order. Never rejects. Only one call may be under way. What is under way when its partition goes
   * is stored before that is assigned again, or never; the answer may come later.
   */
  commit(offsets: readonly PartitionOffset[]): Promise<readonly CommitOutcome[]>
  /**
   * One attempt to have these stored, in the order of the array within a partition. One answer for each, in order: undefined
   * where all replicas that are in sync have it, else the error (with `retriable`). Never rejects. One call at a time. What is tried
   * again is the same object: where nobody knows whether the attempt before has stored it, an idempotent engine stores it once.
   */
  produce(records: readonly OutgoingRecord[]): Promise<readonly (ProduceError | undefined)[]>
  /** These are not handed over again, whether they are stored or not. */
  abandon(records: readonly OutgoingRecord[]): void
  /**
   * Makes a topic, with as many partitions as `like` has, replicated as the brokers do by default; one that is there is left as it
   * is. One attempt; rejects where it may not be made, or nobody answers.
   */
  createTopic(topic: string, like: string): Promise<void>
  /** A heartbeat now, because somebody knows that the group is changing. */
  beat(): void
  /**
   * Ends the membership. The sink has already drained: nothing is revoked any more. `leave` false keeps the place of a static
   * member for its replacement. Gives up waiting for the brokers at `deadline` (on the clock's scale). Idempotent.
   */
  stop(how: { readonly leave: boolean; readonly deadline: number }): Promise<void>
}

export interface EngineStatistics {
  readonly brokers: readonly BrokerStatistics[]
}

/** Of one broker that was ever spoken to. Counts are since the start, over all connections. */
export interface BrokerStatistics {
  /** host:port. */
  readonly address: string
  /** Connections that stand. */
  readonly connections: number
  readonly requests: number
  readonly bytesIn: number
  readonly bytesOut: number
  /** Seconds for which the broker has asked to be left alone. */
  readonly throttledFor: number
}

export interface ProduceError extends Error {
  readonly retriable: boolean
  /** Where it was to be stored, as far as that is known. */
  readonly partition?: number | undefined
}

export interface Subscription {
  readonly topic: string
  readonly startFromBeginning: boolean
  /** Bytes asked for in one fetch of a partition of this topic. */
  readonly maxBytesPerPartition: number
}

/** Where a position goes on that the log does not hold; `fail`: nowhere, the membership ends before it. */
export type OutOfRange = 'earliest' | 'latest' | 'nearest' | 'fail'

export type AssignmentStrategy = 'range' | 'roundrobin' | 'cooperative-sticky'

/** librdkafka's words for how a partition is chosen: by which hash of the key, and whether what has none goes anywhere. */
export type Partitioner = 'consistent' | 'consistent_random' | 'murmur2' | 'murmur2_random' | 'fnv1a' | 'fnv1a_random'

export type Compression = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd'

/** Milliseconds. Leaders that move are looked for at once; this is for partitions that were added. */
export const METADATA_MAX_AGE = 30_000

export interface EngineSettings extends Cluster {
  readonly groupId: string
  /** `group.instance.id` (KIP-345); null: a dynamic member. */
  readonly instanceId: string | null
  readonly subscriptions: readonly Subscription[]
  /** Topics that are produced to when messages fail: a member that may not is none. */
  readonly writes?: readonly string[]
  /** Non-empty, most wanted first. All of one protocol: cooperative-sticky does not mix with the eager ones. */
  readonly strategies: readonly AssignmentStrategy[]
  readonly offsetOutOfRange: OutOfRange
  readonly sessionTimeout: number
  readonly heartbeatInterval: number
  /** JoinGroup's rebalance timeout: how long the group waits for a member to rejoin. */
  readonly rebalanceTimeout: number
  readonly fetchMinBytes: number
  readonly maxBytes: number
  readonly maxWaitTime: number
  readonly socketTimeout: number
  readonly metadataMaxAge: number
  readonly partitioner: Partitioner
  /** Whether what is sent again because an answer was lost is stored once. */
  readonly idempotent: boolean
  /** Of what is produced. */
  readonly compression: Compression
}

export interface EngineParts {
  readonly settings: EngineSettings
  readonly sink: EngineSink
  readonly bus: Bus
  readonly clock: Clock
}

export interface EngineFactory {
  (parts: EngineParts): Engine
  /** Loads what an engine with these settings needs, before there is one. Rejects, with the exit code, where it is not to be had. */
  readonly prepare?: (settings: Pick<EngineSettings, 'compression'>) => Promise<void>
}

export const keyOf = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`
