// The topic of dead letters as the commands use it, and Kafka behind it. Imported on demand: it brings the Kafka client.

import { clusterOf } from '../../../config/cluster.ts'
import { deadLetterTopicOf } from '../../../config/dead-letter-topic.ts'
import type { Config } from '../../../config/options.ts'
import { isIdempotent } from '../../../config/raw/entries.ts'
import type { KafkaRecord, OutgoingRecord, PartitionOffset } from '../../../engine/engine.ts'
import { type Access, openAccess } from '../../../engine/kafkajs/access.ts'
import { Bookmark } from '../../../engine/kafkajs/bookmark.ts'
import { type Deletion, deleteRecords } from '../../../engine/kafkajs/delete-records.ts'
import { Producer } from '../../../engine/kafkajs/producer.ts'
import { type Bounds, boundsOf, boundsSince, readSpan, type Span } from '../../../engine/kafkajs/reader.ts'
import { isRacecarError, RacecarError } from '../../../errors.ts'
import { Outbox } from '../../../producer/outbox.ts'
import type { Ground } from '../ground.ts'
import { atKafka, type KafkaOptions, REACH_MS } from '../kafka.ts'
import type { Mark } from './progress.ts'

export interface BoxOptions extends KafkaOptions {
  /** Whose dead letters; of others nothing is seen. */
  readonly topic?: string | undefined
  readonly deadLetterTopic?: string | undefined
}

export interface Box {
  readonly topic: string
  bounds(): Promise<readonly Bounds[]>
  /** The same, from what is of this time on, in milliseconds since the epoch. */
  since(bounds: readonly Bounds[], time: number): Promise<readonly Bounds[]>
  read(span: Span): AsyncIterable<KafkaRecord>
  /** What was written down by `save`. */
  marks(): Promise<readonly Mark[]>
  save(marks: readonly Mark[]): Promise<void>
  /** undefined: there is no such topic. */
  partitionsOf(topic: string): Promise<readonly number[] | undefined>
  /** The error of a record that no broker will ever take. Rejects with DELIVERY_FAILED when none has taken it in time. */
  send(record: OutgoingRecord): Promise<Error | undefined>
  remove(before: readonly PartitionOffset[]): Promise<readonly Deletion[]>
}

/** The group whose offsets say what was replayed. */
export const groupOf = (topic: string): string => `${topic}.replay`

/** Has the task done with what the options name, and answers its exit code, or that of the error that it met. */
export const atBox = (options: BoxOptions, ground: Ground, task: (box: Box) => Promise<number>): Promise<number> =>
  atKafka(options, ground, async config => {
    const { socketTimeout } = config
    const topic = nameOf(options, config)
    const parts = { topic, ...clusterOf(config), socketTimeout: socketTimeout * 1000, withinMs: REACH_MS }
    const access = await openAccess({ ...parts, clock: ground.clock })
    try {
      return await task(new KafkaBox(access, topic, config))
    } finally {
      access.close()
    }
  })

function nameOf({ topic, deadLetterTopic }: BoxOptions, config: Config): string {
  if (deadLetterTopic !== undefined) return deadLetterTopic
  if (topic === undefined) throw new RacecarError('USAGE', 'Say whose dead letters: --topic, or --dead-letter-topic')
  // Whoever names the topic of dead letters itself means that.
  return deadLetterTopicOf(topic, config.deadLetterTopic) ?? topic
}

class KafkaBox implements Box {
  readonly topic: string
  readonly #access: Access
  readonly #bookmark: Bookmark
  readonly #outbox: Outbox
  #refusal: Error | undefined

  constructor(
    access: Access,
    topic: string,
    { messageTimeout, partitioner, producer: raw, producerCompressionCodec: compression }: Config,
  ) {
    const producer = new Producer({ ...access, partitioner, compression, idempotent: isIdempotent(raw) })
    this.topic = topic
    this.#access = access
    this.#bookmark = new Bookmark(access, groupOf(topic))
    this.#outbox = new Outbox({
      clock: access.clock,
      messageTimeout: messageTimeout * 1000,
      produce: async records => {
        const answers = await producer.produce(records)
        this.#refusal = answers.find(answer => answer && !answer.retriable)
        return answers
      },
      abandon: records => producer.abandon(records),
      onDelivered: () => {},
      onFailed: () => {},
    })
  }

  bounds(): Promise<readonly Bounds[]> {
    return boundsOf(this.#access, this.topic)
  }

  since(bounds: readonly Bounds[], time: number): Promise<readonly Bounds[]> {
    return boundsSince(this.#access, bounds, time)
  }

  read(span: Span): AsyncIterable<KafkaRecord> {
    return readSpan(this.#access, span)
  }

  marks(): Promise<readonly Mark[]> {
    return this.#bookmark.read(this.topic, this.#access.topology.partitionsOf(this.topic))
  }

  save(marks: readonly Mark[]): Promise<void> {
    return this.#bookmark.write(marks)
  }

  async partitionsOf(topic: string): Promise<readonly number[] | undefined> {
    try {
      return await this.#access.find(topic)
    } catch (error) {
      if (isRacecarError(error) && error.code === 'TOPIC_MISSING') return undefined
      throw error
    }
  }

  async send(record: OutgoingRecord): Promise<Error | undefined> {
    this.#outbox.send(record)
    try {
      await this.#outbox.deliver()
      return undefined
    } catch (error) {
      this.#outbox.forgive()
      if (this.#refusal) return this.#refusal
      throw error
    }
  }

  remove(before: readonly PartitionOffset[]): Promise<readonly Deletion[]> {
    return deleteRecords(this.#access, before)
  }
}
