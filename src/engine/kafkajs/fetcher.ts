// Fetches what the sink wants, for each partition from its leader, with at most one request under way for a partition. Each
// broker has a long poll on its fetch connection; what wants records while that one is under way — a partition just assigned,
// or one whose queue has run low — is asked for by short polls on a connection beside it until the long poll comes back.
// A slow or paused partition is simply left out. What comes back for a partition that was given up or sought is thrown away.

import { isRacecarError, RacecarError } from '../../errors.ts'
import type { Bus } from '../../events/bus.ts'
import { errorData } from '../../events/error-data.ts'
import type { Cancel, Clock } from '../../lib/clock.ts'
import { groupBy } from '../../lib/group-by.ts'
import {
  type EngineSettings,
  type EngineSink,
  type FetchedBatch,
  keyOf,
  type PartitionOffset,
  type TopicPartition,
} from '../engine.ts'
import type { Brokers } from './brokers.ts'
import { byTopic } from './by-topic.ts'
import { actionFor, actionOf, isUnreached, KafkaError } from './codes.ts'
import type { FetchedPartition, FetchResponse } from './fetch-response.ts'
import type { Channel } from './link.ts'
import type { Positions } from './positions.ts'
import { decodeRecords, MissingCodec } from './records.ts'
import { isCurrent, type Question, rest, type Slot, slotAt } from './slot.ts'
import type { Topology } from './topology.ts'

const SHORT_POLL_MS = 50
const READ_COMMITTED = 1
/** A partition that is to be looked at again although nothing has changed for it: when it has no leader, say. */
const AGAIN_MS = 500

interface Node {
  /** The request under way on each connection; a long poll waits, a short one soon comes back. */
  readonly polls: Map<Channel, 'long' | 'short'>
}

export interface FetcherParts {
  readonly brokers: Brokers
  readonly topology: Topology
  readonly positions: Pick<Positions, 'reset'>
  readonly settings: Pick<EngineSettings, 'subscriptions' | 'fetchMinBytes' | 'maxBytes' | 'maxWaitTime'>
  readonly sink: Pick<EngineSink, 'records' | 'wants'>
  readonly bus: Bus
  readonly clock: Clock
  /** Nothing that waiting would mend. */
  readonly onFatal: (error: unknown) => void
  /** The log has not got so far (any more): what was read of it counts no longer, and the partition is to begin anew there. */
  readonly onSetBack: (to: PartitionOffset) => void
}

export class Fetcher {
  readonly #parts: FetcherParts
  readonly #slots = new Map<string, Slot>()
  readonly #nodes = new Map<number, Node>()
  readonly #bytesOf: ReadonlyMap<string, number>
  #turn = 0
  #woken = false
  #stopped = false
  #timer: Cancel = () => {}

  constructor(parts: FetcherParts) {
    this.#parts = parts
    this.#bytesOf = new Map(
      parts.settings.subscriptions.map(({ topic, maxBytesPerPartition }) => [topic, maxBytesPerPartition]),
    )
  }

  add(at: PartitionOffset): void {
    this.#slots.set(keyOf(at), slotAt(at))
    this.wake()
  }

  remove(partition: TopicPartition): void {
    const slot = this.#slots.get(keyOf(partition))
    if (slot) slot.live = false
    this.#slots.delete(keyOf(partition))
  }

  seek(to: PartitionOffset): void {
    const slot = this.#slots.get(keyOf(to))
    if (!slot) return
    slot.next = to.offset
    slot.seeks += 1
    this.wake()
  }

  /** Something may be wanted, or possible, that was not before. Calls that come together are one. */
  wake(): void {
    if (this.#woken || this.#stopped) return
    this.#woken = true
    queueMicrotask(() => {
      this.#woken = false
      if (!this.#stopped) this.#ask()
    })
  }

  stop(): void {
    this.#stopped = true
    this.#timer()
    for (const slot of this.#slots.values()) slot.live = false
    this.#slots.clear()
  }

  #ask(): void {
    const { clock, topology } = this.#parts
    const now = clock.now()
    const idle = [...this.#slots.values()].filter(slot => !slot.asked)
    const rested = idle.filter(slot => slot.restUntil <= now)
    for (const [leader, slots] of groupBy(rested, ({ topic, partition }) => topology.leaderOf(topic, partition))) {
      if (leader === undefined) this.#withoutLeader(slots)
      else this.#askNode(leader, slots)
    }
    const soonest = Math.min(...idle.map(slot => (slot.restUntil > now ? slot.restUntil : Number.POSITIVE_INFINITY)))
    this.#timer()
    if (soonest < Number.POSITIVE_INFINITY) this.#timer = clock.after(soonest - now, () => this.wake())
  }

  #askNode(nodeId: number, slots: readonly Slot[]): void {
    const node = this.#nodes.get(nodeId) ?? { polls: new Map() }
    this.#nodes.set(nodeId, node)
    const { polls } = node
    const channel = !polls.has('fetch')
      ? 'fetch'
      : !polls.has('poll') && polls.get('fetch') === 'long'
        ? 'poll'
        : undefined
    if (!channel) return
    const wanted = slots.map(slot => ({ slot, bytes: this.#parts.sink.wants(slot) })).filter(({ bytes }) => bytes > 0)
    if (wanted.length === 0) return
    // The long poll takes over again what the short ones serve now, so it must not sleep while they do.
    const kind = channel === 'fetch' && !polls.has('poll') ? 'long' : 'short'
    polls.set(channel, kind)
    for (const { slot } of wanted) slot.asked = true
    void this.#poll(
      nodeId,
      this.#rotated(wanted),
      channel,
      kind === 'long' ? this.#parts.settings.maxWaitTime : SHORT_POLL_MS,
    ).finally(() => {
      polls.delete(channel)
      this.wake()
    })
  }

  // A broker fills its answer in the order of the request: everybody is first in turn.
  #rotated<T>(wanted: readonly T[]): readonly T[] {
    const by = this.#turn++ % wanted.length
    return [...wanted.slice(by), ...wanted.slice(0, by)]
  }

  async #poll(
    nodeId: number,
    wanted: readonly { slot: Slot; bytes: number }[],
    channel: Channel,
    maxWaitTime: number,
  ): Promise<void> {
    const asked = new Map(wanted.map(({ slot }) => [keyOf(slot), { slot, seeks: slot.seeks }]))
    try {
      const answer = await this.#request(nodeId, wanted, channel, maxWaitTime)
      if (actionOf(answer.errorCode) !== 'ok') throw new KafkaError('fetching', answer.errorCode)
      const full = answer.partitions.filter(({ data }) => data.length > 0).length
      for (const part of answer.partitions) {
        const question = asked.get(`${part.topic}/${part.partition}`)
        if (question && isCurrent(question)) await this.#take(question, part, full > 1)
      }
    } catch (error) {
      // The leader may be gone, and its connection says nothing about where to.
      for (const { slot } of wanted) rest(slot, this.#parts.clock)
      if (!isUnreached(error) && !(error instanceof KafkaError)) this.#tell(wanted[0]!.slot, error, false)
      this.#refresh()
    } finally {
      for (const { slot } of wanted) slot.asked = false
    }
  }

  #request(
    nodeId: number,
    wanted: readonly { slot: Slot; bytes: number }[],
    channel: Channel,
    maxWaitTime: number,
  ): Promise<FetchResponse> {
    const { brokers, settings } = this.#parts
    const topics = byTopic(
      wanted.map(({ slot, bytes }) => ({ ...slot, bytes })),
      ({ topic, partition, next, bytes }) => ({
        partition,
        fetchOffset: next,
        maxBytes: Math.min(bytes, this.#bytesOf.get(topic) ?? settings.maxBytes),
      }),
    )
    const { fetchMinBytes: minBytes, maxBytes } = settings
    const args = { maxWaitTime, minBytes, maxBytes, isolationLevel: READ_COMMITTED, topics }
    return brokers.link(nodeId).send('Fetch', args, { channel, timeout: maxWaitTime + brokers.timeout })
  }

  async #take(question: Question, part: FetchedPartition, shared: boolean): Promise<void> {
    const { slot } = question
    const action = actionOf(part.errorCode)
    if (action === 'offset') return void this.#outOfRange(question)
    if (action !== 'ok')
      return this.#failed(
        slot,
        new KafkaError(`fetching ${keyOf(slot)}`, part.errorCode, { right: `Read on the topic ${slot.topic}` }),
      )
    try {
      // A view would keep the whole answer in memory for as long as the slowest of its partitions.
      const data = shared ? Buffer.from(part.data) : part.data
      const { records, next, bytes } = await decodeRecords(data, slot.next, part.aborted)
      if (!isCurrent(question)) return
      slot.failures = 0
      const after = Math.max(slot.next, next ?? 0)
      if (after === slot.next && records.length === 0) return
      this.#handOver(slot, { records, next: after, bytes, highWatermark: part.highWatermark })
    } catch (error) {
      this.#failed(slot, error)
    }
  }

  #handOver(slot: Slot, batch: Omit<FetchedBatch, keyof TopicPartition>): void {
    slot.next = batch.next
    slot.isFresh = false
    this.#parts.sink.records({ topic: slot.topic, partition: slot.partition, ...batch })
  }

  // Not waited for: the other partitions of the answer go on.
  async #outOfRange(question: Question): Promise<void> {
    const { slot } = question
    const { topic, partition, next: offset, isFresh } = slot
    const { clock, onFatal, onSetBack, positions } = this.#parts
    slot.restUntil = Number.POSITIVE_INFINITY
    try {
      const wanted = () => isCurrent(question)
      const reset = await positions.reset({ topic, partition, offset }, { isFresh, wanted })
      if (reset && reset.to < offset) return onSetBack({ topic, partition, offset: reset.to })
      // What waits before it is still handled, and committed first.
      if (reset) this.#handOver(slot, { records: [], next: reset.to, bytes: 0, highWatermark: reset.end })
    } catch (error) {
      if (isRacecarError(error) || actionFor(error) === 'denied') return onFatal(error)
      this.#refresh()
    }
    rest(slot, clock)
    this.wake()
  }

  #failed(slot: Slot, error: unknown): void {
    const { onFatal } = this.#parts
    rest(slot, this.#parts.clock)
    if (error instanceof MissingCodec) return onFatal(withPlace(slot, error))
    const action = error instanceof KafkaError ? error.action : 'data'
    if (action === 'denied') return onFatal(error)
    if (action === 'refresh') return this.#refresh()
    // Data that cannot be read is met again and again: it is said, and the other partitions go on.
    this.#tell(slot, error, action === 'data')
  }

  #tell({ topic, partition, next: offset }: Slot, error: unknown, unreadable: boolean): void {
    this.#parts.bus.publish('fetch.failed', { topic, partition, offset, error: errorData(error), unreadable })
  }

  #withoutLeader(slots: readonly Slot[]): void {
    for (const slot of slots) slot.restUntil = this.#parts.clock.now() + AGAIN_MS
    this.#refresh()
  }

  #refresh(): void {
    // When no broker answers, the rest of each slot ends nevertheless, and it is tried again.
    this.#parts.topology.refresh().then(
      () => this.wake(),
      () => {},
    )
  }
}

const withPlace = (slot: Slot, cause: MissingCodec): RacecarError =>
  new RacecarError('CODEC_MISSING', `${keyOf(slot)} holds at offset ${cause.offset} ${cause.message}`, { cause })
