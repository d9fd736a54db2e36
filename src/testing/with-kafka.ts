// A test on a real protocol: a Kafka of its own for each, the consumers that it runs, and what it puts into topics and finds there. It
// makes a function that any test runner can call.

import { loadConfig } from '../config/load.ts'
import type { RunnableConsumer } from '../consumer/consumer.ts'
import type { Message } from '../consumer/message.ts'
import type { TopicName } from '../consumer/subscription.ts'
import type { Topic } from '../consumer/topic.ts'
import type { EngineFactory } from '../engine/engine.ts'
import { systemClock } from '../lib/clock.ts'
import { type StandIn, surroundings } from '../producer/surroundings.ts'
import { StandaloneProducer } from '../standalone/producer.ts'
import { asRecord, contentsOf, type GivenRecord } from './given.ts'
import { readAll } from './read-all.ts'
import { type RealKafka, shareKafka, type Topics } from './real-kafka.ts'
import { RunningConsumer } from './running-consumer.ts'
import { mustKnow, prepare, type RunOptions, setUp } from './set-up.ts'
import { UserCode } from './user-code.ts'
import { nameOf } from './world.ts'

export interface WithKafkaOptions {
  /** Made before the test begins: names, or names with numbers of partitions. */
  readonly topics?: Topics
  /** Of topics whose number is not given, those that consumers subscribe to among them; 1 by default. */
  readonly partitions?: number
}

/**
 * Seconds that consumers have for their stop when the test has ended. Test runners mostly give a test five; why it has failed must not
 * be lost behind a handler that hangs, after a `settle` that has waited for it already.
 */
const GRACE = { passed: 4, failed: 0.1 }

type Body = (kafka: KafkaTest) => unknown

/**
 * `test('…', withKafka(async kafka => { … }))`: a function for any test runner, which gives its test a Kafka with no topics and no
 * groups but its own. It needs the package racecar-embedded, whose process all test files of a run share.
 */
export function withKafka(test: Body): () => Promise<void>
export function withKafka(options: WithKafkaOptions, test: Body): () => Promise<void>
export function withKafka(first: WithKafkaOptions | Body, second?: Body): () => Promise<void> {
  const [options, test] = typeof first === 'function' ? [{}, first] : [first, second!]
  mustKnow(options, ['topics', 'partitions'] satisfies (keyof WithKafkaOptions)[], 'withKafka')
  const { topics = [], partitions = 1 } = options
  // Without parameters: a test runner would take one for its callback.
  return async () => {
    const kafka = await shareKafka({ topics, partitions })
    const running: RunningConsumer[] = []
    const around = surroundings().local
    const producer = producerTo(kafka.brokers)
    // Otherwise it would stand in for itself.
    const standIn: StandIn = (value, to) => around.run(undefined, () => producer.produceSync(value, to))
    let within = GRACE.passed
    try {
      await around.run(standIn, test, new KafkaTest({ kafka, partitions, running }))
    } catch (error) {
      within = GRACE.failed
      throw error
    } finally {
      await Promise.allSettled(running.map(consumer => consumer.stop({ within })))
      await producer.close()
      await kafka.stop()
    }
  }
}

/** A Kafka on the same machine answers at once. */
const ANSWER_MS = 5_000

/** Of no options but these: what is configured for this project is another Kafka's. */
function producerTo(brokers: readonly string[]): StandaloneProducer {
  const { config } = loadConfig({ given: { brokers, messageTimeout: GRACE.passed } })
  return new StandaloneProducer({}, async (_, events) =>
    (await import('../standalone/line.ts')).lineWith(config, events),
  )
}

const RUN_OPTIONS = ['config', 'onError', 'prepare', 'name'] satisfies (keyof RunOptions)[]

interface KafkaTestParts {
  readonly kafka: RealKafka
  readonly partitions: number
  /** What has to be stopped at the end. */
  readonly running: RunningConsumer[]
}

export class KafkaTest {
  readonly #parts: KafkaTestParts

  constructor(parts: KafkaTestParts) {
    this.#parts = parts
  }

  /** For any Kafka client. */
  get brokers(): readonly string[] {
    return this.#parts.kafka.brokers
  }

  /** Refuses names that are taken. */
  createTopics(topics: Topics): Promise<void> {
    return this.#parts.kafka.createTopics(topics)
  }

  /**
   * Runs the consumer in this process, as a worker does in production: initialized, and a member of its group. Topics that it
   * subscribes to are made where they are missing. It is stopped when the test ends.
   */
  async run<C extends RunnableConsumer>(
    consumer: C,
    options: RunOptions<InstanceType<C>> = {},
  ): Promise<RunningConsumer<InstanceType<C>>> {
    mustKnow(options, RUN_OPTIONS, 'run')
    const { kafka, running } = this.#parts
    const config = { ...options.config, brokers: this.brokers }
    const set = setUp(consumer, { ...options, config }, 'run')
    for (const topic of [...set.subscribed, ...set.retryTopics]) await this.#make(topic)
    const around = { engine: await kafkajs(), clock: systemClock, instanceId: null }
    // Real time goes on by itself: nobody has to know what is under way.
    const prepared = await prepare(set, options, { ...around, code: new UserCode(Number.POSITIVE_INFINITY) })
    const begun = new RunningConsumer({ ...set, ...prepared, kafka })
    running.push(begun)
    await begun.start()
    return begun
  }

  /** Resolves when all are stored; rejects when one is not. A topic that is missing is made. */
  async produce<V extends readonly unknown[]>(
    topic: TopicName,
    ...messages: { readonly [I in keyof V]: string | Uint8Array | GivenRecord<V[I]> }
  ): Promise<void> {
    const name = nameOf(topic)
    const records = messages.map(message => {
      const given = asRecord(message, 'produce')
      const { partition, timestamp } = given
      return { topic: name, partition, ...contentsOf(given, 'produce'), timestamp: timestamp && Number(timestamp) }
    })
    await this.#make(name)
    const { openSender } = await import('../engine/kafkajs/sender.ts')
    const sender = await openSender({
      topic: name,
      brokers: this.brokers,
      clientId: 'racecar-testing',
      tls: null,
      sasl: null,
      clock: systemClock,
      socketTimeout: ANSWER_MS,
      withinMs: ANSWER_MS,
      partitioner: 'consistent_random',
      compression: 'none',
      onStored: () => {},
    })
    try {
      for (const failure of await sender.produce(records)) if (failure) throw failure
    } finally {
      sender.close()
    }
  }

  /** All that a topic holds, by partition; nothing where there is no such topic. */
  async messages<V = unknown>(topic: string | Topic<V>): Promise<Message<V>[]> {
    const name = nameOf(topic)
    const ends = await this.#parts.kafka.ends(name)
    const parse = typeof topic === 'string' ? undefined : topic.parse
    const found = await readAll({ createEngine: await kafkajs(), brokers: this.brokers, topic: name, parse, ends })
    return found as Message<V>[]
  }

  async #make(topic: string): Promise<void> {
    const { kafka, partitions } = this.#parts
    if ((await kafka.ends(topic)).length === 0) await kafka.createTopics({ [topic]: partitions })
  }
}

/** Loaded by those alone who talk to a Kafka. */
const kafkajs = async (): Promise<EngineFactory> => (await import('../engine/kafkajs/index.ts')).createKafkajsEngine
