// Produce requests, with acknowledgement by all replicas in sync. One attempt: the answer for each record is its fate, a
// missing one is a failure. A record that may go to any partition goes to one by chance.

import { isRacecarError } from '../../errors.ts'
import type { Clock } from '../../lib/clock.ts'
import { groupBy } from '../../lib/group-by.ts'
import type { Compression, Header, OutgoingRecord, Partitioner, PartitionOffset, ProduceError } from '../engine.ts'
import { partitionFor } from '../partitioner.ts'
import type { Brokers } from './brokers.ts'
import { actionFor, actionOf, KafkaError } from './codes.ts'
import { codecNumberFor } from './outgoing-codec.ts'
import type { Topology } from './topology.ts'

const ALL_IN_SYNC = -1

interface Placed {
  readonly record: OutgoingRecord
  readonly partition: number
  readonly index: number
}

/** So many records were stored, one after another, from this offset on. */
export type OnStored = (at: PartitionOffset, count: number) => void

export interface ProducerParts {
  readonly brokers: Brokers
  readonly topology: Topology
  readonly clock: Clock
  readonly partitioner: Partitioner
  readonly compression: Compression
  readonly onStored?: OnStored
}

export class Producer {
  readonly #parts: ProducerParts

  constructor(parts: ProducerParts) {
    this.#parts = parts
  }

  async produce(records: readonly OutgoingRecord[]): Promise<readonly (ProduceError | undefined)[]> {
    const fates: (ProduceError | undefined)[] = records.map(() => failure(new Error('no answer'), true))
    try {
      await this.#parts.topology.know(new Set(records.map(({ topic }) => topic)))
    } catch (error) {
      return records.map(() => failure(error, true))
    }
    const placed = this.#place(records, fates)
    const byLeader = groupBy(placed, ({ record, partition }) => this.#parts.topology.leaderOf(record.topic, partition))
    await Promise.all([...byLeader].map(([leader, some]) => this.#send(leader, some, fates)))
    if (fates.some(fate => fate?.retriable)) await this.#parts.topology.refresh().catch(() => {})
    return fates
  }

  #place(records: readonly OutgoingRecord[], fates: (ProduceError | undefined)[]): Placed[] {
    const placed: Placed[] = []
    for (const [index, record] of records.entries()) {
      const partitions = this.#parts.topology.partitionsOf(record.topic)
      const partition = record.partition ?? choose(record, this.#parts.partitioner, partitions.length)
      if (partitions.includes(partition)) placed.push({ record, partition, index })
      else fates[index] = failure(new Error(missing(record, partitions.length)), true)
    }
    return placed
  }

  async #send(
    leader: number | undefined,
    placed: readonly Placed[],
    fates: (ProduceError | undefined)[],
  ): Promise<void> {
    if (leader === undefined) return fill(placed, fates, failure(new Error('the partition has no leader'), true))
    const { brokers, clock, compression, onStored } = this.#parts
    const now = clock.epoch()
    const groups = groupBy(placed, ({ record, partition }) => `${record.topic}/${partition}`)
    try {
      const link = brokers.link(leader)
      const codec = await codecNumberFor(compression, link)
      const data = topicData(groups.values(), now)
      const args = { acks: ALL_IN_SYNC, timeout: brokers.timeout, compression: codec, topicData: data }
      const how = { channel: 'produce', timeout: brokers.timeout * 2 } as const
      const { topics } = await link.send('Produce', args, how)
      for (const { topicName, partitions } of topics) {
        for (const { partition, errorCode, baseOffset } of partitions) {
          const group = groups.get(`${topicName}/${partition}`) ?? []
          const fate = fateOf(`${topicName}/${partition}`, errorCode, baseOffset)
          fill(group, fates, fate)
          if (fate === undefined) onStored?.({ topic: topicName, partition, offset: Number(baseOffset) }, group.length)
        }
      }
    } catch (error) {
      const action = actionFor(error)
      fill(placed, fates, failure(error, action !== 'denied' && action !== 'refused' && !isRacecarError(error)))
    }
  }
}

function topicData(groups: Iterable<readonly Placed[]>, now: number) {
  const partitions = [...groups].map(group => ({
    topic: group[0]!.record.topic,
    entry: { partition: group[0]!.partition, messages: group.map(({ record }) => toMessage(record, now)) },
  }))
  return [...groupBy(partitions, ({ topic }) => topic)].map(([topic, some]) => ({
    topic,
    partitions: some.map(({ entry }) => entry),
  }))
}

const toMessage = ({ key, value, headers, timestamp }: OutgoingRecord, now: number) => ({
  key,
  value,
  timestamp: timestamp ?? now,
  headers: toHeaders(headers),
})

// kafkajs takes headers as an object, with an array where a name repeats.
function toHeaders(headers: readonly Header[]): Record<string, Buffer | (Buffer | null)[] | null> {
  const grouped = groupBy(headers, ([name]) => name)
  return Object.fromEntries(
    [...grouped].map(([name, all]) => [name, all.length === 1 ? all[0]![1] : all.map(([, value]) => value)]),
  )
}

function choose(record: OutgoingRecord, partitioner: Partitioner, count: number): number {
  if (count === 0) return -1
  return partitionFor(record, partitioner, count) ?? Math.floor(Math.random() * count)
}

const missing = ({ topic, partition }: OutgoingRecord, known: number): string =>
  known === 0 ? `the topic ${topic} does not exist` : `the topic ${topic} has no partition ${partition}, only ${known}`

function fateOf(what: string, errorCode: number, baseOffset: string): ProduceError | undefined {
  const action = actionOf(errorCode)
  if (action === 'ok')
    return Number(baseOffset) >= 0 ? undefined : failure(new Error(`${what}: acknowledged without an offset`), true)
  return failure(
    new KafkaError(`producing to ${what}`, errorCode),
    ['retry', 'refresh', 'coordinator'].includes(action),
  )
}

function fill(placed: readonly Placed[], fates: (ProduceError | undefined)[], fate: ProduceError | undefined): void {
  for (const { index } of placed) fates[index] = fate
}

function failure(error: unknown, retriable: boolean): ProduceError {
  const known = error instanceof Error ? error : new Error(String(error))
  return Object.assign(new Error(known.message, { cause: known }), { retriable })
}
