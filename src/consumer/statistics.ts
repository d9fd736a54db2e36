// What `statisticsCallback` of a consumer is told: figures of one worker, which it has itself. Plain data. Durations are in seconds, sizes
// in bytes, counts since the worker's start. The page about them is STATISTICS.md.

import type { BrokerStatistics } from '../engine/engine.ts'

export type { BrokerStatistics } from '../engine/engine.ts'

export interface Statistics {
  /** When they were taken: milliseconds since the epoch. */
  readonly at: number
  /** The name of the class. */
  readonly consumer: string
  readonly clientId: string
  readonly group: GroupStatistics
  /** Of the partitions that are this worker's now: by topic, and by number within it. */
  readonly topics: Readonly<Record<string, Readonly<Record<number, PartitionStatistics>>>>
  readonly producer: ProducerStatistics
  readonly brokers: readonly BrokerStatistics[]
  readonly handler: HandlerStatistics
  readonly process: ProcessStatistics
}

export interface GroupStatistics {
  readonly id: string
  /** `out`: before it first joins, and where the group has given it up. */
  readonly state: 'out' | 'joining' | 'stable'
  /** Empty before it has one. */
  readonly memberId: string
  /** Of static membership; null: none. */
  readonly instanceId: string | null
  /** -1 before it has one. */
  readonly generation: number
  /** How often it has joined, its first time included. */
  readonly joins: number
  /** Seconds since the last heartbeat that kept the membership; null: there was none. */
  readonly beatAgo: number | null
}

export interface PartitionStatistics {
  /** The next offset to handle. */
  readonly position: number
  /** What is stored for the group: the next offset for whoever comes after. */
  readonly committed: number
  /** The offset after the last one in the log, as the last fetch that brought something had it; null: none has yet. */
  readonly end: number | null
  /** From the position to the end; null where that is not known. */
  readonly lag: number | null
  /** Messages that were fetched and wait, and the bytes that they take. */
  readonly waiting: number
  readonly waitingBytes: number
  readonly state: 'held' | 'waiting' | 'handling' | 'paused' | 'closed'
  /** Seconds that its handler's call under way has taken; null: none is. */
  readonly inHandFor: number | null
  /** Seconds until its pause is over; null: there is none, or it is for good, which `state` tells apart. */
  readonly pausedFor: number | null
  /** Why nothing of it is started; null: nothing hinders it. */
  readonly why: string | null
}

export interface ProducerStatistics {
  /** Records that were queued by produce(). */
  readonly queued: number
  /** Of these, acknowledged or given up. */
  readonly settled: number
  /** Of these, given up. */
  readonly failed: number
  /** Records that wait for their acknowledgement, and their bytes. */
  readonly waiting: number
  readonly waitingBytes: number
}

export interface HandlerStatistics {
  /** Calls under way, those included that were given up. */
  readonly inHand: number
  /** Seconds that the longest of them has taken; null: there is none. */
  readonly longest: number | null
  /** Calls that failed. */
  readonly failed: number
}

export interface ProcessStatistics {
  readonly pid: number
  /** Resident. */
  readonly memoryBytes: number
  /** Of one core, since the call before this one: 1 is one core in full. */
  readonly cpu: number
  /** Seconds by which this call came late, because the event loop was held. */
  readonly loopDelay: number
}
