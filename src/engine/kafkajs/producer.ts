// Produce requests, with acknowledgement by all replicas in sync. One attempt: the answer for each record is its fate, a
// missing one is a failure. A batch whose fate is not known goes again as it was, before anything else of its partition, so that
// brokers store it once. A record that may go to any partition goes to one by chance.

import { isRacecarError } from '../../errors.ts'
import type { Bus } from '../../events/bus.ts'
import type { Clock } from '../../lib/clock.ts'
import { groupBy } from '../../lib/group-by.ts'
import {
  type Compression,
  type Header,
  keyOf,
  type OutgoingRecord,
  type Partitioner,
  type PartitionOffset,
  type ProduceError,
  type TopicPartition,
} from '../engine.ts'
import { partitionFor } from '../partitioner.ts'
import type { Brokers } from './brokers.ts'
import { type Action, actionFor, actionOf, codeOf, KafkaError, Unreached } from './codes.ts'
import { Identification, type Identity } from './identity.ts'
import { codecNumberFor } from './outgoing-codec.ts'
import { type Batch, Sequences } from './sequences.ts'
import type { Topology } from './topology.ts'
import { NO_VALUE } from './wire.ts'

const ALL_IN_SYNC = -1

interface Placed extends TopicPartition {
  readonly record: OutgoingRecord
}

/** undefined: stored. */
type Fate = ProduceError | undefined

/** These were stored, one after another, from this offset on; -1 where the broker does not say it. */
export type OnStored = (at: PartitionOffset, records: readonly OutgoingRecord[]) => void

export interface ProducerParts {
  readonly brokers: Brokers
  readonly topology: Topology
  readonly bus: Bus
  readonly clock: Clock
  readonly partitioner: Partitioner
  readonly idempotent: boolean
  readonly compression: Compression
  readonly onStored?: OnStored
}

export class Producer {
  readonly #parts: ProducerParts
  readonly #identification: Identification
  readonly #sequences = new Sequences()

  constructor(parts: ProducerParts) {
    this.#parts = parts
    this.#identification = new Identification(parts)
  }

  async produce(records: readonly OutgoingRecord[]): Promise<readonly Fate[]> {
    const { topology } = this.#parts
    const fates = new Map<OutgoingRecord, Fate>()
    try {
      await topology.know(new Set(records.map(({ topic }) => topic)), { needed: false })
      const identity = await this.#identification.current()
      await this.#attempt(this.#place(records, fates), identity, fates)
    } catch (error) {
      for (const record of records) if (!fates.has(record)) fates.set(record, failure(error, true))
    }
    const answers = records.map(record => fates.get(record))
    // Not waited for: who tries again rests first, and others who produce would wait as well.
    if (answers.some(fate => fate?.retriable)) void topology.refresh().catch(() => {})
    return answers
  }

  /**
   * These do not come again. Where nobody knows whether they are stored, numbers are missing or were used: the producer begins anew,
   * on another connection.
   */
  abandon(records: readonly OutgoingRecord[]): void {
    const doubts = new Set(records.flatMap(record => this.#sequences.doubtOf(record) ?? []))
    if (doubts.size === 0) return
    for (const batch of doubts) {
      this.#sequences.drop(batch)
      this.#disconnect(batch)
    }
    const [first] = doubts
    this.#identification.renew(`nobody knows whether what was given up for ${keyOf(first!)} is stored`)
  }

  /** A topic was deleted and made again under its name. */
  remade(topic: string): void {
    if (this.#sequences.forget(topic, this.#identification.known))
      this.#identification.renew(`the topic ${topic} was deleted and made again`)
  }

  #place(records: readonly OutgoingRecord[], fates: Map<OutgoingRecord, Fate>): Placed[] {
    const placed: Placed[] = []
    for (const record of records) {
      const { topic } = record
      if (this.#sequences.isStored(record)) {
        fates.set(record, undefined)
        continue
      }
      const partitions = this.#parts.topology.partitionsOf(topic)
      const known = this.#sequences.doubtOf(record)?.partition ?? record.partition
      const partition = known ?? choose(record, this.#parts.partitioner, partitions.length)
      if (partitions.includes(partition)) placed.push({ topic, partition, record })
      else {
        const denied = this.#parts.topology.deniedOf(topic)
        fates.set(record, denied ? failure(denied, false) : missing(record, partitions.length))
      }
    }
    return placed
  }

  /** What is in doubt first; what follows it in its partition only when that is stored. */
  async #attempt(placed: readonly Placed[], identity: Identity | undefined, fates: Map<OutgoingRecord, Fate>) {
    const asked = new Set(placed.map(({ record }) => record))
    const batchOf = (some: readonly Placed[]): Batch => {
      const { topic, partition } = some[0]!
      const firstSequence = this.#sequences.next({ topic, partition }, identity)
      const now = this.#parts.clock.epoch()
      return { topic, partition, identity, firstSequence, now, records: some.map(({ record }) => record) }
    }
    const groups = groupBy(placed, keyOf)
    const first = [...groups.values()].map(some => this.#sequences.doubtIn(some[0]!) ?? batchOf(some))
    const later: Batch[] = []
    for (const [batch, fate] of await this.#sendAll(first, asked)) {
      for (const record of batch.records) fates.set(record, fate)
      const rest = groups.get(keyOf(batch))!.filter(({ record }) => !fates.has(record))
      if (fate === undefined && rest.length > 0) later.push(batchOf(rest))
      else
        for (const { record } of rest)
          fates.set(record, failure(new Error('what was sent before it is not stored'), true, batch))
    }
    for (const [batch, fate] of await this.#sendAll(later, asked))
      for (const record of batch.records) fates.set(record, fate)
  }

  /** One request for each leader, and for what was begun under another identity. */
  async #sendAll(batches: readonly Batch[], asked: ReadonlySet<OutgoingRecord>): Promise<ReadonlyMap<Batch, Fate>> {
    const { topology } = this.#parts
    const fates = new Map<Batch, Fate>()
    const requests = groupBy(batches, ({ topic, partition, identity }) =>
      [topology.leaderOf(topic, partition), identity?.producerId].join(),
    )
    const settled = (batch: Batch, fate: Fate) => {
      if (fate === undefined) this.#sequences.settle(batch, asked)
      fates.set(batch, fate)
    }
    await Promise.all([...requests.values()].map(some => this.#send(some, settled)))
    return fates
  }

  async #send(batches: readonly Batch[], settled: (batch: Batch, fate: Fate) => void): Promise<void> {
    const { brokers, compression, topology } = this.#parts
    const [{ topic, partition, identity }] = batches as [Batch]
    const leader = topology.leaderOf(topic, partition)
    const fail = (error: unknown, retriable: boolean) => {
      for (const batch of batches) settled(batch, failure(error, retriable, batch))
    }
    if (leader === undefined) return fail(new Error('the partition has no leader'), true)
    let isSent = false
    try {
      const link = brokers.link(leader)
      const codec = await codecNumberFor(compression, await link.open('produce'))
      const data = topicData(batches)
      const args = { acks: ALL_IN_SYNC, timeout: brokers.timeout, ...identity, compression: codec, topicData: data }
      const how = { channel: 'produce', timeout: brokers.timeout * 2 } as const
      isSent = true
      const { topics } = await link.send('Produce', args, how)
      const answers = new Map(
        topics.flatMap(({ topicName, partitions }) => partitions.map(one => [`${topicName}/${one.partition}`, one])),
      )
      for (const batch of batches) settled(batch, this.#fateOf(batch, answers.get(keyOf(batch))))
    } catch (error) {
      const action = actionFor(error)
      const isPassing = action !== 'denied' && action !== 'refused' && !isRacecarError(error)
      if (isPassing && isSent) for (const batch of batches) this.#sequences.doubt(batch)
      fail(error, isPassing)
    }
  }

  #fateOf(batch: Batch, answer: { readonly errorCode: number; readonly baseOffset: string } | undefined): Fate {
    if (answer === undefined) return this.#doubt(batch, new Error('no answer'))
    const { errorCode } = answer
    const offset = Number(answer.baseOffset)
    const action = actionOf(errorCode)
    const { topic, partition, records, identity } = batch
    if (action === 'ok') {
      // Of what it has already a broker may not know where.
      if (errorCode === 0 && offset < 0)
        return this.#doubt(batch, new Error(`${keyOf(batch)}: acknowledged without an offset`))
      this.#parts.onStored?.({ topic, partition, offset }, records)
      return undefined
    }
    const error = new KafkaError(`producing to ${keyOf(batch)}`, errorCode)
    if (PASSING.includes(action)) return this.#doubt(batch, error)
    const wasInDoubt = this.#sequences.drop(batch)
    const isMayNot = identity !== undefined && errorCode === MAY_NOT_COUNT
    if (isMayNot) this.#identification.refuse(error)
    else if (action === 'producer' || wasInDoubt) this.#identification.renew(error.message)
    return failure(error, isMayNot || action === 'producer', batch)
  }

  #doubt(batch: Batch, error: Error): ProduceError {
    this.#sequences.doubt(batch)
    return failure(error, true, batch)
  }

  #disconnect({ topic, partition }: Batch): void {
    const { brokers, topology } = this.#parts
    const leader = topology.leaderOf(topic, partition)
    const why = new Unreached('what was sent on this connection has been given up')
    if (leader !== undefined && brokers.knows(leader)) brokers.link(leader).break(why, 'produce')
  }
}

const PASSING: readonly Action[] = ['retry', 'refresh', 'coordinator']
/** Of brokers before 2.8, which want a right of its own for producers that count. */
const MAY_NOT_COUNT = codeOf('CLUSTER_AUTHORIZATION_FAILED')

function topicData(batches: readonly Batch[]) {
  return [...groupBy(batches, ({ topic }) => topic)].map(([topic, some]) => ({
    topic,
    partitions: some.map(({ partition, firstSequence, records, now }) => ({
      partition,
      firstSequence,
      messages: records.map(record => toMessage(record, now)),
    })),
  }))
}

const toMessage = ({ key, value, headers, timestamp }: OutgoingRecord, now: number) => ({
  key,
  value,
  timestamp: timestamp ?? now,
  headers: toHeaders(headers),
})

// kafkajs takes headers as an object, with an array where a name repeats.
function toHeaders(headers: readonly Header[]): Record<string, Buffer | Buffer[]> {
  const grouped = groupBy(headers, ([name]) => name)
  return Object.fromEntries(
    [...grouped].map(([name, all]) => {
      const [first, ...more] = all.map(([, value]) => value ?? NO_VALUE)
      return [name, more.length === 0 ? first! : [first!, ...more]]
    }),
  )
}

function choose(record: OutgoingRecord, partitioner: Partitioner, count: number): number {
  if (count === 0) return -1
  return partitionFor(record, partitioner, count) ?? Math.floor(Math.random() * count)
}

function missing({ topic, partition }: OutgoingRecord, known: number): ProduceError {
  const what =
    known === 0
      ? `the topic ${topic} does not exist`
      : `the topic ${topic} has no partition ${partition}, only ${known}`
  return failure(Object.assign(new Error(what), { code: 'UNKNOWN_TOPIC_OR_PARTITION' }), true, { partition })
}

function failure(error: unknown, retriable: boolean, at: Pick<OutgoingRecord, 'partition'> = {}): ProduceError {
  const known = error instanceof Error ? error : new Error(String(error))
  return Object.assign(new Error(known.message, { cause: known }), { retriable, partition: at.partition })
}
