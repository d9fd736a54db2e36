// A consumer group as its coordinator keeps it: members with sessions, generations, rebalances, offsets. Members never meet the
// plan of assignment: the coordinator makes it, since every member would make the same. Knows nothing of connections.

import type { Cancel, Clock } from '../../lib/clock.ts'
import { type Deferred, deferred } from '../../lib/deferred.ts'
import { keyOf, type PartitionOffset, type TopicPartition } from '../engine.ts'
import { type Candidate, handOut } from './assign.ts'
import { type Identity, type JoinAnswer, type JoinRequest, NONE, type Refusal, type StartingPoint } from './protocol.ts'

export interface GroupParts {
  readonly clock: Clock
  readonly partitionsOf: (topic: string) => number
  readonly isUp: () => boolean
}

interface Member {
  request: JoinRequest
  assigned: readonly TopicPartition[]
  lastSeen: number
  /** There while it waits for the others to join. */
  joining: Deferred<JoinAnswer> | undefined
  expiry: Cancel
}

export class Group {
  readonly #parts: GroupParts
  /** By member id, in the order of joining. */
  readonly #members = new Map<string, Member>()
  readonly #offsets = new Map<string, number>()
  /** How many partitions a topic had when this group first met it, 0 if it was not there: later ones begin at their start. */
  readonly #firstSizes = new Map<string, number>()
  #generation = 0
  #sizes: ReadonlyMap<string, number> = new Map()
  /** There while a rebalance waits for members: gives up that wait. */
  #gathering: Cancel | undefined
  /** Partitions wait for a member that is to give them up. */
  #unfinished = false
  #withheld: ReadonlySet<string> = new Set()

  constructor(parts: GroupParts) {
    this.#parts = parts
  }

  get generation(): number {
    return this.#generation
  }

  get members(): readonly { memberId: string; instanceId: string | null; partitions: readonly TopicPartition[] }[] {
    return [...this.#members.values()].map(({ request, assigned }) => ({
      memberId: request.memberId,
      instanceId: request.instanceId,
      partitions: assigned,
    }))
  }

  get rebalancing(): boolean {
    return this.#gathering !== undefined
  }

  join(request: JoinRequest): JoinAnswer | Promise<JoinAnswer> {
    const kind = this.#refusalToJoin(request)
    if (kind) return { kind }
    const before = this.#holderOf(request.instanceId)
    if (before && before.request.memberId !== request.memberId) {
      const member = this.#replace(before, request)
      if (this.#canStepIn(before, request)) return this.#answer(member)
    }
    const member = this.#members.get(request.memberId) ?? this.#admit(request, [])
    member.request = request
    member.lastSeen = this.#parts.clock.now()
    member.joining ??= deferred()
    this.#gather()
    const { promise } = member.joining
    this.#completeIfAllAreHere()
    return promise
  }

  heartbeat(identity: Identity): Refusal | 'rebalance' | 'ok' {
    const refusal = this.#refusal(identity)
    if (refusal) return refusal
    return this.#gathering && !this.#members.get(identity.memberId)?.joining ? 'rebalance' : 'ok'
  }

  /** A member's own goodbye. An empty member id takes out whoever has the instance id, as an admin does it. */
  leave({ memberId, instanceId }: Omit<Identity, 'generation'>): void {
    const holder = this.#holderOf(instanceId)
    const member = memberId === '' ? holder : this.#members.get(memberId)
    if (member) this.#remove(member)
  }

  commit(identity: Identity, offsets: readonly PartitionOffset[]): Refusal | 'stored' {
    const refusal = this.#refusal(identity)
    if (refusal) return refusal
    for (const at of offsets) this.#offsets.set(keyOf(at), at.offset)
    return 'stored'
  }

  committed(of: TopicPartition): number | null {
    return this.#offsets.get(keyOf(of)) ?? null
  }

  startingPoint(of: TopicPartition): StartingPoint {
    const offset = this.committed(of)
    if (offset !== null) return { kind: 'committed', offset }
    return { kind: of.partition < (this.#firstSizes.get(of.topic) ?? Infinity) ? 'new' : 'grown' }
  }

  /** Hands these to nobody from the next round on, as if they were somebody else's, and all others out again. */
  withhold(partitions: readonly TopicPartition[]): void {
    this.#withheld = new Set(partitions.map(keyOf))
    if (this.#members.size > 0) this.#gather()
  }

  /** After an outage every session begins anew. */
  wake(): void {
    for (const member of this.#members.values()) member.lastSeen = this.#parts.clock.now()
  }

  #refusalToJoin({ memberId, instanceId, generation, protocol }: JoinRequest): Refusal | 'inconsistent' | undefined {
    const known = this.#members.has(memberId)
    const holder = this.#holderOf(instanceId)
    if (generation !== NONE && holder && holder.request.memberId !== memberId) return 'fenced'
    if (generation !== NONE && !known) return 'unknown'
    const others = [...this.#members.values()].filter(
      ({ request }) => request.memberId !== memberId && request !== holder?.request,
    )
    return others.some(({ request }) => request.protocol !== protocol) ? 'inconsistent' : undefined
  }

  #refusal({ memberId, instanceId, generation }: Identity): Refusal | undefined {
    const holder = this.#holderOf(instanceId)
    if (holder && holder.request.memberId !== memberId) return 'fenced'
    const member = this.#members.get(memberId)
    if (!member) return 'unknown'
    member.lastSeen = this.#parts.clock.now()
    return generation === this.#generation ? undefined : 'stale'
  }

  #holderOf(instanceId: string | null): Member | undefined {
    if (instanceId === null) return undefined
    return [...this.#members.values()].find(({ request }) => request.instanceId === instanceId)
  }

  #admit(request: JoinRequest, assigned: readonly TopicPartition[]): Member {
    const member: Member = { request, assigned, lastSeen: this.#parts.clock.now(), joining: undefined, expiry() {} }
    this.#members.set(request.memberId, member)
    this.#watchSession(member)
    return member
  }

  /** KIP-345: who comes with a known instance id takes the place over, and the one before is fenced. */
  #replace(before: Member, request: JoinRequest): Member {
    this.#forget(before)
    before.joining?.resolve({ kind: 'fenced' })
    return this.#admit(request, before.assigned)
  }

  /** Without a rebalance, unless the one before dies owing something: another subscription, or partitions to give up. */
  #canStepIn({ request }: Member, { topics }: JoinRequest): boolean {
    const same = request.topics.length === topics.length && topics.every(topic => request.topics.includes(topic))
    return same && !this.#gathering && !this.#unfinished
  }

  #remove(member: Member): void {
    this.#forget(member)
    member.joining?.resolve({ kind: 'unknown' })
    if (this.#members.size > 0) this.#gather()
    this.#completeIfAllAreHere()
  }

  #forget(member: Member): void {
    this.#members.delete(member.request.memberId)
    member.expiry()
  }

  #watchSession(member: Member, after = member.request.sessionTimeout): void {
    member.expiry = this.#parts.clock.after(after, () => {
      if (member.joining || !this.#parts.isUp()) member.lastSeen = this.#parts.clock.now()
      const left = member.lastSeen + member.request.sessionTimeout - this.#parts.clock.now()
      if (left > 0) this.#watchSession(member, left)
      else this.#remove(member)
    })
  }

  #gather(): void {
    if (this.#gathering) return
    const longest = Math.max(...[...this.#members.values()].map(({ request }) => request.rebalanceTimeout))
    this.#gathering = this.#parts.clock.after(longest, () => this.#goOnWithout())
  }

  /** The rebalance timeout is over. Static members keep their place; dynamic ones that have not come are out. */
  #goOnWithout(): void {
    this.#gathering = undefined
    for (const member of this.#members.values()) {
      if (!member.joining && member.request.instanceId === null) this.#forget(member)
    }
    const someone = [...this.#members.values()].some(({ joining }) => joining)
    if (someone) this.#complete()
    else if (this.#members.size > 0) this.#gather()
  }

  #completeIfAllAreHere(): void {
    if (this.#gathering && [...this.#members.values()].every(({ joining }) => joining)) this.#complete()
  }

  #complete(): void {
    this.#gathering?.()
    this.#gathering = undefined
    this.#generation++
    this.#assign()
    for (const member of this.#members.values()) {
      member.lastSeen = this.#parts.clock.now()
      member.joining?.resolve(this.#answer(member))
      member.joining = undefined
    }
  }

  #assign(): void {
    const topics = [...new Set([...this.#members.values()].flatMap(({ request }) => request.topics))].sort()
    this.#sizes = new Map(topics.map(topic => [topic, this.#parts.partitionsOf(topic)]))
    for (const [topic, size] of this.#sizes) {
      if (!this.#firstSizes.has(topic)) this.#firstSizes.set(topic, size)
    }
    const partitions = topics.flatMap(topic =>
      Array.from({ length: this.#sizes.get(topic) ?? 0 }, (_, partition) => ({ topic, partition })),
    )
    const free = partitions.filter(at => !this.#withheld.has(keyOf(at)))
    const { given, unfinished } = handOut([...this.#members].map(candidate), free)
    for (const [id, member] of this.#members) member.assigned = given.get(id) ?? []
    this.#unfinished = unfinished
  }

  #answer({ request, assigned }: Member): JoinAnswer {
    const [first] = this.#members.keys()
    return {
      kind: 'joined',
      generation: this.#generation,
      leader: first === request.memberId,
      partitions: assigned,
      layout: layoutOf(request.topics, topic => this.#sizes.get(topic) ?? 0),
    }
  }
}

// A member that has not come (a static one, after the rebalance timeout) may still be working on what it was given.
const candidate = ([id, { request, assigned, joining }]: readonly [string, Member]): Candidate => ({
  id,
  topics: new Set(request.topics),
  holds: joining ? request.owned : assigned,
  since: request.generation,
  had: assigned,
})

export const layoutOf = (topics: readonly string[], sizeOf: (topic: string) => number): string =>
  topics.map(topic => `${topic}:${sizeOf(topic)}`).join(' ')
