// Our membership in the group, from the first join to the last leave: what is owned, when to join again, and what every answer
// of the coordinator makes of it. One loop: give up what has to be given up, join, take what was assigned, wait for a reason to
// join again.
//
// Phases: `out` (before the first join, and whenever the membership is lost) → `joining` (from JoinGroup to SyncGroup) →
// `stable` → `joining` … → `ended`. Beats go on in all of them; only in `stable` does their answer decide anything, because a
// join learns the same from its own.
//
// Eager strategies give up everything before they join. The cooperative one (KIP-429) keeps all, learns from the assignment
// what to give up, and joins once more when that is done; the partitions that stay are never disturbed.

import { RacecarError } from '../../errors.ts'
import type { Bus } from '../../events/bus.ts'
import { backoff } from '../../lib/backoff.ts'
import { type Clock, sleep } from '../../lib/clock.ts'
import { type Deferred, deferred } from '../../lib/deferred.ts'
import { type EngineSettings, type EngineSink, keyOf, type TopicPartition } from '../engine.ts'
import { assignerOf } from './assigners/registry.ts'
import { actionFor, actionOf, KafkaError, nameOf } from './codes.ts'
import { type Coordinator, type Identity, nobody } from './coordinator.ts'
import type { Fetcher } from './fetcher.ts'
import type { Heartbeat } from './heartbeat.ts'
import type { Joining, Round } from './joining.ts'
import { leave as leaveGroup } from './leaving.ts'
import type { Positions } from './positions.ts'
import { basisOf, sameBasis } from './protocol.ts'
import type { Topology } from './topology.ts'

const BACKOFF = { first: 100, most: 2_000, jitter: 0.3 }
/** How long a disagreement with the leader about the partitions that exist is left alone before it is raised again. */
const DISPUTE_MS = 10_000

export interface Owned extends TopicPartition {
  /** Whether the sink knows of it: its position has been found. */
  handed: boolean
}

type Phase = 'out' | 'joining' | 'stable' | 'ended'

export interface MemberParts {
  readonly settings: EngineSettings
  readonly sink: EngineSink
  readonly bus: Bus
  readonly clock: Clock
  readonly coordinator: Coordinator
  readonly heartbeat: Heartbeat
  readonly joining: Joining
  readonly positions: Positions
  readonly topology: Topology
  readonly fetcher: Fetcher
}

export class Member {
  readonly #parts: MemberParts
  readonly #owned = new Map<string, Owned>()
  readonly #eager: boolean
  readonly #ending = new AbortController()
  readonly #started = deferred()
  #phase: Phase = 'out'
  #identity: Identity = nobody
  #reason: Deferred<string> = deferred()
  #round: Round | undefined
  #nonce = 0
  /** Whether a JoinGroup was ever sent: the group may count us in although no answer came. */
  #asked = false
  /** Whether one is on its way. */
  #isAsking = false
  #disputed = { about: '', at: Number.NEGATIVE_INFINITY }

  constructor(parts: MemberParts) {
    this.#parts = parts
    this.#eager = assignerOf(parts.settings.strategies[0]!).protocol === 'eager'
  }

  get identity(): Identity {
    return this.#identity
  }

  /** What a join has made of us. Throws once the membership has ended: nothing more is asked then, but what to leave is known. */
  become(identity: Identity): void {
    this.#identity = identity
    if (this.isEnded()) throw new Error('stopped')
  }

  owns = (partition: TopicPartition): boolean => this.#owned.has(keyOf(partition))

  isEnded(): boolean {
    return this.#phase === 'ended'
  }

  /** Resolves with the first assignment; rejects when the group will never have us. */
  start(): Promise<void> {
    this.#run().catch(error => this.fail(error))
    return this.#started.promise
  }

  /** The coordinator's answer to a beat or a commit that was sent with the identity of now. */
  heard(errorCode: number): void {
    const action = actionOf(errorCode)
    if (action === 'coordinator') this.#parts.coordinator.forget()
    if (action === 'fenced' || action === 'denied')
      return this.fail(new KafkaError('the coordinator of the group', errorCode))
    if (this.#phase !== 'stable') return
    if (action === 'rejoin') this.#rejoin('the group is rebalancing')
    if (action === 'evicted' || action === 'generation') {
      this.#drop(nameOf(errorCode), action === 'evicted' ? nobody : { ...this.#identity, generation: -1 })
      this.#rejoin(nameOf(errorCode))
    }
  }

  /** The topics look different from what our share was computed from: somebody has to plan again. */
  topologyChanged(): void {
    if (this.#phase === 'stable' && this.#disputes()) this.#rejoin('the partitions of the topics have changed')
  }

  /** The membership is over for good. */
  fail(cause: unknown): void {
    if (this.#phase === 'ended') return
    const error = fatal(cause, this.#parts.settings)
    this.#end()
    // No call may follow `failed`, though whoever hears of it takes a while to stop us.
    this.#parts.fetcher.stop()
    this.#parts.heartbeat.stop()
    this.#started.reject(error)
    this.#parts.sink.failed(error)
  }

  /** Leaves the group, unless a replacement is to find our place; waits no longer than until `deadline`. */
  async stop({ leave, deadline }: { leave: boolean; deadline: number }): Promise<void> {
    const { bus, clock, coordinator, settings } = this.#parts
    const asked = this.#asked && this.#phase !== 'ended'
    this.#end()
    this.#started.resolve()
    const timeout = Math.min(deadline - clock.now(), settings.socketTimeout)
    const stays = !leave && settings.instanceId !== null && coordinator.honoursInstanceIds
    if (!asked || stays || timeout <= 0) return
    const memberId = () => this.#identity.memberId
    const isJoining = () => this.#isAsking
    const left = leaveGroup({ coordinator, clock, memberId, isJoining, deadline: clock.now() + timeout }).then(
      () => bus.publish('group.left', { groupId: settings.groupId }),
      () => {},
    )
    await Promise.race([left, sleep(clock, timeout)])
  }

  async #run(): Promise<void> {
    let failures = 0
    while (this.#phase !== 'ended') {
      try {
        if (this.#eager) await this.#giveUp([...this.#owned.values()])
        const round = await this.#join()
        failures = 0
        await this.#adopt(round)
        await this.#reason.promise
      } catch (error) {
        failures += 1
        await this.#mend(error, failures)
      }
    }
  }

  async #join(): Promise<Round> {
    const { bus, coordinator, joining, settings, topology } = this.#parts
    await topology.know(settings.subscriptions.map(({ topic }) => topic))
    if (this.#phase === 'ended') throw new Error('stopped')
    this.#phase = 'joining'
    this.#reason = deferred()
    // In an outage there is nobody to ask: nothing to tell, and no place in the group to give back.
    await coordinator.known()
    if (this.isEnded()) throw new Error('stopped')
    this.#asked = true
    bus.publish('group.joining', { groupId: settings.groupId })
    const owned = [...this.#owned.values()]
    this.#isAsking = true
    const round = await joining.round({ identity: this.#identity, owned, nonce: this.#nonce }).finally(() => {
      this.#isAsking = false
    })
    if (this.isEnded()) throw new Error('stopped')
    this.#phase = 'stable'
    // A new object: a beat from before SyncGroup may be answered with a rebalance that is over now.
    this.#identity = { ...this.#identity }
    this.#round = round
    this.#parts.heartbeat.renew(round.askedAt)
    // When those who have to give something up have done so, they join once more, and what they gave up rests until we do too.
    if (!this.#eager) this.#parts.heartbeat.hasten()
    const { memberId, generation } = this.#identity
    const partitions = round.assigned.map(({ topic, partition }) => ({ topic, partition }))
    bus.publish('group.joined', { groupId: settings.groupId, generation, memberId, leader: round.leader, partitions })
    return round
  }

  async #adopt({ assigned }: Round): Promise<void> {
    const topics = new Set(this.#parts.settings.subscriptions.map(({ topic }) => topic))
    const wanted = new Map(assigned.filter(({ topic }) => topics.has(topic)).map(p => [keyOf(p), p]))
    const gone = [...this.#owned.values()].filter(owned => !wanted.has(keyOf(owned)))
    const added = [...wanted]
      .filter(([key]) => !this.#owned.has(key))
      .map(([, p]) => ({ topic: p.topic, partition: p.partition, handed: false }))
    for (const owned of added) this.#owned.set(keyOf(owned), owned)
    const located = this.#locate(added)
    if (gone.length > 0) {
      await this.#giveUp(gone)
      return this.#rejoin('partitions were given up')
    }
    await Promise.race([located, this.#reason.promise])
    this.#started.resolve()
    if (this.#phase === 'stable' && (await this.#learnsBetter())) this.#rejoin('the leader knew other partitions')
  }

  /** Finds positions in the background: a partition without a leader must not keep us from beating and rejoining. */
  async #locate(added: readonly Owned[]): Promise<void> {
    const { bus, fetcher, positions, sink } = this.#parts
    await positions.locate(added, {
      wanted: owned => this.#owned.get(keyOf(owned)) === owned,
      found: located => {
        const added = located.map(({ p: { topic, partition }, offset }) => ({ topic, partition, offset }))
        for (const { p } of located) p.handed = true
        bus.publish('partitions.assigned', { partitions: added })
        sink.assigned(added)
        for (const partition of added) fetcher.add(partition)
      },
    })
  }

  async #giveUp(gone: readonly Owned[]): Promise<void> {
    if (gone.length === 0) return
    const { bus, fetcher, sink } = this.#parts
    for (const owned of gone) fetcher.remove(owned)
    const handed = gone.filter(owned => owned.handed && this.#owned.get(keyOf(owned)) === owned)
    if (handed.length > 0) {
      await sink.revoked(handed.map(({ topic, partition }) => ({ topic, partition })))
      bus.publish('partitions.revoked', { partitions: handed.map(({ topic, partition }) => ({ topic, partition })) })
    }
    for (const owned of gone) if (this.#owned.get(keyOf(owned)) === owned) this.#owned.delete(keyOf(owned))
  }

  /** The membership is lost, and with it all that we own, at once. */
  #drop(reason: string, identity: Identity): void {
    const { bus, fetcher, settings, sink } = this.#parts
    const gone = [...this.#owned.values()]
    this.#identity = identity
    this.#owned.clear()
    for (const owned of gone) fetcher.remove(owned)
    const partitions = gone.filter(({ handed }) => handed).map(({ topic, partition }) => ({ topic, partition }))
    bus.publish('group.lost', { groupId: settings.groupId, reason, partitions })
    if (partitions.length > 0) sink.lost(partitions)
  }

  #rejoin(reason: string): void {
    if (this.#phase !== 'stable') return
    this.#parts.bus.publish('group.rebalancing', { groupId: this.#parts.settings.groupId, reason })
    this.#reason.resolve(reason)
  }

  async #learnsBetter(): Promise<boolean> {
    if (!this.#disagrees()) return false
    // The leader may have looked after us.
    await this.#parts.topology.refresh({ now: true }).catch(() => {})
    return this.#phase === 'stable' && this.#disputes()
  }

  #disagrees(): boolean {
    const { settings, topology } = this.#parts
    const topics = settings.subscriptions.map(({ topic }) => topic)
    const { basis, assigned } = this.#round!
    const foreign = assigned.some(({ topic }) => !topics.includes(topic))
    return foreign || (basis !== undefined && !sameBasis(basis, basisOf(topics, topology.counts())))
  }

  /** Whether we know better than the leader did. A changed nonce then makes the coordinator start a rebalance. */
  #disputes(): boolean {
    if (!this.#disagrees()) return false
    const about = JSON.stringify([...this.#parts.topology.counts()].sort())
    const now = this.#parts.clock.now()
    if (this.#disputed.about === about && now - this.#disputed.at < DISPUTE_MS) return false
    this.#disputed = { about, at: now }
    this.#nonce = (this.#nonce + 1 + Math.floor(Math.random() * 2 ** 16)) >>> 0
    return true
  }

  async #mend(error: unknown, failures: number): Promise<void> {
    if (this.isEnded()) return
    this.#phase = 'out'
    const action = actionFor(error)
    switch (action) {
      case 'rejoin':
      case 'member-id':
      case 'ok':
        return
      case 'evicted':
      case 'generation':
        return this.#drop(String(error), action === 'evicted' ? nobody : { ...this.#identity, generation: -1 })
      case 'fenced':
      case 'denied':
      case 'protocol':
      case 'refused':
        return this.fail(error)
      case 'coordinator':
        this.#parts.coordinator.forget()
        break
      case 'retry':
      case 'refresh':
      case 'offset':
      case 'data':
        break
      default:
        action satisfies never
    }
    await sleep(this.#parts.clock, backoff(failures, BACKOFF), this.#ending.signal)
  }

  #end(): void {
    this.#phase = 'ended'
    this.#ending.abort()
    this.#owned.clear()
    this.#reason.resolve('ended')
  }
}

function fatal(cause: unknown, { groupId, instanceId, strategies }: EngineSettings): Error {
  const options = { cause }
  const text = cause instanceof Error ? cause.message : String(cause)
  switch (actionFor(cause)) {
    case 'fenced':
      return new RacecarError('FENCED', `another process has joined the group ${groupId} as ${instanceId}`, options)
    case 'protocol':
      return new RacecarError(
        'GROUP_PROTOCOL',
        `the members of the group ${groupId} use none of the strategies ${strategies.join(', ')}`,
        options,
      )
    case 'denied':
      return new RacecarError('NOT_ALLOWED', `Kafka does not allow it: ${text}`, options)
    case 'refused':
      return new RacecarError('CONFIG', `Kafka does not accept it: ${text}`, options)
    default:
      return new RacecarError('ENGINE_FAILED', text, options)
  }
}
