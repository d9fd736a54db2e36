// What an assigner is: a pure function from the members of a group and the sizes of its topics to shares. It knows nothing of
// the wire, of time, or of who asks; the same input gives the same shares on every machine, in whatever order members come.

import type { AssignmentStrategy, TopicPartition } from '../../engine.ts'
import type { MemberSubscription } from '../protocol.ts'

/** By member id; each member has an entry, each share is in the order of topic and partition. */
export type Shares = ReadonlyMap<string, readonly TopicPartition[]>

/** What is known of the topics; one that is missing here does not exist (any more). */
export type PartitionCounts = ReadonlyMap<string, number>

/** eager: members give up everything before they join. cooperative (KIP-429): they keep what they have until they are told. */
export type RebalanceProtocol = 'eager' | 'cooperative'

export interface Round {
  /** Where all partitions are to be in the end. */
  readonly plan: Shares
  /** What the members are told now. */
  readonly assignment: Shares
  /** In the plan, but given to nobody now: a rebalance has to follow once their owners, who rejoin, have given them up. */
  readonly withheld: readonly TopicPartition[]
}

export interface Assigner {
  readonly name: AssignmentStrategy
  readonly protocol: RebalanceProtocol
  assign(members: readonly MemberSubscription[], partitionCounts: PartitionCounts): Round
}

/** An eager assigner's plan is carried out at once. */
export const atOnce = (plan: Shares): Round => ({ plan, assignment: plan, withheld: [] })

const compare = (one: string, other: string): number => (one < other ? -1 : one > other ? 1 : 0)

/**
 * The order of Java's `MemberInfo`: static members by their instance id, and only then dynamic ones by their member id, so that
 * a static member has its place again after a restart under a new member id, and so that a Java leader agrees with us.
 */
export function ranked(members: readonly MemberSubscription[]): MemberSubscription[] {
  return [...members].sort((one, other) => {
    if (one.instanceId !== null && other.instanceId !== null) return compare(one.instanceId, other.instanceId)
    if (one.instanceId !== null) return -1
    if (other.instanceId !== null) return 1
    return compare(one.memberId, other.memberId)
  })
}

/** The members of each subscribed topic that exists, the topics in order, the members in the order given. */
export function subscribersByTopic(
  members: readonly MemberSubscription[],
  partitionCounts: PartitionCounts,
): Map<string, MemberSubscription[]> {
  const byTopic = new Map<string, MemberSubscription[]>()
  const topics = new Set(members.flatMap(member => member.topics))
  for (const topic of [...topics].sort()) if ((partitionCounts.get(topic) ?? 0) > 0) byTopic.set(topic, [])
  for (const member of members) for (const topic of new Set(member.topics)) byTopic.get(topic)?.push(member)
  return byTopic
}

export const noShares = (members: readonly MemberSubscription[]): Map<string, TopicPartition[]> =>
  new Map(members.map(member => [member.memberId, []]))

export const partitionsOf = (topic: string, count: number): TopicPartition[] =>
  Array.from({ length: count }, (_, partition) => ({ topic, partition }))

export const inOrder = (share: readonly TopicPartition[]): TopicPartition[] =>
  [...share].sort((one, other) => compare(one.topic, other.topic) || one.partition - other.partition)
