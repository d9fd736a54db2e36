// One round of joining: JoinGroup, the plan when we lead, SyncGroup. It decides nothing about what is owned.

import type { Bus } from '../../events/bus.ts'
import type { EngineSettings, TopicPartition } from '../engine.ts'
import type { JoinAnswer } from './answers.ts'
import { assignerOf, findAssigner } from './assigners/registry.ts'
import { actionOf, KafkaError } from './codes.ts'
import { type Coordinator, type Identity, nobody } from './coordinator.ts'
import { Crowding } from './crowding.ts'
import {
  type Basis,
  basisOf,
  decodeAssignment,
  decodeMember,
  encodeAssignment,
  encodeSubscription,
  type MemberSubscription,
  SUBSCRIPTION_VERSION,
} from './protocol.ts'
import type { Strangers } from './strangers.ts'
import type { Topology } from './topology.ts'

/**
 * A coordinator answers a join at the end of the rebalance timeout at the latest, and a synchronization when the leader has sent
 * its plan or its session has ended.
 */
const GRACE_MS = 5_000

export interface Round {
  readonly leader: boolean
  readonly assigned: readonly TopicPartition[]
  /** What the leader computed it from; undefined when it is of another make. */
  readonly basis: Basis | undefined
  /** Nobody has to give up anything before the plan is carried out: no other round is to follow. */
  readonly isWhole: boolean
  /** Topics that were not there when the group began with them. */
  readonly absent: readonly string[]
  /** When the coordinator was last asked, on the clock's scale. */
  readonly askedAt: number
}

export interface JoiningParts {
  readonly coordinator: Coordinator
  readonly strangers: Strangers
  readonly topology: Topology
  readonly settings: EngineSettings
  readonly bus: Bus
  readonly now: () => number
  /** The coordinator has given us this identity: beats are sent with it from now on. */
  readonly onIdentity: (identity: Identity) => void
}

export interface JoinWith {
  readonly identity: Identity
  readonly owned: readonly TopicPartition[]
  readonly nonce: number
  /** As in the round, as far as it is known here. */
  readonly absent: readonly string[]
}

export class Joining {
  readonly #parts: JoiningParts
  readonly #crowding: Crowding
  readonly #joinTimeout: number
  readonly #syncTimeout: number

  constructor(parts: JoiningParts) {
    this.#parts = parts
    this.#crowding = new Crowding(parts.bus, parts.settings.groupId)
    const { rebalanceTimeout, sessionTimeout } = parts.settings
    this.#joinTimeout = Math.max(rebalanceTimeout, sessionTimeout) + GRACE_MS
    this.#syncTimeout = sessionTimeout + GRACE_MS
  }

  /** Throws a KafkaError, or what broke the connection. */
  async round(join: JoinWith): Promise<Round> {
    const joined = await this.#join(join)
    const leader = joined.leaderId === joined.memberId
    const groupAssignment = leader ? await this.#plan(joined) : []
    const identity = { memberId: joined.memberId, generation: joined.generationId }
    const askedAt = this.#parts.now()
    const answer = await this.#parts.coordinator.sync(
      { memberId: identity.memberId, generationId: identity.generation, groupAssignment },
      this.#syncTimeout,
    )
    if (actionOf(answer.errorCode) !== 'ok') throw new KafkaError('synchronizing with the group', answer.errorCode)
    const {
      partitions,
      basis,
      withheld = 0,
      absent = [],
    } = decodeAssignment(answer.memberAssignment ?? Buffer.alloc(0))
    if (!leader && basis === undefined) void this.#parts.strangers.ask(identity.memberId)
    return { leader, assigned: partitions, basis, isWhole: withheld === 0, absent, askedAt }
  }

  async #join(join: JoinWith): Promise<JoinAnswer> {
    const answer = await this.#parts.coordinator.join(this.#joinArgs(join), this.#joinTimeout)
    const action = actionOf(answer.errorCode)
    // Once: a second time would be answered by a third.
    if (action === 'member-id' && join.identity.memberId === '') {
      const identity = { ...nobody, memberId: answer.memberId }
      this.#parts.onIdentity(identity)
      return this.#join({ ...join, identity })
    }
    if (action !== 'ok') throw new KafkaError(`joining the group ${this.#parts.settings.groupId}`, answer.errorCode)
    this.#parts.onIdentity({ memberId: answer.memberId, generation: answer.generationId })
    return answer
  }

  #joinArgs({ identity, owned, nonce, absent }: JoinWith): object {
    const { sessionTimeout, rebalanceTimeout, strategies, subscriptions } = this.#parts.settings
    const topics = subscriptions.map(({ topic }) => topic)
    const groupProtocols = strategies.map(name => {
      const { protocol } = assignerOf(name)
      const subscription = { topics, owned, nonce, absent, generation: identity.generation }
      return { name, metadata: encodeSubscription(subscription, SUBSCRIPTION_VERSION[protocol]) }
    })
    return { memberId: identity.memberId, sessionTimeout, rebalanceTimeout, protocolType: 'consumer', groupProtocols }
  }

  async #plan(joined: JoinAnswer): Promise<readonly { memberId: string; memberAssignment: Buffer }[]> {
    const { strangers, topology } = this.#parts
    const assigner = findAssigner(joined.groupProtocol)
    if (!assigner) throw new Error(`the group has chosen the strategy ${joined.groupProtocol}, which is not known here`)
    const members = joined.members.map(member => this.#read(member))
    strangers.see(members)
    await topology.know(members.flatMap(({ topics }) => topics))
    // A plan from yesterday's partitions would leave new ones to nobody.
    await topology.refresh({ now: true })
    const counts = topology.counts()
    this.#crowding.see(members.length, partitionsOf(members, counts))
    const { assignment, withheld } = assigner.assign(members, counts)
    const absent = new Set(members.flatMap(member => member.absent ?? []))
    return members.map(({ memberId, topics }) => ({
      memberId,
      memberAssignment: encodeAssignment({
        partitions: assignment.get(memberId) ?? [],
        basis: basisOf(topics, counts),
        withheld: withheld.length,
        absent: topics.filter(topic => absent.has(topic)),
      }),
    }))
  }

  // A member whose metadata nobody can read gets nothing; the others are not made to suffer for it.
  #read({ memberId, groupInstanceId, memberMetadata }: JoinAnswer['members'][number]): MemberSubscription {
    const instanceId = groupInstanceId ?? null
    try {
      return decodeMember({ memberId, instanceId, metadata: memberMetadata })
    } catch (error) {
      this.#parts.bus.publish('line', { level: 'warn', from: 'kafka', message: String(error) })
      return { memberId, instanceId, topics: [], owned: [], generation: -1 }
    }
  }
}

/** Of all topics of the group. */
function partitionsOf(members: readonly MemberSubscription[], counts: ReadonlyMap<string, number>): number {
  const topics = new Set(members.flatMap(({ topics }) => topics))
  return [...topics].reduce((sum, topic) => sum + (counts.get(topic) ?? 0), 0)
}
