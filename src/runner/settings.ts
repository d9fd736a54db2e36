// The options in force and what the consumer declares, in the words and units of the engine.

import { clusterOf } from '../config/cluster.ts'
import type { Config } from '../config/options.ts'
import { isIdempotent, settingsIn, settingsOf, topicSettings } from '../config/raw/entries.ts'
import type { RetryTopic } from '../config/retry-topics.ts'
import { type EngineSettings, METADATA_MAX_AGE, type Subscription } from '../engine/engine.ts'
import type { Description } from '../messages.ts'

export const toMs = (seconds: number): number => seconds * 1000

export interface Identity {
  readonly groupId: string
  readonly instanceId: string | null
}

export interface Declared extends Pick<Description, 'subscriptions'> {
  readonly retryTopics: Iterable<RetryTopic>
  /** Of its topics. */
  readonly deadLetterTopics: Iterable<string>
}

export function engineSettings(config: Config, declared: Declared, identity: Identity): EngineSettings {
  return {
    ...identity,
    ...clusterOf(config),
    subscriptions: [...withRetryTopics(subscriptionsOf(declared, config), declared.retryTopics)],
    writes: [...new Set([...[...declared.retryTopics].map(({ name }) => name), ...declared.deadLetterTopics])],
    strategies: config.partitionAssignmentStrategy,
    offsetOutOfRange: config.offsetOutOfRange,
    sessionTimeout: toMs(config.sessionTimeout),
    heartbeatInterval: toMs(config.heartbeatInterval),
    // A member that drains is not put out by the group before it has to.
    rebalanceTimeout: toMs(config.maxPollInterval),
    fetchMinBytes: config.fetchMinBytes,
    maxBytes: config.maxBytes,
    maxWaitTime: toMs(config.maxWaitTime),
    socketTimeout: toMs(config.socketTimeout),
    metadataMaxAge: METADATA_MAX_AGE,
    partitioner: config.partitioner,
    idempotent: isIdempotent(config.producer),
    compression: config.producerCompressionCodec,
  }
}

/** Librdkafka's names go before our own, and those of one subscription before those of all. */
function subscriptionsOf({ subscriptions }: Declared, { consumer }: Config): readonly Subscription[] {
  const ofAll = topicSettings(settingsIn(consumer))
  return subscriptions.map(({ topic, startFromBeginning, maxBytesPerPartition, additionalConfig }) => {
    return { topic, startFromBeginning, maxBytesPerPartition, ...ofAll, ...topicSettings(settingsOf(additionalConfig)) }
  })
}

/** What waits there is read from the start, whatever holds for its topic. */
function* withRetryTopics(own: readonly Subscription[], retryTopics: Iterable<RetryTopic>): Generator<Subscription> {
  yield* own
  for (const { name, of } of retryTopics) {
    const { maxBytesPerPartition } = own.find(({ topic }) => topic === of)!
    yield { topic: name, startFromBeginning: true, maxBytesPerPartition }
  }
}
