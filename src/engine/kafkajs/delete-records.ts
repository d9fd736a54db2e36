// Deletes what lies before an offset, for good, by asking each partition's leader.

import { groupBy } from '../../lib/group-by.ts'
import { keyOf, type PartitionOffset } from '../engine.ts'
import type { Access } from './access.ts'
import { byTopic } from './by-topic.ts'
import { actionOf, KafkaError } from './codes.ts'

export interface Deletion {
  readonly before: PartitionOffset
  /** undefined: it is done. */
  readonly error: Error | undefined
}

/** One attempt. Never rejects. */
export async function deleteRecords(access: Access, offsets: readonly PartitionOffset[]): Promise<Deletion[]> {
  const { topology } = access
  const byLeader = groupBy(offsets, ({ topic, partition }) => topology.leaderOf(topic, partition))
  const fates = await Promise.all(
    [...byLeader].map(([leader, some]) =>
      askLeader(access, leader, some).catch(error => some.map(before => ({ before, error }))),
    ),
  )
  return fates.flat()
}

async function askLeader(
  { brokers }: Access,
  leader: number | undefined,
  offsets: readonly PartitionOffset[],
): Promise<Deletion[]> {
  if (leader === undefined) throw new Error('the partition has no leader')
  const topics = byTopic(offsets, ({ partition, offset }) => ({ partition, offset }))
  const args = { topics, timeout: brokers.timeout }
  const answer = await brokers.link(leader).send('DeleteRecords', args, { timeout: brokers.timeout * 2 })
  const codes = new Map(
    answer.topics.flatMap(({ topic, partitions }) =>
      partitions.map(({ partition, errorCode }) => [keyOf({ topic, partition }), errorCode] as const),
    ),
  )
  return offsets.map(before => {
    const code = codes.get(keyOf(before)) ?? -1
    const error = actionOf(code) === 'ok' ? undefined : new KafkaError(`deleting records of ${keyOf(before)}`, code)
    return { before, error }
  })
}
