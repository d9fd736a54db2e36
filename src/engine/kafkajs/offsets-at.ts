// Where logs begin, end, or have got to at some time, as their leaders tell it.

import { groupBy } from '../../lib/group-by.ts'
import { keyOf, type TopicPartition } from '../engine.ts'
import type { Brokers } from './brokers.ts'
import { byTopic } from './by-topic.ts'
import { actionFor, actionOf, KafkaError } from './codes.ts'
import type { Topology } from './topology.ts'

export const EARLIEST = -2
/** The end of what a reader of committed data may see. */
export const LATEST = -1
const READ_COMMITTED = 1

export interface Leaders {
  readonly brokers: Brokers
  readonly topology: Topology
}

/**
 * Of each partition an end, or the first offset of that time (milliseconds since the epoch) or later, -1 where there is none;
 * undefined where it has no leader just now, or that does not answer. Rejects where it is not allowed.
 */
export async function offsetsAt(
  leaders: Leaders,
  partitions: readonly TopicPartition[],
  time: number,
): Promise<(number | undefined)[]> {
  const offsets = new Map<string, number>()
  const byLeader = groupBy(partitions, ({ topic, partition }) => leaders.topology.leaderOf(topic, partition))
  const asking = [...byLeader].map(async ([leader, some]) => {
    if (leader === undefined) return
    try {
      for (const [key, offset] of await askLeader(leaders.brokers, leader, some, time)) offsets.set(key, offset)
    } catch (error) {
      // A broker that does not answer must not hold up the partitions of the others.
      if (actionFor(error) === 'denied') throw error
    }
  })
  await Promise.all(asking)
  return partitions.map(p => offsets.get(keyOf(p)))
}

async function askLeader(
  brokers: Brokers,
  leader: number,
  partitions: readonly TopicPartition[],
  time: number,
): Promise<(readonly [key: string, offset: number])[]> {
  const topics = byTopic(partitions, ({ partition }) => ({ partition, timestamp: String(time) }))
  const args = { replicaId: -1, isolationLevel: READ_COMMITTED, topics }
  const { responses } = await brokers.link(leader).send('ListOffsets', args, { timeout: brokers.timeout })
  return responses.flatMap(({ topic, partitions: answered }) =>
    answered.flatMap(({ partition, offset, errorCode }) => {
      const action = actionOf(errorCode)
      if (action === 'denied') throw new KafkaError(`reading the offsets of ${topic}`, errorCode)
      return action === 'ok' ? [[keyOf({ topic, partition }), Number(offset)] as const] : []
    }),
  )
}
