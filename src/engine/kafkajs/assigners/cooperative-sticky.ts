// `cooperative-sticky`: every member keeps what it has as far as the shares stay even, and what has to move is given to nobody
// before its owner has given it up (KIP-429). The owner, told a share without it, rejoins at once, and in that second round it
// goes to its new place. Understands the claims of Java's CooperativeStickyAssignor; where its own plan differs from Java's,
// both leave an even sharing-out alone, so a leader of the other make moves nothing.

import { keyOf, type TopicPartition } from '../../engine.ts'
import type { MemberSubscription } from '../protocol.ts'
import {
  type Assigner,
  type PartitionCounts,
  partitionsOf,
  type Round,
  ranked,
  type Shares,
  subscribersByTopic,
} from './assigner.ts'
import { Board } from './board.ts'
import { type Claim, claimsOf } from './claims.ts'

export const cooperativeSticky: Assigner = {
  name: 'cooperative-sticky',
  protocol: 'cooperative',
  assign(members, partitionCounts) {
    const claims = claimsOf(members, partitionCounts)
    return inRounds(planOf(ranked(members), partitionCounts, claims), claims)
  },
}

function planOf(
  members: readonly MemberSubscription[],
  partitionCounts: PartitionCounts,
  claims: ReadonlyMap<string, Claim>,
): Shares {
  const byTopic = subscribersByTopic(members, partitionCounts)
  const subscribers = new Map([...byTopic].map(([topic, of]) => [topic, of.map(member => member.memberId)]))
  const board = new Board({ memberIds: members.map(member => member.memberId), subscribers })
  const partitions = (of: Iterable<string>) =>
    [...of].flatMap(topic => partitionsOf(topic, partitionCounts.get(topic)!))
  for (const partition of partitions(subscribers.keys())) {
    const keeper = claims.get(keyOf(partition))?.keeper
    if (keeper !== undefined) board.keep(partition, keeper.memberId)
  }
  // The topic with the fewest takers chooses first.
  const scarcestFirst = [...subscribers.keys()].sort((a, b) => subscribers.get(a)!.length - subscribers.get(b)!.length)
  for (const partition of partitions(scarcestFirst)) if (!board.has(partition)) board.deal(partition)
  // In this order what nobody holds makes up for all that it can. It is also why the second round ends what the first began:
  // the gaps that the first left can be filled as evenly as it planned, so nothing else has to move.
  board.level('homeless')
  board.level('all')
  return board.shares()
}

/** Whatever anybody else claims is withheld, even where that claim does not count: its owner may still be at work on it. */
function inRounds(plan: Shares, claims: ReadonlyMap<string, Claim>): Round {
  const isFree = (partition: TopicPartition, memberId: string): boolean => {
    const claim = claims.get(keyOf(partition))
    return claim === undefined || claim.keeper?.memberId === memberId
  }
  const shares = [...plan]
  return {
    plan,
    assignment: new Map(shares.map(([id, share]) => [id, share.filter(partition => isFree(partition, id))])),
    withheld: shares.flatMap(([id, share]) => share.filter(partition => !isFree(partition, id))),
  }
}
