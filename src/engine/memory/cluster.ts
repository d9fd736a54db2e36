// A Kafka cluster in memory: topics, groups, and the links of clients to it, all on one clock that is handed in, so that a day
// passes in the time it takes to run its timers. What a test or a test kit does to a cluster is done here; clients come in by
// `connect` and ask through their link.

import type { Clock } from '../../lib/clock.ts'
import { type KafkaRecord, keyOf, type OutgoingRecord, type TopicPartition } from '../engine.ts'
import { Group, layoutOf } from './group.ts'
import { Link } from './link.ts'
import { type NewRecord, PartitionLog } from './log.ts'
import { Ingest } from './produce.ts'

export interface ClusterOptions {
  readonly clock: Clock
  /** Milliseconds that a request takes each way. */
  readonly latency?: number
  /** A client is about to store this: the moment to create its topic. */
  readonly onSend?: (record: OutgoingRecord) => void
  readonly onStored?: (at: TopicPartition, record: KafkaRecord) => void
}

export class MemoryCluster {
  readonly #clock: Clock
  readonly #latency: number
  readonly #logs = new Map<string, PartitionLog[]>()
  readonly #groups = new Map<string, Group>()
  readonly #links = new Map<object, Link>()
  readonly #ingest: Ingest
  #isUp = true
  #memberIds = 0

  constructor({ clock, latency = 1, ...listeners }: ClusterOptions) {
    this.#clock = clock
    this.#latency = latency
    this.#ingest = new Ingest({ logs: this.#logs, clock, ...listeners })
  }

  createTopic(topic: string, partitions: number): void {
    if (this.#logs.has(topic)) throw new Error(`topic ${topic} exists already`)
    this.#logs.set(topic, [])
    this.addPartitions(topic, partitions)
  }

  /** So that there are `total` from now on. */
  addPartitions(topic: string, total: number): void {
    const logs = this.#topic(topic)
    while (logs.length < total) logs.push(new PartitionLog())
  }

  append(to: TopicPartition, { key = null, value = null, headers = [], timestamp }: Partial<NewRecord>): number {
    return this.log(to).append({ key, value, headers, timestamp: timestamp ?? this.#clock.epoch() })
  }

  /** For what no client can do: gaps, compaction, deleting; and to see what is stored. */
  log(of: TopicPartition): PartitionLog {
    const log = this.#topic(of.topic)[of.partition]
    if (!log) throw new Error(`there is no ${keyOf(of)}`)
    return log
  }

  records(of: TopicPartition): readonly KafkaRecord[] {
    return this.log(of).records
  }

  group(groupId: string): Group {
    let group = this.#groups.get(groupId)
    if (!group) {
      group = new Group({ clock: this.#clock, partitionsOf: topic => this.partitionsOf(topic), isUp: () => this.#isUp })
      this.#groups.set(groupId, group)
    }
    return group
  }

  /** One line that changes when one of these topics does; 0 partitions: it does not exist. */
  layout(topics: readonly string[]): string {
    return layoutOf(topics, topic => this.partitionsOf(topic))
  }

  /** 0: there is no such topic. */
  partitionsOf(topic: string): number {
    return this.#logs.get(topic)?.length ?? 0
  }

  has(topic: string): boolean {
    return this.#logs.has(topic)
  }

  get ingest(): Ingest {
    return this.#ingest
  }

  newMemberId(clientId: string): string {
    return `${clientId}-${++this.#memberIds}`
  }

  connect(client: object): Link {
    const link = new Link({ clock: this.#clock, latency: this.#latency, clusterIsUp: () => this.#isUp })
    this.#links.set(client, link)
    return link
  }

  /** A client that has gone for good. */
  disconnect(client: object): void {
    this.#links.delete(client)
  }

  /** From now on this client reaches nothing, until `heal`. */
  cut(client: object): void {
    this.#links.get(client)?.cut()
  }

  heal(client: object): void {
    this.#links.get(client)?.heal()
  }

  /** As if the client's process had been killed: no goodbye, and no answer reaches it any more; what it has sent arrives. */
  crash(client: object): void {
    this.#links.get(client)?.kill()
  }

  /** Nobody reaches anything, until `recover`. What is stored stays. */
  outage(): void {
    this.#isUp = false
    for (const link of this.#links.values()) link.breakOff()
  }

  recover(): void {
    this.#isUp = true
    for (const group of this.#groups.values()) group.wake()
  }

  #topic(topic: string): PartitionLog[] {
    const logs = this.#logs.get(topic)
    if (!logs) throw new Error(`there is no topic ${topic}`)
    return logs
  }
}
