// What the members of a group tell each other through the coordinator, as bytes: Kafka's ConsumerProtocolSubscription and
// ConsumerProtocolAssignment (versions 0 to 3, big endian), as Java's members write and read them. Knows nothing of how a
// group is joined or partitions are shared out.
//
// Two things of our own travel in the user data, where members of other makes leave them alone:
//   subscription  int32 generation · 'rcar' · uint32 nonce · [string absent], where there are any
//   assignment    'rcar' · [string topic · int32 partitions] · int32 withheld, where it is not 0 or more follows · [string absent], where there are any
// The generation comes first because Java's CooperativeStickyAssignor looks for it there in subscriptions below version 2, and
// reads no further. Its range and roundrobin assignors do not look at user data at all.
// One price: a broker refuses to turn a living group into one of the newer consumer protocol (KIP-848) while assignments carry
// user data; such a group has to be stopped for it.

import type { TopicPartition } from '../engine.ts'
import { bytes, int16, int32, list, string, topicPartitions, uint32, WaryReader } from './protocol-bytes.ts'

export { MalformedError } from './protocol-bytes.ts'

/** The numbers of partitions, by topic, from which a member's share was computed; 0 where the topic did not exist. */
export type Basis = Readonly<Record<string, number>>

/** What an assigner knows of a member. */
export interface MemberSubscription {
  readonly memberId: string
  /** `group.instance.id`; null: a dynamic member. */
  readonly instanceId: string | null
  readonly topics: readonly string[]
  /** What it held when it joined; empty where it had given up all (eager). */
  readonly owned: readonly TopicPartition[]
  /** The generation in which it was given `owned`; -1 where it does not say. */
  readonly generation: number
  readonly absent?: readonly string[]
}

export interface SubscriptionData {
  readonly topics: readonly string[]
  readonly owned: readonly TopicPartition[]
  readonly generation: number
  /** A number (32 bits, unsigned) that a member changes so that its metadata does: the coordinator then starts a rebalance. */
  readonly nonce: number
  /** Topics of its subscription that were not there when the group began with them, as far as it knows. */
  readonly absent?: readonly string[]
}

/** `nonce` is undefined for members of other makes. */
export type DecodedSubscription = Omit<SubscriptionData, 'nonce'> & {
  readonly version: number
  readonly nonce: number | undefined
  readonly rackId: string | null
}

export interface AssignmentData {
  readonly partitions: readonly TopicPartition[]
  /** Undefined where the leader is of another make. */
  readonly basis: Basis | undefined
  /** How many partitions nobody in the group has been given yet, because their owners have to give them up first. */
  readonly withheld?: number
  /** Topics of these that were not there when the group began with them, as far as any member knows. */
  readonly absent?: readonly string[]
}

export type ProtocolVersion = 0 | 1 | 2 | 3

/**
 * The lowest versions that carry what is needed, so that members of any age understand them: whoever joins eagerly owns
 * nothing, and version 2 (KIP-792) tells a Java leader the generation of a claim. Version 3 would only add a rack.
 */
export const SUBSCRIPTION_VERSION = { eager: 0, cooperative: 2 } as const satisfies Record<string, ProtocolVersion>

// All versions of the assignment have the same layout.
const ASSIGNMENT_VERSION = 0
const MARK = Buffer.from('rcar')
const NO_GENERATION = -1

/** The same subscription gives the same bytes, in whatever order its parts come. */
export function encodeSubscription(data: SubscriptionData, version: ProtocolVersion): Buffer {
  const ours = Buffer.concat([int32(data.generation), MARK, uint32(data.nonce), ...names(data.absent)])
  const parts = [int16(version), list([...new Set(data.topics)].sort(), string), bytes(ours)]
  if (version >= 1) parts.push(topicPartitions(data.owned))
  if (version >= 2) parts.push(int32(data.generation))
  if (version >= 3) parts.push(int16(-1))
  return Buffer.concat(parts)
}

/** `from` names the sender in the error. Throws MalformedError. */
export function decodeSubscription(metadata: Uint8Array, from = 'a member'): DecodedSubscription {
  const reader = new WaryReader(metadata, `The subscription of ${from}`)
  const version = reader.version()
  const topics = [...new Set(reader.list('topics', 2, () => reader.string('a topic') ?? ''))]
  const userData = reader.bytes('user data')
  // Some makes write a version and leave its new fields out: what is missing altogether has its default.
  const owned = version >= 1 && reader.left > 0 ? reader.topicPartitions('owned partitions') : []
  const generation = version >= 2 && reader.left > 0 ? reader.int32('generation') : NO_GENERATION
  const rackId = version >= 3 && reader.left > 0 ? reader.string('rack') : null
  return { version, topics, owned, rackId, ...fromUserData(userData, generation) }
}

/** Throws MalformedError. */
export function decodeMember(member: {
  readonly memberId: string
  readonly instanceId: string | null
  readonly metadata: Uint8Array
}): MemberSubscription {
  const { memberId, instanceId } = member
  const { topics, owned, generation, absent } = decodeSubscription(member.metadata, instanceId ?? memberId)
  return { memberId, instanceId, topics, owned, generation, ...(absent ? { absent } : {}) }
}

const names = (absent: readonly string[] = []): Buffer[] =>
  absent.length > 0 ? [list([...absent].sort(), string)] : []

const readNames = (reader: WaryReader): { absent?: readonly string[] } =>
  reader.left > 0 ? { absent: reader.list('absent topics', 2, () => reader.string('a topic') ?? '') } : {}

function fromUserData(
  userData: Buffer,
  generation: number,
): Pick<DecodedSubscription, 'generation' | 'nonce' | 'absent'> {
  const marked = userData.length >= 12 && userData.subarray(4, 8).equals(MARK)
  // Java's is the generation alone; anything else (StickyAssignor's, for one) begins with a number of another meaning.
  const told = marked || userData.length === 4 ? userData.readInt32BE(0) : NO_GENERATION
  const since = generation >= 0 ? generation : told
  if (!marked) return { generation: since, nonce: undefined }
  const more = new WaryReader(userData.subarray(12), 'The user data of a subscription')
  return { generation: since, nonce: userData.readUInt32BE(8), ...readNames(more) }
}

export function encodeAssignment({ partitions, basis, withheld = 0, absent = [] }: AssignmentData): Buffer {
  const counts = Object.entries(basis ?? {})
  const userData =
    basis === undefined
      ? Buffer.alloc(0)
      : Buffer.concat([
          MARK,
          list(counts, ([topic, count]) => [string(topic), int32(count)]),
          ...(withheld > 0 || absent.length > 0 ? [int32(withheld)] : []),
          ...names(absent),
        ])
  return Buffer.concat([int16(ASSIGNMENT_VERSION), topicPartitions(partitions), bytes(userData)])
}

/** No bytes at all is what the coordinator hands to a member that the leader left out. Throws MalformedError. */
export function decodeAssignment(assignment: Uint8Array): AssignmentData {
  if (assignment.length === 0) return { partitions: [], basis: undefined }
  const reader = new WaryReader(assignment, 'The assignment that the leader of the group sent')
  reader.version()
  const partitions = reader.topicPartitions('partitions')
  const userData = reader.left > 0 ? reader.bytes('user data') : Buffer.alloc(0)
  return {
    partitions,
    ...(userData.subarray(0, 4).equals(MARK) ? readOurs(userData.subarray(4)) : { basis: undefined }),
  }
}

function readOurs(userData: Buffer): Omit<AssignmentData, 'partitions'> {
  const reader = new WaryReader(userData, 'The basis of the assignment that the leader of the group sent')
  const counts = reader.list('topics', 6, () => [reader.string('a topic') ?? '', reader.int32('a count')] as const)
  const basis = basisFrom(counts)
  return reader.left > 0 ? { basis, withheld: reader.int32('withheld partitions'), ...readNames(reader) } : { basis }
}

/**
 * What a member's share is computed from: only the topics of its own subscription, for it has to notice that the leader knew
 * it with another subscription even where other members have the topics that it misses.
 */
export const basisOf = (topics: readonly string[], partitionCounts: ReadonlyMap<string, number>): Basis =>
  basisFrom(topics.map(topic => [topic, partitionCounts.get(topic) ?? 0]))

// Without a prototype, as a topic may be called `constructor`, and even `__proto__`.
function basisFrom(counts: readonly (readonly [topic: string, count: number])[]): Basis {
  const basis: Record<string, number> = Object.create(null)
  for (const [topic, count] of counts) basis[topic] = count
  return basis
}

export function sameBasis(one: Basis, other: Basis): boolean {
  const topics = Object.keys(one)
  return topics.length === Object.keys(other).length && topics.every(topic => one[topic] === other[topic])
}
