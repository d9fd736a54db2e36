// A small Kafka for one test: topics that are there when somebody needs them, what was given and what was produced, and how far
// the group is. Knows nothing of the consumer's class.

import { type Message, makeMessage } from '../consumer/message.ts'
import type { ProduceTo, ProduceValue } from '../consumer/outlet.ts'
import type { TopicName } from '../consumer/subscription.ts'
import { keyOf, type OutgoingRecord, type Partitioner, type TopicPartition } from '../engine/engine.ts'
import { createMemoryEngine, MemoryCluster } from '../engine/memory/index.ts'
import type { Clock } from '../lib/clock.ts'
import { encode } from '../producer/encode.ts'
import type { Stored } from '../producer/surroundings.ts'
import { contentsOf, type GivenRecord } from './given.ts'

export interface WorldParts {
  readonly clock: Clock
  readonly groupId: string
  /** Of each topic. */
  readonly partitions: number
  readonly subscribed: readonly string[]
  readonly retryTopics: readonly string[]
  /** Of what is given without a partition. */
  readonly partitioner: Partitioner
}

export const nameOf = (topic: TopicName): string => (typeof topic === 'string' ? topic : topic.name)

/** So often a consumer may consume, at one instant, what it has produced itself. */
const MOST_LOOPS = 1000
/** Of a message that was not told to fail for good, but each time. */
const MOST_ATTEMPTS = 1000

export class World {
  readonly produced: Message[] = []
  /** Stored in retry topics. */
  readonly deferred: Message[] = []
  readonly #parts: WorldParts
  readonly #cluster: MemoryCluster
  #withheld: readonly TopicPartition[] = []
  #last: Stored = { topic: '', partition: 0, offset: -1 }
  #loops = { at: 0, count: 0, topic: '' }

  constructor(parts: WorldParts) {
    this.#parts = parts
    this.#cluster = new MemoryCluster({
      clock: parts.clock,
      // A request takes no time: what needs none can be told from what waits.
      latency: 0,
      onSend: record => this.#makeRoom(record),
      onStored: ({ topic, partition }, record) => {
        const stored = parts.retryTopics.includes(topic) ? this.deferred : this.produced
        stored.push(makeMessage(topic, partition, record, 0))
        this.#last = { topic, partition, offset: record.offset }
        if (parts.subscribed.includes(topic)) this.#loop(topic)
      },
    })
    for (const topic of this.#consumed) this.#cluster.createTopic(topic, parts.partitions)
  }

  get engine() {
    return createMemoryEngine(this.#cluster)
  }

  /** All of the subscribed topics that are not withheld. */
  get partitions(): readonly TopicPartition[] {
    const withheld = new Set(this.#withheld.map(keyOf))
    return this.#consumed
      .flatMap(topic => Array.from({ length: this.#parts.partitions }, (_, partition) => ({ topic, partition })))
      .filter(at => !withheld.has(keyOf(at)))
  }

  /** A partition that the consumer subscribes to; throws for any other. Without a topic it is the only one. */
  at(topic: TopicName | undefined, partition: number): TopicPartition {
    const { partitions } = this.#parts
    const name = this.#subscribed(topic)
    if (Number.isInteger(partition) && partition >= 0 && partition < partitions) return { topic: name, partition }
    throw new RangeError(
      `there is no partition ${partition}: each topic has ${partitions}; set it with testConsumer(…, { partitions })`,
    )
  }

  /** All or, where one is wrong, none. */
  write(given: readonly GivenRecord[]): void {
    const records = given.map(one => {
      const record = {
        ...contentsOf(one, 'give'),
        ...(one.timestamp === undefined ? {} : { timestamp: Number(one.timestamp) }),
      }
      const topic = this.#subscribed(one.topic)
      if (one.partition !== undefined) this.at(topic, one.partition)
      return { topic, record, partition: one.partition }
    })
    for (const { topic, record, partition } of records) {
      const chosen = partition ?? this.#cluster.ingest.choose({ topic, key: record.key }, this.#parts.partitioner)
      this.#cluster.append({ topic, partition: chosen }, record)
    }
  }

  /** What was produced beside the consumer. Rejects where a delivery was told to fail for good. */
  async store(value: ProduceValue, to: ProduceTo): Promise<Stored> {
    const record = encode(value, to)
    for (let attempt = 0; ; attempt++) {
      const [error] = this.#cluster.ingest.produce([record], this.#parts.partitioner)
      if (error === undefined) return this.#last
      if (!error.retriable || attempt === MOST_ATTEMPTS) throw error
    }
  }

  /** The offset after the last message. */
  end(of: TopicPartition): number {
    return this.#cluster.log(of).end
  }

  committed(of: TopicPartition): number | null {
    return this.#group.committed(of)
  }

  withhold(at: TopicPartition): void {
    this.#withholdOnly([...this.#withheld, at])
  }

  handBack(at: TopicPartition): void {
    this.#withholdOnly(this.#withheld.filter(one => keyOf(one) !== keyOf(at)))
  }

  fail(topic: TopicName, { times, retriable }: { readonly times: number; readonly retriable: boolean }): void {
    this.#cluster.ingest.fail({ topic: nameOf(topic), times, retriable, alone: !retriable })
  }

  /** Throws where a consumer feeds itself without end. */
  guard(): void {
    const { count, topic } = this.#loops
    if (count <= MOST_LOOPS) return
    this.#loops.count = 0
    throw new Error(
      `More than ${MOST_LOOPS} messages were produced to ${topic}, which the consumer consumes itself, and no time has passed: ` +
        'does it answer each with another one?',
    )
  }

  get #consumed(): readonly string[] {
    return [...this.#parts.subscribed, ...this.#parts.retryTopics]
  }

  get #group() {
    return this.#cluster.group(this.#parts.groupId)
  }

  #subscribed(topic: TopicName | undefined): string {
    const { subscribed } = this.#parts
    const list = subscribed.join(', ')
    if (topic === undefined) {
      if (subscribed.length === 1) return subscribed[0]!
      throw new TypeError(`the consumer subscribes to ${list}: say which topic is meant`)
    }
    const name = nameOf(topic)
    if (this.#consumed.includes(name)) return name
    throw new TypeError(`the consumer does not subscribe to ${name}, but to ${list}`)
  }

  #withholdOnly(partitions: readonly TopicPartition[]): void {
    this.#withheld = partitions
    this.#group.withhold(partitions)
  }

  #makeRoom({ topic, partition = 0 }: OutgoingRecord): void {
    const { partitions } = this.#parts
    if (!this.#cluster.has(topic)) this.#cluster.createTopic(topic, Math.max(partitions, partition + 1))
    else if (!this.#consumed.includes(topic)) this.#cluster.addPartitions(topic, partition + 1)
  }

  #loop(topic: string): void {
    const at = this.#parts.clock.now()
    this.#loops = { at, topic, count: this.#loops.at === at ? this.#loops.count + 1 : 1 }
  }
}
