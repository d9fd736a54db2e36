// The options in force and what the consumer declares, in the words and units of the engine.

import type { Config } from '../config/options.ts'
import type { EngineSettings } from '../engine/engine.ts'
import type { Description } from '../messages.ts'

export const toMs = (seconds: number): number => seconds * 1000

/** Partitions that are added and leaders that move are seen after so many milliseconds at the latest. */
const METADATA_MAX_AGE = 30_000

export interface Identity {
  readonly groupId: string
  readonly instanceId: string | null
}

export function engineSettings(config: Config, description: Description, identity: Identity): EngineSettings {
  return {
    ...identity,
    brokers: config.brokers,
    clientId: config.clientId,
    subscriptions: description.subscriptions,
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
  }
}
