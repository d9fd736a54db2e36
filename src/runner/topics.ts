// What holds for the messages of each topic, the retry topics among them: how they become calls of the handler, and what follows when
// these fail. Knows nothing of lanes.

import type { Config } from '../config/options.ts'
import { chain, firstRetryTopics, type RetryTopic, retryTopicsOf } from '../config/retry-topics.ts'
import type { ConsumerInstance } from '../consumer/consumer.ts'
import { makeMessage } from '../consumer/message.ts'
import { isTopicName, type RetryOptions } from '../consumer/retry.ts'
import type { KafkaRecord, TopicPartition } from '../engine/engine.ts'
import { RacecarError } from '../errors.ts'
import type { Description } from '../messages.ts'
import { originOf } from './origin.ts'
import { type Policy, policyOf } from './policy.ts'
import { toMs } from './settings.ts'
import { batchWork, singleWork, type Work } from './work.ts'

export interface TopicsParts {
  readonly consumer: ConsumerInstance
  readonly description: Description
  readonly config: Config
  readonly groupId: string
  /** How the values of a topic are read; undefined: as JSON. */
  readonly parsers?: (topic: string) => ((raw: string) => unknown) | undefined
  /** What the class says itself of messages of a topic that fail. */
  readonly retries?: (topic: string) => RetryOptions
}

export class Topics {
  readonly #parts: TopicsParts
  readonly #firsts: ReadonlyMap<string, RetryTopic>
  readonly #retryTopics = new Map<string, RetryTopic>()
  readonly #policies = new Map<string, Policy>()

  /** Throws CONFIG for retry topics that cannot be, or make no sense. */
  constructor(parts: TopicsParts) {
    const { config, description, groupId } = parts
    this.#parts = parts
    this.#firsts = firstRetryTopics(description, config, groupId)
    for (const one of retryTopicsOf(description, config, groupId)) {
      if (!isTopicName(one.name)) throw isNoName(one.name)
      this.#retryTopics.set(one.name, one)
    }
    for (const { topic } of description.subscriptions) {
      if (this.#retryTopics.has(topic)) throw isOurs(topic)
      if (this.policy(topic).follows === 'stop' && this.#firsts.has(topic)) throw mayNotStop(topic)
    }
  }

  get retryTopics(): Iterable<RetryTopic> {
    return this.#retryTopics.values()
  }

  /** Where those go that are given up for good, or that end their workers. */
  *deadLetterTopics(): Generator<string> {
    const { config, description } = this.#parts
    for (const { topic } of description.subscriptions) {
      const { follows, deadLetterTopic } = this.policy(topic)
      const isWanted = [follows, config.onPoison].includes('dead-letter')
      if (isWanted && deadLetterTopic !== undefined) yield deadLetterTopic
    }
  }

  /** Whose retry topic it is; undefined: it is none. */
  originOf(topic: string): string | undefined {
    return this.#retryTopics.get(topic)?.of
  }

  policy(topic: string): Policy {
    const known = this.#policies.get(topic)
    if (known) return known
    const at = this.#retryTopics.get(topic)
    const of = at?.of ?? topic
    const stages = [...chain(this.#firsts.get(of))]
    const retry = this.#parts.retries?.(of) ?? {}
    const policy = policyOf(of, retry, this.#parts.config, { stages, stage: at ? at.stage + 1 : 0 })
    this.#policies.set(topic, policy)
    return policy
  }

  work(of: TopicPartition): Work {
    const { consumer, description, config } = this.#parts
    const at = this.#retryTopics.get(of.topic)
    const toMessage = at ? this.#restored(of, at) : this.#plain(of)
    const parts = { consumer, toMessage, delay: at?.delay }
    if (description.handler === 'process') return singleWork(parts)
    // What failed in a batch may fail for one of its messages alone.
    const limits = at ? { most: 1, patience: 0 } : { most: config.fetchMessages, patience: toMs(config.maxWaitTime) }
    return batchWork(parts, limits)
  }

  #plain({ topic, partition }: TopicPartition) {
    const parse = this.#parts.parsers?.(topic)
    return (record: KafkaRecord, retriesCount: number) => makeMessage(topic, partition, record, retriesCount, parse)
  }

  #restored(place: TopicPartition, { of: topic }: RetryTopic) {
    const parse = this.#parts.parsers?.(topic)
    return (record: KafkaRecord, retriesCount: number) => {
      const { of, record: before, attempts } = originOf(record, place, topic)
      return makeMessage(topic, of.partition, before, attempts + retriesCount, parse)
    }
  }
}

const isNoName = (name: string): RacecarError =>
  new RacecarError('CONFIG', `retry_topics needs the topic ${name}, a name that Kafka does not take: change group_id.`)

const isOurs = (name: string): RacecarError =>
  new RacecarError('CONFIG', `${name} belongs to retry_topics: no class subscribes to it itself.`)

const mayNotStop = (topic: string): RacecarError =>
  new RacecarError(
    'CONFIG',
    `retry_topics of ${topic} needs retry_then skip or dead-letter: what failed in the last of its retry topics would stop what waits behind it.`,
  )
