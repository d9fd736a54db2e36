// `roundrobin`: all partitions of all topics are dealt out like cards, one to each member in turn; a member that does not
// subscribe to the topic is passed over. Gives what Java's RoundRobinAssignor gives.

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

export const roundrobin: Assigner = {
  name: 'roundrobin',
  protocol: 'eager',
  assign: (members, partitionCounts) => atOnce(deal(members, partitionCounts)),
}

function deal(members: readonly MemberSubscription[], partitionCounts: PartitionCounts): Shares {
  const shares = noShares(members)
  const circle = ranked(members)
  let turn = 0
  for (const [topic, subscribers] of subscribersByTopic(circle, partitionCounts)) {
    const subscribed = new Set(subscribers)
    for (const partition of partitionsOf(topic, partitionCounts.get(topic)!)) {
      while (!subscribed.has(circle[turn % circle.length]!)) turn++
      shares.get(circle[turn++ % circle.length]!.memberId)!.push(partition)
    }
  }
  return shares
}
