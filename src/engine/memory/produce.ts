// Stores what clients send, a partition's share of one request as a whole or not at all, and fails where it was told to.

import type { Clock } from '../../lib/clock.ts'
import {
  type KafkaRecord,
  keyOf,
  type OutgoingRecord,
  type Partitioner,
  type ProduceError,
  type TopicPartition,
} from '../engine.ts'
import { partitionFor } from '../partitioner.ts'
import type { PartitionLog } from './log.ts'

export interface ProduceFault {
  /** Where it strikes; everywhere, where it is not given. */
  readonly topic?: string
  readonly partition?: number
  /** How many shares of requests fail; Infinity for all. */
  readonly times: number
  readonly retriable: boolean
  /** The records are stored and only the answer says that they are not, as when it was lost. */
  readonly stored?: boolean
  /** Shares of several records fail as well, but only those of one are counted: a sender takes what is refused apart. */
  readonly alone?: boolean
}

export interface IngestParts {
  readonly logs: ReadonlyMap<string, readonly PartitionLog[]>
  readonly clock: Clock
  readonly onSend?: (record: OutgoingRecord) => void
  readonly onStored?: (at: TopicPartition, record: KafkaRecord) => void
}

export class Ingest {
  readonly #parts: IngestParts
  #faults: readonly ProduceFault[] = []
  #turn = 0

  constructor(parts: IngestParts) {
    this.#parts = parts
  }

  fail(fault: ProduceFault): void {
    this.#faults = [...this.#faults, fault]
  }

  produce(records: readonly OutgoingRecord[], partitioner: Partitioner): readonly (ProduceError | undefined)[] {
    const placed = records.map(record => {
      this.#parts.onSend?.(record)
      return { ...record, partition: record.partition ?? this.choose(record, partitioner) }
    })
    const shares = new Map<string, (typeof placed)[number][]>(placed.map(record => [keyOf(record), []]))
    for (const record of placed) shares.get(keyOf(record))?.push(record)
    const errors = new Map([...shares].map(([key, share]) => [key, this.#store(share)]))
    return placed.map(record => errors.get(keyOf(record)))
  }

  #store(share: readonly (OutgoingRecord & { partition: number })[]): ProduceError | undefined {
    const { topic, partition } = share[0]!
    const log = this.#parts.logs.get(topic)?.[partition]
    if (!log) return produceError(`there is no ${topic}/${partition}`, true)
    const fault = this.#strike(topic, partition, share.length)
    if (!fault || fault.stored) {
      for (const { key, value, headers, timestamp = this.#parts.clock.epoch() } of share) {
        const record = { key, value, headers, timestamp }
        const offset = log.append(record)
        this.#parts.onStored?.({ topic, partition }, { ...record, offset })
      }
    }
    return fault && produceError(`the cluster was told to fail for ${topic}/${partition}`, fault.retriable)
  }

  #strike(topic: string, partition: number, count: number): ProduceFault | undefined {
    const strikes = (fault: ProduceFault) =>
      (fault.topic ?? topic) === topic && (fault.partition ?? partition) === partition
    const index = this.#faults.findIndex(strikes)
    const fault = this.#faults[index]
    if (fault && !(fault.alone && count > 1)) {
      const left = { ...fault, times: fault.times - 1 }
      this.#faults = this.#faults.toSpliced(index, 1, ...(left.times > 0 ? [left] : []))
    }
    return fault
  }

  /** What may go anywhere goes round. */
  choose(record: Pick<OutgoingRecord, 'topic' | 'key' | 'partitionKey'>, partitioner: Partitioner): number {
    const count = this.#parts.logs.get(record.topic)?.length || 1
    return partitionFor(record, partitioner, count) ?? this.#turn++ % count
  }
}

export const produceError = (message: string, retriable: boolean): ProduceError =>
  Object.assign(new Error(message), { name: 'ProduceError', retriable })
