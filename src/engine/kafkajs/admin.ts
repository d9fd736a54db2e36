// What somebody who is no member may want of a cluster: which one it is, and topics that are not there yet.

import type { Cluster } from '../../config/cluster.ts'
import type { Bus } from '../../events/bus.ts'
import type { Clock } from '../../lib/clock.ts'
import { Brokers } from './brokers.ts'
import { actionOf, codeOf, KafkaError } from './codes.ts'

export interface AdminParts extends Cluster {
  readonly timeoutMs: number
  readonly bus: Bus
  readonly clock: Clock
}

/** null: it does not say. Rejects when no broker answers. */
export const clusterId = (parts: AdminParts): Promise<string | null> =>
  asking(parts, async brokers => (await brokers.metadata([])).clusterId)

/** Resolves to those that were not there. */
export const createTopics = (parts: AdminParts, topics: readonly string[], partitions: number): Promise<string[]> =>
  asking(parts, brokers => makeTopics(brokers, topics, partitions))

/** As many brokers hold them as is the default. Resolves to those that were not there. */
export async function makeTopics(brokers: Brokers, topics: readonly string[], partitions: number): Promise<string[]> {
  const wanted = topics.map(topic => ({ topic, numPartitions: partitions, replicationFactor: -1 }))
  const { controllerId } = await brokers.metadata([])
  const controller = controllerId < 0 ? await brokers.any() : brokers.link(controllerId)
  const args = { topics: wanted, timeout: brokers.timeout }
  const { topicErrors } = await controller.send('CreateTopics', args, { timeout: brokers.timeout })
  const made = topicErrors.filter(({ errorCode }) => errorCode !== codeOf('TOPIC_ALREADY_EXISTS'))
  for (const { topic, errorCode } of made) {
    if (actionOf(errorCode) !== 'ok') throw new KafkaError(`creating the topic ${topic}`, errorCode)
  }
  return made.map(({ topic }) => topic)
}

async function asking<T>({ timeoutMs, ...parts }: AdminParts, ask: (brokers: Brokers) => Promise<T>): Promise<T> {
  const brokers = new Brokers({ ...parts, socketTimeout: timeoutMs })
  try {
    return await ask(brokers)
  } finally {
    brokers.close()
  }
}
