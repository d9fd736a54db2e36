// Where to begin on a partition: at the group's committed offset, or, the first time, at the start or the end of the log; what
// was added to a topic after the group had begun with it, always at its start. And where to go on when the log does not hold a
// position. What nobody has handled anything of yet is committed before the first message, or what arrives before the first
// commit would be lost with the process when the position is the end of the log.

import type { Bus } from '../../events/bus.ts'
import { backoff } from '../../lib/backoff.ts'
import { type Clock, sleep } from '../../lib/clock.ts'
import { groupBy } from '../../lib/group-by.ts'
import { type CommitOutcome, type EngineSettings, keyOf, type PartitionOffset, type TopicPartition } from '../engine.ts'
import { type LogRange, type Reset, resetOf } from '../out-of-range.ts'
import type { Brokers } from './brokers.ts'
import { actionFor, actionOf, KafkaError } from './codes.ts'
import type { Coordinator } from './coordinator.ts'
import { EARLIEST, LATEST, offsetsAt } from './offsets-at.ts'
import type { Origins } from './origins.ts'
import type { Topology } from './topology.ts'

const EDGES = ['start', 'end'] as const
type Edge = (typeof EDGES)[number]

const TIMES = { start: EARLIEST, end: LATEST } as const satisfies Record<Edge, number>
const BACKOFF = { first: 100, most: 2_000, jitter: 0.2 }

export interface PositionsParts {
  readonly brokers: Brokers
  readonly coordinator: Coordinator
  readonly origins: Origins
  readonly topology: Topology
  readonly settings: Pick<EngineSettings, 'subscriptions' | 'offsetOutOfRange'>
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
  /** From there, whatever is committed. */
  readonly anew?: 'start' | number | undefined
  readonly wanted: (p: P) => boolean
  readonly found: (located: readonly Located<P>[]) => void
}

interface Displaced {
  /** Nothing of the partition has been handed over yet. */
  readonly isFresh: boolean
  readonly wanted: () => boolean
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

  /**
   * Where a position that is not in the log goes on, and says so; undefined when it is in the log after all, or not `wanted` any
   * more. Throws OFFSET_OUT_OF_RANGE where it is not to go on.
   */
  async reset(at: PartitionOffset, { isFresh, wanted }: Displaced): Promise<Reset | undefined> {
    const { bus, settings, topology } = this.#parts
    const log = await this.#rangeOf(at)
    if (at.offset >= log.start && at.offset <= log.end) return undefined
    // It may be the end of another log. Of a topic that was made again all partitions begin anew, once, and not by this.
    if (at.offset > log.end) await topology.refresh({ now: true })
    if (!wanted()) return undefined
    const reset = resetOf(at, log, settings.offsetOutOfRange)
    if (isFresh && reset.to > reset.from) {
      const kept = await this.#keep([{ p: at, offset: reset.to }])
      if (kept.length === 0 || !wanted()) return undefined
    }
    bus.publish('offset.reset', reset)
    return reset
  }

  async #rangeOf(at: TopicPartition): Promise<LogRange> {
    const [start, end] = await Promise.all(
      [EARLIEST, LATEST].map(time => offsetsAt(this.#parts, [at], time).then(([offset]) => offset)),
    )
    if (start === undefined || end === undefined) throw new Error(`the log of ${keyOf(at)} has no leader`)
    return { start, end }
  }

  /** Gives back those that could not be located just now. */
  async #locateSome<P extends TopicPartition>(all: readonly P[], { wanted, found, anew }: Search<P>): Promise<P[]> {
    const done = new Set<P>()
    const take = (located: readonly Located<P>[]) => {
      for (const { p } of located) done.add(p)
      if (located.length > 0) found(located)
    }
    const committed = anew === undefined ? await this.#committedOf(all) : all.map(() => -1)
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
    const { settings, topology } = this.#parts
    const known = settings.subscriptions.flatMap(({ topic }) =>
      topology.partitionsOf(topic).map(partition => ({ topic, partition })),
    )
    return [...groupBy([...known, ...partitions], ({ topic }) => topic)].map(([topic, some]) => {
      const all = new Set(some.map(({ partition }) => partition))
      return { topic, partitions: [...all].map(partition => ({ partition })) }
    })
  }

  async #begin<P extends TopicPartition>(partitions: readonly P[], { wanted, found, anew }: Search<P>): Promise<void> {
    for (const edge of EDGES) {
      const some = partitions.filter(p => (anew === undefined ? this.#edgeOf(p) : 'start') === edge)
      const offsets = typeof anew === 'number' ? some.map(() => anew) : await offsetsAt(this.#parts, some, TIMES[edge])
      const located = some.map((p, i) => ({ p, offset: offsets[i] })).filter(isLocated)
      const kept = await this.#keep(located.filter(({ p }) => wanted(p)))
      const begun = kept.filter(({ p }) => wanted(p))
      if (begun.length === 0) continue
      if (anew === undefined) this.#parts.bus.publish('offsets.absent', { partitions: begun.map(positionOf), edge })
      found(begun)
    }
  }

  /** Those that are stored as positions of the group. */
  async #keep<P extends TopicPartition>(located: readonly Located<P>[]): Promise<readonly Located<P>[]> {
    if (located.length === 0) return []
    const outcomes = await this.#parts.commit(located.map(positionOf))
    return located.filter((_, i) => outcomes[i] === 'committed')
  }

  #edgeOf(p: TopicPartition): Edge {
    const { origins, settings } = this.#parts
    const { startFromBeginning = true } = settings.subscriptions.find(({ topic }) => topic === p.topic) ?? {}
    return startFromBeginning || origins.isNew(p) ? 'start' : 'end'
  }
}

function throwFor(what: string, code: number): void {
  if (actionOf(code) !== 'ok') throw new KafkaError(what, code)
}

const positionOf = ({ p: { topic, partition }, offset }: Located<TopicPartition>): PartitionOffset => ({
  topic,
  partition,
  offset,
})

const isLocated = <P>(one: { p: P; offset: number | undefined }): one is Located<P> => one.offset !== undefined
