// Topics that a consumer is fed from, on the real broker: produces what handlers are told to do, and keeps what was acknowledged.
// Knows nothing of who consumes.

import { setTimeout as wait } from 'node:timers/promises'
import type { Producer } from 'kafkajs'
import { groupBy } from '../../src/lib/group-by.ts'
import type { Order } from '../fixtures/consumers/obedient-consumer.ts'
import { type Acknowledged, now, where } from './ledger.ts'
import type { TestTopics } from './topics.ts'

export interface LoadOptions {
  readonly everyMs?: number
  readonly order?: Partial<Order>
  /** Goes on where the brokers did not take something. */
  readonly isPatient?: boolean
}

export interface Load {
  /** Stops producing; resolves when all that was sent is acknowledged. */
  stop(): Promise<void>
}

export interface FeedParts {
  readonly topics: TestTopics
  readonly topic: string
  readonly partitions: number
  readonly producer: Producer
}

export class Feed {
  readonly topics: TestTopics
  /** Where messages go if nothing else is said. */
  readonly topic: string
  /** The topics that are consumed, with their numbers of partitions. */
  readonly shape: Map<string, number>
  readonly acknowledged: Acknowledged[] = []
  producer: Producer
  readonly #retired: Producer[] = []
  readonly #loads = new Set<Load>()
  #sent = 0

  constructor({ topics, topic, partitions, producer }: FeedParts) {
    this.topics = topics
    this.topic = topic
    this.producer = producer
    this.shape = new Map([[topic, partitions]])
  }

  get partitions(): number {
    return this.shape.get(this.topic)!
  }

  /** All partitions that are consumed: `topic/partition`. */
  get everywhere(): string[] {
    return [...this.shape].flatMap(([topic, partitions]) =>
      Array.from({ length: partitions }, (_, partition) => where({ topic, partition })),
    )
  }

  /** Adds partitions to the topic, until there are `total`. */
  async grow(total: number): Promise<void> {
    await this.topics.grow(this.topic, total)
    // A producer of kafkajs's would say nothing, and send nothing, to partitions that it has not heard of.
    const before = this.producer
    this.producer = await connected(this.topics)
    this.#retired.push(before)
    this.shape.set(this.topic, total)
  }

  /** Makes a topic that the consumer already waits for. */
  async add(topic: string, partitions: number): Promise<void> {
    await this.topics.createNamed(topic, { partitions })
    this.shape.set(topic, partitions)
  }

  /** What was sent to a topic counts no more. */
  protected forget(topic: string): void {
    this.shape.delete(topic)
    this.acknowledged.splice(0, this.acknowledged.length, ...this.acknowledged.filter(one => one.topic !== topic))
  }

  /** Produces one message for each order, over the partitions in turn or to the one that is named. */
  async send(
    orders: readonly Partial<Order>[],
    to: { topic?: string; partition?: number } = {},
  ): Promise<Acknowledged[]> {
    const { topic = this.topic } = to
    const partitions = await this.#partitionsOf(topic)
    const numbered = orders.map(order => ({ ...order, seq: this.#sent++ }))
    const byPartition = groupBy(numbered, ({ seq }) => to.partition ?? seq % partitions)
    const messages = [...byPartition].flatMap(([partition, some]) =>
      some.map(order => ({ partition, key: `key-${partition}`, value: JSON.stringify(order) })),
    )
    const results = await this.producer.send({ topic, acks: -1, messages })
    const added = results.flatMap(({ partition, baseOffset }) =>
      byPartition.get(partition)!.map(({ seq }, i) => {
        return { topic, partition, offset: Number(baseOffset) + i, key: `key-${partition}`, seq }
      }),
    )
    this.acknowledged.push(...added)
    if (added.length < orders.length) throw new Error(`${orders.length - added.length} messages went nowhere`)
    return added
  }

  /** One message for each partition every so many milliseconds, until it is stopped; in an outage, what follows is sent instead. */
  load({ everyMs = 20, order = {}, isPatient = false }: LoadOptions = {}): Load {
    let isOn = true
    const run = async () => {
      for (let due = now(); isOn; due = Math.max(due + everyMs, now() - 1000)) {
        await wait(Math.max(0, due - now()))
        const sending = this.send(Array.from({ length: this.partitions }, () => order))
        await (isPatient ? sending.catch(() => {}) : sending)
      }
    }
    const running = run()
    running.catch(() => {})
    const load = {
      stop: () => {
        isOn = false
        this.#loads.delete(load)
        return running
      },
    }
    this.#loads.add(load)
    return load
  }

  /** Ends what still produces, and deletes the topics. */
  async close(): Promise<void> {
    for (const load of this.#loads) await load.stop().catch(() => {})
    for (const producer of [...this.#retired, this.producer]) await producer.disconnect()
    await this.topics.close()
  }

  async #partitionsOf(topic: string): Promise<number> {
    return this.shape.get(topic) ?? (await this.topics.ends(topic)).length
  }
}

export async function connected({ kafka }: TestTopics): Promise<Producer> {
  const producer = kafka.producer({ allowAutoTopicCreation: false })
  await producer.connect()
  return producer
}
