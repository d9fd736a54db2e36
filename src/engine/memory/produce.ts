// Stores what clients send, a partition's share of one request as a whole or not at all, and fails where it was told to.

import type { Clock } from '../../lib/clock.ts'
import { keyOf, type OutgoingRecord, type ProduceError } from '../engine.ts'
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
}

export class Ingest {
  readonly #logs: ReadonlyMap<string, readonly PartitionLog[]>
  readonly #clock: Clock
  #faults: readonly ProduceFault[] = []
  #turn = 0

  constructor({ logs, clock }: { logs: ReadonlyMap<string, readonly PartitionLog[]>; clock: Clock }) {
    this.#logs = logs
    this.#clock = clock
  }

  fail(fault: ProduceFault): void {
    this.#faults = [...this.#faults, fault]
  }

  produce(records: readonly OutgoingRecord[]): readonly (ProduceError | undefined)[] {
    const placed = records.map(record => ({ ...record, partition: record.partition ?? this.#choose(record) }))
    const shares = new Map<string, (typeof placed)[number][]>(placed.map(record => [keyOf(record), []]))
    for (const record of placed) shares.get(keyOf(record))?.push(record)
    const errors = new Map([...shares].map(([key, share]) => [key, this.#store(share)]))
    return placed.map(record => errors.get(keyOf(record)))
  }

  #store(share: readonly (OutgoingRecord & { partition: number })[]): ProduceError | undefined {
    const { topic, partition } = share[0]!
    const log = this.#logs.get(topic)?.[partition]
    if (!log) return produceError(`there is no ${topic}/${partition}`, true)
    const fault = this.#strike(topic, partition)
    if (!fault || fault.stored) {
      for (const { key, value, headers, timestamp = this.#clock.epoch() } of share)
        log.append({ key, value, headers, timestamp })
    }
    return fault && produceError(`the cluster was told to fail for ${topic}/${partition}`, fault.retriable)
  }

  #strike(topic: string, partition: number): ProduceFault | undefined {
    const strikes = (fault: ProduceFault) =>
      (fault.topic ?? topic) === topic && (fault.partition ?? partition) === partition
    const index = this.#faults.findIndex(strikes)
    const fault = this.#faults[index]
    if (fault) {
      const left = { ...fault, times: fault.times - 1 }
      this.#faults = this.#faults.toSpliced(index, 1, ...(left.times > 0 ? [left] : []))
    }
    return fault
  }

  /** The same key always goes to the same partition; records without one go round. */
  #choose({ topic, key }: OutgoingRecord): number {
    const count = this.#logs.get(topic)?.length || 1
    const hash = key ? key.reduce((sum, byte) => (sum * 31 + byte) >>> 0, 7) : this.#turn++
    return hash % count
  }
}

export const produceError = (message: string, retriable: boolean): ProduceError =>
  Object.assign(new Error(message), { name: 'ProduceError', retriable })
