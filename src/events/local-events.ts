// The events that stay in the process in which they happen: one for each message and more, so they are made only where somebody
// listens, are neither forwarded to the primary nor turned into lines, and may hold what is alive.

import type { Partition, PartitionAt } from './events.ts'

/** Whose doing it is; all three as in the options. */
export interface Who {
  readonly clientId: string
  /** null: nobody's, of a program that produces only. */
  readonly consumer: string | null
  readonly groupId: string | null
}

/** A message as its handler gets it; decoded when it is asked for. */
export interface MessageSeen extends PartitionAt {
  readonly key: string | null
  readonly value: string | null
  readonly headers: Readonly<Record<string, string>>
  readonly timestamp: Date
  readonly retriesCount: number
}

export interface MessageCall extends Who, PartitionAt {
  /** Milliseconds since the epoch. */
  readonly timestamp: number
  /** How often it has failed before. */
  readonly retriesCount: number
  /** The same object in both events of one call. Of a retry topic: what it was before it came there. */
  readonly message: MessageSeen
}

export interface BatchCall extends Who, Partition {
  readonly firstOffset: number
  readonly lastOffset: number
  /** Messages; the offsets may have gaps. */
  readonly count: number
  /** Of the last message, milliseconds since the epoch. */
  readonly lastTimestamp: number
  readonly retriesCount: number
}

export interface CallEnd {
  readonly durationMs: number
  readonly failed: boolean
  /** What was thrown, whatever it is; undefined where nothing was. */
  readonly error: unknown
}

/** A record as it goes out. */
export interface RecordSeen {
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers: readonly (readonly [name: string, value: Uint8Array | null])[]
  /** Milliseconds since the epoch; undefined: when it is sent. */
  readonly timestamp?: number | undefined
}

/** What was handed to produce(). */
export interface Produced extends Who {
  readonly topic: string
  /** null: the partitioner chooses. */
  readonly partition: number | null
  /** Of the value. */
  readonly bytes: number
  readonly record: RecordSeen
}

export interface LocalEvents {
  // engine
  /** A try to join has failed; the next one follows, or the worker ends. */
  'group.join.failed': { groupId: string; durationMs: number; error: unknown }
  /** The group has not been told: it finds out by its session. */
  'group.leave.failed': { groupId: string; durationMs: number; error: unknown }

  // runner
  'message.handling': MessageCall
  'message.handled': MessageCall & CallEnd
  'batch.handling': BatchCall
  'batch.handled': BatchCall & CallEnd
  /** Once a max_wait_time, at most ten times a second, from when the worker begins to join to when it begins to end. */
  'loop.turned': Who & {
    /** Since the last one; longer than max_wait_time by what the event loop was late. */
    durationMs: number
    partitions: number
    /** Handlers that run. */
    inHand: number
    /** For how long the oldest of them has; 0: none. */
    longestInHandMs: number
    /** Since the last heartbeat that the group has answered; null: there was none. */
    beatAgoMs: number | null
  }
  /** With each turn, of each partition that rests after a failure; once more with 0 when it does so no longer. */
  'pause.status': Who & Partition & { pausedMs: number }

  // producer
  'message.queued': Produced & {
    /** Messages that wait for their delivery, this one included. */
    waiting: number
  }
  /** produce() has thrown: too many wait already, or the worker has stopped. */
  'message.refused': Produced & { error: Error }
  'message.acknowledged': Produced & { durationMs: number }
  /** For good. */
  'message.undelivered': Produced & { durationMs: number; error: Error }
  /** Some were acknowledged in one answer. `durationMs`: since the oldest of them was queued. */
  'messages.delivered': Who & { count: number; durationMs: number }
}

export type LocalEventName = keyof LocalEvents

const names = {
  'group.join.failed': true,
  'group.leave.failed': true,
  'message.handling': true,
  'message.handled': true,
  'batch.handling': true,
  'batch.handled': true,
  'loop.turned': true,
  'pause.status': true,
  'message.queued': true,
  'message.refused': true,
  'message.acknowledged': true,
  'message.undelivered': true,
  'messages.delivered': true,
} satisfies Record<LocalEventName, true>

export const localNames: readonly string[] = Object.keys(names)

export const isLocal = (name: string): name is LocalEventName => Object.hasOwn(names, name)
