// `range`: of each topic by itself, every member gets a stretch of neighbouring partitions, the first members one more where
// they do not divide evenly. Members thus hold the same numbers of topics that are partitioned alike. Gives what Java's
// RangeAssignor gives, except where consumers name racks: those we do not look at.

import type { MemberSubscription } from '../protocol.ts'
import {
  type Assigner,
  atOnce,
  noShares,
  type PartitionCounts,
  partitionsOf,
  ranked,
  type Shares,
  subscribersByTopic,
} from './assigner.ts'

export const range: Assigner = {
  name: 'range',
  protocol: 'eager',
  assign: (members, partitionCounts) => atOnce(ranges(members, partitionCounts)),
}

function ranges(members: readonly MemberSubscription[], partitionCounts: PartitionCounts): Shares {
  const shares = noShares(members)
  for (const [topic, subscribers] of subscribersByTopic(ranked(members), partitionCounts)) {
    const partitions = partitionsOf(topic, partitionCounts.get(topic)!)
    const each = Math.floor(partitions.length / subscribers.length)
    const withOneMore = partitions.length % subscribers.length
    for (const [rank, { memberId }] of subscribers.entries())
      shares.get(memberId)!.push(...partitions.splice(0, rank < withOneMore ? each + 1 : each))
  }
  return shares
}
