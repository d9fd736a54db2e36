// Where to begin on a partition: at the group's committed offset, or, the first time, at the start or the end of the log; what
// was added to a topic after the group had begun with it, always at its start. A first position is committed before the first
// message, or what arrives before the first commit would be lost with the process when the topic starts at its end.

import type { Bus } from '../../events/bus.ts'
import { backoff } from '../../lib/backoff.ts'
import { type Clock, sleep } from '../../lib/clock.ts'
import { groupBy } from '../../lib/group-by.ts'
import { type CommitOutcome, keyOf, type PartitionOffset, type Subscription, type TopicPartition } from '../engine.ts'
import type { Brokers } from './brokers.ts'
import { actionFor, actionOf, KafkaError } from './codes.ts'
import type { Coordinator } from './coordinator.ts'
import { EARLIEST, LATEST, offsetsAt } from './offsets-at.ts'
import type { Origins } from './origins.ts'
import type { Topology } from './topology.ts'

const BACKOFF = { first: 100, most: 2_000, jitter: 0.2 }

export interface PositionsParts {
  readonly brokers: Brokers
  readonly coordinator: Coordinator
  readonly origins: Origins
  readonly topology: Topology
  readonly subscriptions: readonly Subscription[]
  readonly bus: Bus
  readonly clock: Clock
  readonly commit: (offsets: readonly PartitionOffset[]) => Promise<readonly CommitOutcome[]>
  /** Credentials or ACLs: nothing that waiting would mend. */
  readonly onDenied: (error: unknown) => void
  /** Aborts when no position is wanted any more. */
  readonly signal: AbortSignal
}

interface Located<P> {
  readonly p: P
  readonly offset: number
}

interface Search<P> {
  /** From the start of the log, whatever is committed. */
  readonly anew?: boolean
  readonly wanted: (p: P) => boolean
  readonly found: (located: readonly Located<P>[]) => void
}

export class Positions {
  readonly #parts: PositionsParts

  constructor(parts: PositionsParts) {
    this.#parts = parts
  }

  /**
   * Finds the position of each partition and hands it to `found`, as soon as it is known: one that has no leader, or whose leader
   * does not answer, holds up none of another. Goes on until all are found or no longer `wanted`.
   */
  async locate<P extends TopicPartition>(partitions: readonly P[], search: Search<P>): Promise<void> {
    const { topology } = this.#parts
    const byLeader = groupBy(partitions, ({ topic, partition }) => topology.leaderOf(topic, partition))
    await Promise.all([...byLeader.values()].map(some => this.#locateAll(some, search)))
  }

  async #locateAll<P extends TopicPartition>(partitions: readonly P[], search: Search<P>): Promise<void> {
    const { wanted } = search
    const { clock, coordinator, onDenied, signal, topology } = this.#parts
    let failures = 0
    for (let left = partitions.filter(wanted); left.length > 0; left = left.filter(wanted)) {
      try {
        left = await this.#locateSome(left, search)
        if (left.length === 0) return
        failures += 1
      } catch (error) {
        const action = actionFor(error)
        if (action === 'denied') return onDenied(error)
        if (action === 'coordinator') coordinator.forget()
        failures += 1
      }
      await sleep(clock, backoff(failures, BACKOFF), signal)
      if (signal.aborted) return
      await topology.refresh().catch(() => {})
    }
  }

  /** Where a position that is not in the log should go on: unchanged when it is in the log after all. */
  async reset(partition: TopicPartition, position: number): Promise<number> {
    const [earliest] = await offsetsAt(this.#parts, [partition], EARLIEST)
    const [latest] = await offsetsAt(this.#parts, [partition], LATEST)
    if (earliest === undefined || latest === undefined)
      throw new Error(`the log of ${partition.topic}/${partition.partition} has no leader`)
    if (position >= earliest && position <= latest) return position
    const { topic, partition: number } = partition
    this.#parts.bus.publish('offset.reset', {
      topic,
      partition: number,
      from: position,
      to: earliest,
      skipped: earliest - position,
    })
    return earliest
  }

  /** Gives back those that could not be located just now. */
  async #locateSome<P extends TopicPartition>(
    all: readonly P[],
    { wanted, found, anew = false }: Search<P>,
  ): Promise<P[]> {
    const done = new Set<P>()
    const take = (located: readonly Located<P>[]) => {
      for (const { p } of located) done.add(p)
      if (located.length > 0) found(located)
    }
    const committed = anew ? all.map(() => -1) : await this.#committedOf(all)
    take(all.map((p, i) => ({ p, offset: committed[i] ?? -1 })).filter(({ p, offset }) => offset >= 0 && wanted(p)))
    const fresh = all.filter((p, i) => committed[i] === -1 && wanted(p))
    await this.#begin(fresh, { wanted, found: take, anew })
    return all.filter(p => !done.has(p))
  }

  /**
   * The committed offset of each, -1 where there is none, undefined where the coordinator could not say. All that we subscribe to is
   * asked for: the commits of other partitions and topics tell with what the group began.
   */
  async #committedOf(partitions: readonly TopicPartition[]): Promise<(number | undefined)[]> {
    const { coordinator, origins } = this.#parts
    const answer = await coordinator.committed(this.#everything(partitions))
    throwFor('fetching committed offsets', answer.errorCode)
    const offsets = new Map<string, number>()
    for (const { topic, partitions: some } of answer.responses) {
      for (const { partition, offset, metadata, errorCode } of some) {
        if (Number(offset) >= 0) origins.noteCommit(topic, metadata)
        if (actionOf(errorCode) === 'ok') offsets.set(keyOf({ topic, partition }), Number(offset))
        else if (actionOf(errorCode) !== 'refresh')
          throwFor(`fetching the committed offset of ${topic}/${partition}`, errorCode)
      }
    }
    return partitions.map(p => offsets.get(keyOf(p)))
  }

  #everything(partitions: readonly TopicPartition[]): { topic: string; partitions: { partition: number }[] }[] {
    const { subscriptions, topology } = this.#parts
    const known = subscriptions.flatMap(({ topic }) =>
      topology.partitionsOf(topic).map(partition => ({ topic, partition })),
    )
    return [...groupBy([...known, ...partitions], ({ topic }) => topic)].map(([topic, some]) => {
      const all = new Set(some.map(({ partition }) => partition))
      return { topic, partitions: [...all].map(partition => ({ partition })) }
    })
  }

  async #begin<P extends TopicPartition>(partitions: readonly P[], { wanted, found, anew }: Search<P>): Promise<void> {
    const { commit, origins } = this.#parts
    const located: Located<P>[] = []
    for (const fromBeginning of [true, false]) {
      const some = partitions.filter(
        p => (anew || origins.isNew(p) || this.#startsAtBeginning(p.topic)) === fromBeginning,
      )
      const ends = await offsetsAt(this.#parts, some, fromBeginning ? EARLIEST : LATEST)
      for (const [i, p] of some.entries()) if (ends[i] !== undefined && wanted(p)) located.push({ p, offset: ends[i] })
    }
    if (located.length === 0) return
    const outcomes = await commit(located.map(({ p, offset }) => ({ topic: p.topic, partition: p.partition, offset })))
    found(located.filter(({ p }, i) => outcomes[i] === 'committed' && wanted(p)))
  }

  #startsAtBeginning(topic: string): boolean {
    return this.#parts.subscriptions.find(subscription => subscription.topic === topic)?.startFromBeginning ?? true
  }
}

function throwFor(what: string, code: number): void {
  if (actionOf(code) !== 'ok') throw new KafkaError(what, code)
}
