// Every event that a worker tells its primary, and those of the primary, by name, with its data. Data is plain (it crosses processes
// by structured clone): no functions, no class instances, no live errors. Subscribers (observe/*) turn events into lines and figures;
// publishers know none of them. What stays in its process stands in local-events.ts.

import type { ErrorData } from './error-data.ts'

export type { ErrorData } from './error-data.ts'

export type Level = 'debug' | 'info' | 'warn' | 'error'
export interface Partition {
  readonly topic: string
  readonly partition: number
}
export interface PartitionAt extends Partition {
  readonly offset: number
}

/** A handler's call under way. */
export interface InHand extends PartitionAt {
  readonly lastOffset: number
  readonly forMs: number
  /** Nothing else was in hand, nor has been started, until its end was told. */
  readonly alone?: true
}
export interface GivenUp {
  readonly reason: 'crashes' | 'errors'
  readonly times: number
}
/** What a worker was doing when it was last heard. Of many messages the newest are named, and `more` counts the others. */
export interface LastHeard {
  readonly agoMs: number
  readonly inHand: readonly InHand[]
  readonly more: number
  readonly memoryBytes: number
}

export interface Events {
  /** A line of the user's, by this.logger, or of the Kafka client. */
  line: { level: Level; message: string; from: string; fields?: Readonly<Record<string, unknown>> | undefined }

  // engine
  /** Under a new id, counting from 0. */
  'producer.renewed': { why: string }
  /** It is not allowed, or not possible, to be idempotent. */
  'producer.plain': { error: ErrorData }
  'broker.unreachable': { broker: string; error: ErrorData; waitingMs: number }
  'broker.reachable': { afterMs: number }
  'topic.missing': { topic: string }
  'topic.created': { topic: string; partitions: number }
  'topic.remade': { topic: string }
  'group.joining': { groupId: string }
  'group.joined': {
    groupId: string
    generation: number
    memberId: string
    leader: boolean
    partitions: readonly Partition[]
    /** Since the group was last asked. */
    durationMs: number
  }
  'group.rebalancing': { groupId: string; reason: string }
  /** Members that consume none of our topics. */
  'group.shared': { groupId: string; members: readonly string[]; topics: readonly string[] }
  /** Some members have nothing to do. */
  'group.crowded': { groupId: string; members: number; partitions: number }
  'group.left': { groupId: string; durationMs: number }
  'group.lost': { groupId: string; reason: string; partitions: readonly Partition[] }
  'partitions.assigned': { partitions: readonly PartitionAt[] }
  'partitions.revoked': { partitions: readonly Partition[] }
  /** The position was not in the log, which reaches from `start` to `end`; `skipped` counts offsets (negative: goes back), of which not each need have held a message. */
  'offset.reset': Partition & { from: number; to: number; skipped: number; start: number; end: number }
  /** The group has committed nothing of these: where they begin is committed now. */
  'offsets.absent': { partitions: readonly PartitionAt[]; edge: 'start' | 'end' }
  'offsets.committed': { offsets: readonly PartitionAt[] }
  'commit.failed': { error: ErrorData; offsets: readonly PartitionAt[] }
  /** `unreadable`: what lies at the offset is met again and again, and the partition stands before it. */
  'fetch.failed': PartitionAt & { error: ErrorData; unreadable: boolean }

  // runner
  'message.failed': Partition & {
    offset: number
    lastOffset: number
    attempt: number
    /** How many it has; null: as many as it takes, or more by now. */
    attempts: number | null
    error: ErrorData
    /** `again` after a pause, `halves` of a batch at once; else it is given up, or the worker fails. */
    next: 'again' | 'halves' | 'stop' | 'skip' | 'dead-letter' | 'retry-topic' | 'fail'
    /** Milliseconds until the next attempt; null: there is none, or at once. */
    pauseMs: number | null
    /** The topic for dead letters, or the retry topic, where it is to go there. */
    to: string | null
    /** What it was before it came to a retry topic. */
    origin?: PartitionAt | undefined
  }
  'handler.overdue': Partition & { offset: number; runningMs: number }
  'handler.given.up': Partition & { offset: number; runningMs: number; why: string }
  'delivery.failed': { error: ErrorData; count: number }
  /** It is given up: it has ended so many workers, or has failed so many times. */
  'message.skipped': PartitionAt & GivenUp
  /** Stored there; only now is it passed. */
  'message.dead.lettered': PartitionAt & GivenUp & { to: string }
  /** Stored in a retry topic; only now is it passed. */
  'message.deferred': PartitionAt & { to: string; delayMs: number }
  /** Its topic has not taken it so far. `why`: that is missing and could not be created. */
  'dead.letter.waiting': PartitionAt & { to: string; waitingMs: number; why?: string | undefined }
  /** Nothing of the partition is handled before somebody says so: what is at the offset was given up. */
  'partition.stands': PartitionAt & { why: string; forMs: number }
  /** Somebody has said so. */
  'partition.resumed': PartitionAt
  'hook.failed': { hook: string; error: ErrorData }
  /** A listener of `events.on` has thrown, for the first time; later times are not told. */
  'subscriber.failed': { to: string; error: ErrorData }

  // worker
  'worker.started': { consumer: string; groupId: string }
  'worker.stopping': { reason: string; graceMs: number }
  'worker.stopped': { clean: boolean }
  'worker.failed': { error: ErrorData }

  // supervisor
  'primary.started': {
    pid: number
    consumer: string
    workers: number
    groupId: string
    brokers: readonly string[]
    version: string
    /** Configuration files that were found. */
    files: readonly string[]
  }
  'primary.stopping': { reason: string; graceMs: number }
  /** Of these no further message is started, until they go on. No partitions: all of theirs. */
  'primary.quiet': { by: string; consumers: readonly string[]; partitions: readonly string[] }
  'primary.continued': { by: string; consumers: readonly string[]; partitions: readonly string[] }
  /** Another number of workers is wanted. */
  'primary.scaled': { by: string; consumer: string; from: number; to: number }
  'primary.stopped': { exitCode: number; why: string }
  /** `beside`: the process that it is to replace still runs. */
  'slot.forked': { slot: string; pid: number; restarts: number; beside: boolean }
  'slot.up': { slot: string; pid: number; afterMs: number }
  'slot.exited': {
    slot: string
    pid: number
    code: number | null
    signal: string | null
    why: string
    /** Where it had something in hand. */
    last?: LastHeard
  }
  /** Its event loop has not answered for longer than it may. */
  'slot.hung': { slot: string; pid: number; limitMs: number; last: LastHeard }
  /** It is asked to stop, alone, and then replaced. */
  'slot.recycling': { slot: string; pid: number; reason: string }
  /** It is up, and waits for the process that has the slot to be gone. */
  'slot.ready': { slot: string; pid: number; afterMs: number }
  /** All workers are replaced, one after another. */
  'restart.begun': { by: string; slots: number }
  'restart.done': { replaced: number; tookMs: number }
  /** What was not replaced goes on as before. `slot` null: it did not even begin. */
  'restart.failed': { slot: string | null; replaced: number; left: number; why: string }
  'slot.restarting': { slot: string; inMs: number; crashes: number }
  'slot.given.up': { slot: string; crashes: number; withinMs: number }
  /** A message has ended so many workers, the last one alone in hand. */
  'message.convicted': PartitionAt & {
    consumer: string
    crashes: number
    /** What each of them ended of. */
    whys: readonly string[]
    follows: 'stop' | 'skip' | 'dead-letter'
  }
  /** Its partition still stands before it. */
  'partition.stopped': PartitionAt & { consumer: string; crashes: number; why: string; forMs: number }
  /** Somebody wants it tried again. */
  'message.pardoned': PartitionAt & { consumer: string; by: string }
  'slot.killed': { slot: string; pid: number; why: string }
  /** Somebody else uses its instance id: its next process gets another one. */
  'slot.renamed': { slot: string; was: string; instanceId: string; why: string }
  /** Workers of an earlier primary that was killed: new ones join when these are gone. */
  'orphans.awaited': { pids: readonly number[]; graceMs: number }
  'orphan.killed': { pid: number }
  /** Dead workers of an earlier primary. */
  'orphans.evicted': { groupId: string; instanceIds: readonly string[] }
}

export type EventName = keyof Events
