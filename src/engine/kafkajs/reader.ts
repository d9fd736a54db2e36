// Reads a topic without a group, from one offset to another. The fetcher of the members does it, so that codecs, transactions,
// checksums and leaders that move are dealt with alike; only what waiting does not mend is an error here, for nobody waits for ever.

import { RacecarError } from '../../errors.ts'
import { createBus } from '../../events/bus.ts'
import { type Deferred, deferred } from '../../lib/deferred.ts'
import { reasonOf } from '../../lib/reason.ts'
import { within } from '../../lib/within.ts'
import { type FetchedBatch, type KafkaRecord, keyOf, type PartitionOffset, type TopicPartition } from '../engine.ts'
import { resetOf } from '../out-of-range.ts'
import { type Access, notAllowed } from './access.ts'
import { actionFor } from './codes.ts'
import { Fetcher } from './fetcher.ts'
import { EARLIEST, LATEST, offsetsAt } from './offsets-at.ts'

const MEGABYTE = 2 ** 20
/** For so long nothing may come before it is given up. */
const PATIENCE_MS = 15_000
const SETTINGS = { subscriptions: [], fetchMinBytes: 1, maxBytes: 10 * MEGABYTE, maxWaitTime: 500 }

/** What a log holds: from `start` on, and nothing from `end` on. */
export interface Bounds extends TopicPartition {
  readonly start: number
  readonly end: number
}

export interface Span extends TopicPartition {
  readonly from: number
  /** Not read any more. */
  readonly to: number
}

/** Rejects with BROKER_UNAVAILABLE, TLS_FAILED or NOT_ALLOWED. */
export async function boundsOf(access: Access, topic: string): Promise<Bounds[]> {
  const partitions = access.topology.partitionsOf(topic).map(partition => ({ topic, partition }))
  const starts = await told(access, partitions, EARLIEST)
  const ends = await told(access, partitions, LATEST)
  return partitions.map((p, index) => ({ ...p, start: starts[index]!, end: ends[index]! }))
}

/** The first offset of each log that is of this time (milliseconds since the epoch) or later, or its end. */
export async function boundsSince(access: Access, bounds: readonly Bounds[], time: number): Promise<Bounds[]> {
  const offsets = await told(access, bounds, time)
  return bounds.map((one, index) => ({ ...one, start: offsets[index]! < 0 ? one.end : offsets[index]! }))
}

/** In order, aborted transactions left out. Rejects with BROKER_UNAVAILABLE, NOT_ALLOWED or CODEC_MISSING. */
export async function* readSpan(access: Access, span: Span): AsyncGenerator<KafkaRecord> {
  const reading = new Reading(access, span)
  try {
    for (let batch = await reading.next(); batch; batch = await reading.next())
      for (const record of batch.records) if (record.offset < span.to) yield record
  } finally {
    reading.stop()
  }
}

class Reading {
  readonly #access: Access
  readonly #span: Span
  readonly #fetcher: Fetcher
  #position: number
  #waiting: Deferred<FetchedBatch> | undefined
  #last: unknown

  constructor(access: Access, span: Span) {
    const { brokers, topology, clock } = access
    this.#access = access
    this.#span = span
    this.#position = span.from
    const bus = createBus()
    bus.on('fetch.failed', ({ error }) => {
      this.#last = error
    })
    const onFatal = (error: unknown) => this.#waiting?.reject(error as Error)
    // What was deleted meanwhile cannot be read any more: the rest is.
    const reset = async (at: PartitionOffset) => {
      const [[start], [end]] = await Promise.all([told(access, [span], EARLIEST), told(access, [span], LATEST)])
      const isThere = at.offset >= start! && at.offset <= end!
      return isThere ? undefined : resetOf(at, { start: start!, end: end! }, 'earliest')
    }
    const sink = {
      wants: () => (this.#waiting ? MEGABYTE : 0),
      records: (batch: FetchedBatch) => this.#take(batch),
    }
    const common = { brokers, topology, clock, bus, settings: SETTINGS, sink, positions: { reset }, onFatal }
    // What is left of the log ends before what was to be read.
    const onSetBack = () => onFatal(new Error(`${keyOf(span)} was made anew while it was read`))
    this.#fetcher = new Fetcher({ ...common, onSetBack })
    this.#fetcher.add({ topic: span.topic, partition: span.partition, offset: span.from })
  }

  /** undefined: all is read. */
  async next(): Promise<FetchedBatch | undefined> {
    if (this.#position >= this.#span.to) return undefined
    const waiting = deferred<FetchedBatch>()
    this.#waiting = waiting
    this.#fetcher.wake()
    const { clock } = this.#access
    try {
      if (await within(clock, waiting.promise, clock.now() + PATIENCE_MS)) return await waiting.promise
    } catch (error) {
      throw actionFor(error) === 'denied' ? notAllowed(error) : error
    } finally {
      this.#waiting = undefined
    }
    throw unanswered(`${keyOf(this.#span)} cannot be read at offset ${this.#position}`, this.#last)
  }

  stop(): void {
    this.#fetcher.stop()
  }

  #take(batch: FetchedBatch): void {
    this.#position = batch.next
    this.#waiting?.resolve(batch)
    this.#waiting = undefined
  }
}

/** Asks until each leader has answered. */
async function told(access: Access, partitions: readonly TopicPartition[], time: number): Promise<number[]> {
  const end = access.clock.now() + PATIENCE_MS
  for (;;) {
    const offsets = await offsetsAt(access, partitions, time).catch(error => {
      throw actionFor(error) === 'denied' ? notAllowed(error) : error
    })
    const missing = partitions.filter((_, index) => offsets[index] === undefined)
    if (missing.length === 0) return offsets as number[]
    if (access.clock.now() >= end) throw unanswered(`the leader of ${missing.map(keyOf).join(', ')} cannot be asked`)
    await access.topology.refresh().catch(() => {})
  }
}

const unanswered = (what: string, why?: unknown): RacecarError =>
  new RacecarError(
    'BROKER_UNAVAILABLE',
    `${what} within ${PATIENCE_MS / 1000} s${why === undefined ? '' : `: ${reasonOf(why)}`}`,
  )
