// Groups for the tests of the assigners: short to write by hand, and made at random.

import fc from 'fast-check'
import { keyOf, type TopicPartition } from '../../../../src/engine/engine.ts'
import type { Assigner, PartitionCounts, Shares } from '../../../../src/engine/kafkajs/assigners/assigner.ts'
import type { MemberSubscription } from '../../../../src/engine/kafkajs/protocol.ts'

/** 'orders/0' … */
export const at = (...keys: string[]): TopicPartition[] =>
  keys.map(key => ({ topic: key.split('/')[0]!, partition: Number(key.split('/')[1]) }))

export const member = (
  memberId: string,
  topics: string | readonly string[],
  more: Partial<MemberSubscription> = {},
): MemberSubscription => ({ memberId, instanceId: null, topics: [topics].flat(), owned: [], generation: -1, ...more })

export const counts = (of: Record<string, number>): PartitionCounts => new Map(Object.entries(of))

/** Shares as short lines: { m: 'orders/0 orders/1' }. */
export const lines = (shares: Shares): Record<string, string> =>
  Object.fromEntries([...shares].map(([id, share]) => [id, share.map(keyOf).join(' ')]))

export const keysOf = (shares: Shares): string[] => [...shares.values()].flat().map(keyOf)

export const loadsOf = (shares: Shares): number[] => [...shares.values()].map(share => share.length)

export const spreadOf = (shares: Shares): number => Math.max(...loadsOf(shares)) - Math.min(...loadsOf(shares))

/** All partitions that somebody subscribes to. */
export const wanted = (members: readonly MemberSubscription[], partitionCounts: PartitionCounts): string[] =>
  [...new Set(members.flatMap(one => one.topics))].flatMap(topic =>
    Array.from({ length: partitionCounts.get(topic) ?? 0 }, (_, partition) => `${topic}/${partition}`),
  )

/** The group as it is once everybody has given up and taken over what it was told. */
export const after = (members: readonly MemberSubscription[], shares: Shares): MemberSubscription[] => {
  const generation = Math.max(...members.map(one => one.generation)) + 1
  return members.map(one => ({ ...one, owned: shares.get(one.memberId)!, generation }))
}

/** Rounds until nothing is withheld and nobody's share changes. */
export function settle(assigner: Assigner, group: readonly MemberSubscription[], partitionCounts: PartitionCounts) {
  let members = [...group]
  for (let rounds = 0; rounds < 20; rounds++) {
    const { assignment, withheld } = assigner.assign(members, partitionCounts)
    const settled = members.every(one => sameKeys(one.owned, assignment.get(one.memberId)!))
    if (settled && withheld.length === 0) return { members, shares: assignment, rounds }
    members = after(members, assignment)
  }
  throw new Error('no end after 20 rounds')
}

const sameKeys = (one: readonly TopicPartition[], other: readonly TopicPartition[]): boolean =>
  one.map(keyOf).sort().join() === other.map(keyOf).sort().join()

/** How many partitions are with another member than before; those that nobody had do not count. */
export function movedBetween(before: readonly MemberSubscription[], shares: Shares): number {
  const owners = new Map(before.flatMap(one => one.owned.map(partition => [keyOf(partition), one.memberId] as const)))
  return [...shares].flatMap(([id, share]) => share.filter(one => (owners.get(keyOf(one)) ?? id) !== id)).length
}

const TOPICS = ['a', 'b', 'c', 'd']

const sizes = fc
  .tuple(...TOPICS.map(() => fc.nat(7)))
  .map(all => counts(Object.fromEntries(TOPICS.map((topic, i) => [topic, all[i]!]))))

const subscription = fc.subarray([...TOPICS, 'vanished'], { minLength: 1 })

const someMembers = (topics: fc.Arbitrary<string[]>, most: number) =>
  fc
    .array(fc.record({ topics, isStatic: fc.boolean() }), { minLength: 1, maxLength: most })
    .map(all =>
      all.map(({ topics, isStatic }, i) => member(`m${i}`, topics, { instanceId: isStatic ? `slot-${9 - i}` : null })),
    )

export interface Group {
  readonly members: MemberSubscription[]
  readonly partitionCounts: PartitionCounts
}

const group = (members: fc.Arbitrary<MemberSubscription[]>): fc.Arbitrary<Group> =>
  fc.record({ members, partitionCounts: sizes })

/** Every member with a subscription of its own. */
export const mixedGroup = group(someMembers(subscription, 7))

/** All members with the same subscription. */
export const equalGroup = group(subscription.chain(topics => someMembers(fc.constant(topics), 7)))

const claim = fc.record({ topic: fc.constantFrom(...TOPICS, 'vanished'), partition: fc.nat(7) })

/** Members that claim anything at all: the same partitions, ones that do not exist, ones that they do not subscribe to. */
export const quarrellingGroup: fc.Arbitrary<Group> = mixedGroup.chain(({ members, partitionCounts }) =>
  fc
    .tuple(
      ...members.map(() =>
        fc.record({ owned: fc.array(claim, { maxLength: 8 }), generation: fc.integer({ min: -1, max: 2 }) }),
      ),
    )
    .map(claims => ({ members: members.map((one, i) => ({ ...one, ...claims[i]! })), partitionCounts })),
)
