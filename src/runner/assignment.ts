// The partitions that are ours, as the engine hands them out and takes them back: a lane for each from `assigned` until it is
// revoked or lost, and after that the handlers that were given up and still run, so that nobody else starts on their partitions
// in this process. What a lane does with its messages is not decided here.

import {
  type EngineSink,
  type FetchedBatch,
  keyOf,
  type PartitionOffset,
  type TopicPartition,
} from '../engine/engine.ts'
import type { Bus } from '../events/bus.ts'
import type { Clock } from '../lib/clock.ts'
import { within } from '../lib/within.ts'
import type { Quiet, Suspicion } from '../messages.ts'
import type { Attempt } from './attempt.ts'
import { Caution } from './caution.ts'
import type { Committer } from './committer.ts'
import { shareOf } from './demand.ts'
import { drain } from './drain.ts'
import type { Hooks } from './hooks.ts'
import { Lane } from './lane.ts'
import type { LaneHost } from './lane-host.ts'
import type { Pool } from './queue.ts'
import type { Turns } from './turns.ts'
import type { Work } from './work.ts'

export interface AssignmentParts {
  readonly clock: Clock
  readonly bus: Bus
  readonly hooks: Hooks
  readonly turns: Turns
  readonly committer: Committer
  readonly workFor: (of: TopicPartition) => Work
  readonly host: Omit<LaneHost, 'share' | 'ended'>
  /** A handler settled, or was let go of. */
  readonly released: (attempt: Attempt) => void
  /** Resolves when everything up to this mark was delivered or given up. */
  readonly settled: (mark: number) => Promise<void>
  /** Milliseconds that a rebalance may wait for what is in hand. */
  readonly drainTimeout: number
  readonly prefetchMaxBytes: number
  readonly minMessages: number
}

export class Assignment implements Omit<EngineSink, 'failed'> {
  readonly #parts: AssignmentParts
  readonly #lanes = new Map<string, Lane>()
  /** Handlers that were given up and have not settled. */
  readonly #ghosts = new Map<string, Attempt>()
  #givenUp = 0
  #quiet: Quiet = { all: false, except: [] }
  #suspicion: Suspicion | undefined
  readonly #pool: Pool = { bytes: 0 }
  readonly #host: LaneHost

  constructor(parts: AssignmentParts) {
    this.#parts = parts
    this.#host = {
      ...parts.host,
      share: () => this.#share,
      ended: attempt => this.#ended(attempt),
    }
  }

  get lanes(): readonly Lane[] {
    return [...this.#lanes.values()]
  }

  /** How many handlers were given up so far. */
  get givenUp(): number {
    return this.#givenUp
  }

  /** All handlers that run, those that were given up included. */
  get running(): readonly Attempt[] {
    return [...this.lanes.flatMap(lane => lane.inHand ?? []), ...this.#ghosts.values()]
  }

  assigned(added: readonly PartitionOffset[]): void {
    const { hooks } = this.#parts
    const told = hooks.partitions('onPartitionsAssigned', added)
    for (const at of added) {
      this.#close(at, 'the partition was assigned anew')
      const lane = this.#open(at)
      const ghost = this.#ghosts.get(keyOf(at))
      void Promise.all([told, ghost?.ended()]).then(() => lane.release())
    }
  }

  async revoked(gone: readonly TopicPartition[]): Promise<void> {
    const { clock, committer, hooks, settled, drainTimeout } = this.#parts
    const lanes = gone.flatMap(of => this.#lanes.get(keyOf(of)) ?? [])
    const why = 'the partition goes to another member of the group'
    const abortAt = clock.now() + drainTimeout
    const tail = tailOf(drainTimeout)
    const until = (at: number) => (promise: Promise<unknown>) => within(clock, promise, at)
    const untilGivenUp = until(abortAt + tail / 3)
    for (const lane of await drain(lanes, { clock, untilAbort: until(abortAt), untilGivenUp, why }))
      this.giveUp(lane, why)
    await untilGivenUp(settled(Math.max(0, ...lanes.map(({ progress }) => progress.awaits))))
    await until(abortAt + (tail * 2) / 3)(hooks.partitions('onPartitionsRevoked', gone))
    await committer.finish(lanes, abortAt + tail)
    for (const lane of lanes) this.#close(lane, why, lane)
  }

  lost(gone: readonly TopicPartition[]): void {
    for (const one of gone) this.#close(one, 'the partition was lost')
    void this.#parts.hooks.partitions('onPartitionsRevoked', gone)
  }

  /** Of these nothing is started until it is taken back, whether they are ours by now or later. */
  quiet(quiet: Quiet): void {
    this.#quiet = quiet
    for (const lane of this.#lanes.values()) lane.quiet(this.#isQuiet(lane))
  }

  /** What these stand before is tried again; none: of all. */
  resume(partitions: readonly string[]): void {
    for (const [key, lane] of this.#lanes) if (partitions.length === 0 || partitions.includes(key)) lane.resume()
  }

  /** How these are handled that may be what ends workers, whether their partitions are ours by now or later. */
  suspect(suspicion: Suspicion): void {
    this.#suspicion = suspicion
    for (const lane of this.#lanes.values()) lane.beCautious(Caution.of(suspicion, lane))
  }

  records(batch: FetchedBatch): void {
    this.#lanes.get(keyOf(batch))?.take(batch)
  }

  wants(of: TopicPartition): number {
    const lane = this.#lanes.get(keyOf(of))
    if (!lane || this.#parts.turns.isClosed) return 0
    const { prefetchMaxBytes, minMessages } = this.#parts
    return lane.wants({ share: this.#share, room: prefetchMaxBytes - this.#pool.bytes, minMessages })
  }

  /** Lets go of the handler in hand. Its lane starts nothing any more, but what it has handled may still be committed. */
  giveUp(lane: Lane, why: string): void {
    const attempt = lane.giveUp(why)
    if (attempt) this.#letGo(attempt, why)
  }

  closeAll(why: string): void {
    for (const lane of this.lanes) this.#close(lane, why)
  }

  get #share(): number {
    return shareOf(this.#parts.prefetchMaxBytes, this.#lanes.size)
  }

  #open(at: PartitionOffset): Lane {
    const { turns, clock, workFor } = this.#parts
    const lane = new Lane({ at, turns, clock, work: workFor(at), pool: this.#pool, host: this.#host })
    lane.quiet(this.#isQuiet(at))
    if (this.#suspicion) lane.beCautious(Caution.of(this.#suspicion, at))
    this.#lanes.set(keyOf(at), lane)
    return lane
  }

  #isQuiet(of: TopicPartition): boolean {
    return this.#quiet.all !== this.#quiet.except.includes(keyOf(of))
  }

  #close(of: TopicPartition, why: string, only?: Lane): void {
    const key = keyOf(of)
    const lane = this.#lanes.get(key)
    if (!lane || (only && only !== lane)) return
    this.#lanes.delete(key)
    const attempt = lane.close(why)
    if (attempt) this.#letGo(attempt, why)
  }

  #letGo(attempt: Attempt, why: string): void {
    const { topic, partition } = attempt.of
    this.#givenUp++
    this.#ghosts.set(keyOf(attempt.of), attempt)
    this.#parts.released(attempt)
    const runningMs = this.#parts.clock.now() - attempt.since
    this.#parts.bus.publish('handler.given.up', { topic, partition, offset: attempt.offset, runningMs, why })
  }

  #ended(attempt: Attempt): void {
    if (this.#ghosts.size > 0) {
      const key = keyOf(attempt.of)
      if (this.#ghosts.get(key) === attempt) this.#ghosts.delete(key)
    }
    this.#parts.released(attempt)
  }
}

/** Milliseconds that a revocation has, beyond the wait for what is in hand, for the hook and the last commit. */
const tailOf = (drainTimeout: number): number => Math.min(3000, Math.max(600, drainTimeout / 10))
