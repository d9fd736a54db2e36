// The Kafka that is measured on: topics made for one run and taken away after it, filled, or written to all the time.
import { randomBytes } from 'node:crypto'
import { setTimeout as wait } from 'node:timers/promises'
import { Kafka, logLevel } from 'kafkajs'
import { now } from './clock.mjs'

export const PARTITIONS = 6
const BYTES = 100
/** About what Java's producer puts into a batch of 16 KB. */
const BATCH = 125
/** As many as one processBatch takes: what is left over at the end would wait for more, and that is not what is measured. */
const WHOLE = 1000
const SENDS_AT_ONCE = 4

export class Bench {
  #admin
  #producer
  #topics = new Set()
  #groups = new Set()
  #bulk

  constructor({ brokers, pairs, messages, say }) {
    this.brokers = brokers
    this.pairs = pairs
    this.messages = messages
    this.say = say
    const kafka = new Kafka({ clientId: 'bench', brokers: brokers.split(','), logLevel: logLevel.NOTHING })
    this.#admin = kafka.admin()
    this.#producer = kafka.producer({ allowAutoTopicCreation: false })
  }

  async open() {
    await Promise.all([this.#admin.connect(), this.#producer.connect()])
  }

  async close() {
    await this.#admin.deleteTopics({ topics: [...this.#topics] }).catch(() => {})
    // A group that is not empty yet stays, and expires.
    await this.#admin.deleteGroups([...this.#groups]).catch(() => {})
    await Promise.all([this.#producer.disconnect(), this.#admin.disconnect()])
  }

  group() {
    const name = `bench-${randomBytes(6).toString('hex')}`
    this.#groups.add(name)
    return name
  }

  /** Goes with all others at the end: kafkajs's producer fails for every topic once one that it has written to is gone. */
  async topic(numPartitions = PARTITIONS) {
    const topic = `bench-${randomBytes(6).toString('hex')}`
    await this.#admin.createTopics({ topics: [{ topic, numPartitions }], waitForLeaders: false })
    this.#topics.add(topic)
    while (!(await this.#hasLeaders(topic, numPartitions))) await wait(20)
    return topic
  }

  // kafkajs's own way of waiting fails where a broker has not heard of the topic yet.
  async #hasLeaders(topic, numPartitions) {
    const { topics } = await this.#admin.fetchTopicMetadata({ topics: [topic] }).catch(() => ({ topics: [] }))
    const partitions = topics.flatMap(one => one.partitions)
    return partitions.length === numPartitions && partitions.every(({ leader }) => leader >= 0)
  }

  /** The topic with all messages in it, made when the first row asks for it. */
  bulk() {
    this.#bulk ??= this.#fill()
    return this.#bulk
  }

  /** A topic with a message on each partition. */
  async few() {
    const topic = await this.topic()
    await this.#send(topic, onEach(1))
    return topic
  }

  async #fill() {
    this.say(`Writing ${this.messages} messages of ${BYTES} bytes to ${PARTITIONS} partitions.`)
    const topic = await this.topic()
    let sends = (Math.ceil(this.messages / PARTITIONS / WHOLE) * WHOLE) / BATCH
    const send = async () => {
      while (sends-- > 0) await this.#send(topic, onEach(BATCH))
    }
    await Promise.all(Array.from({ length: SENDS_AT_ONCE }, send))
    return topic
  }

  /** A message on each partition every `everyMs`, until `stop` is called. */
  load(topic, everyMs = 20) {
    const stopping = new AbortController()
    const done = this.#keepSending(topic, everyMs, stopping.signal)
    return {
      /** Resolves to how many messages there were. */
      async stop() {
        stopping.abort()
        return done
      },
    }
  }

  async #keepSending(topic, everyMs, signal) {
    const messages = onEach(1)
    let due = now()
    let sent = 0
    while (!signal.aborted) {
      await this.#send(topic, messages)
      sent += messages.length
      due = Math.max(due + everyMs, now() - everyMs)
      await wait(due - now())
    }
    return sent
  }

  #send(topic, messages) {
    return this.#producer.send({ topic, acks: 1, messages })
  }
}

const VALUE = Buffer.alloc(BYTES, 'x')
const onEach = times =>
  Array.from({ length: times }, () =>
    Array.from({ length: PARTITIONS }, (_, partition) => ({ partition, key: null, value: VALUE })),
  ).flat()
