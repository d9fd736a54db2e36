// Our membership in the group, from the first join to the last leave: when to join again, and what every answer of the coordinator
// makes of it. One loop: give up what has to be given up, join, take what was assigned, wait for a reason to join again.
//
// Phases: `out` (before the first join, and after one that failed) → `joining` (from JoinGroup to SyncGroup) → `stable` → `joining` …
// → `ended`. Beats go on in all of them; only in `stable` does their answer decide anything, because a join learns the same from its
// own — unless that is lost, of which beats are the only sign.
//
// Eager strategies give up everything before they join. The cooperative one (KIP-429) keeps all, learns from the assignment
// what to give up, and joins once more when that is done; the partitions that stay are never disturbed.

import type { Bus } from '../../events/bus.ts'
import { backoff } from '../../lib/backoff.ts'
import { type Clock, sleep } from '../../lib/clock.ts'
import { type Deferred, deferred } from '../../lib/deferred.ts'
import { within } from '../../lib/within.ts'
import { type EngineSettings, type EngineSink, keyOf } from '../engine.ts'
import { assignerOf } from './assigners/registry.ts'
import { type Action, actionFor, actionOf, isUnreached, KafkaError, nameOf, Unreached } from './codes.ts'
import { type Coordinator, type Identity, nobody } from './coordinator.ts'
import type { Dispute } from './dispute.ts'
import { fatal } from './fatal.ts'
import type { Heartbeat } from './heartbeat.ts'
import type { Holdings } from './holdings.ts'
import type { Joining, Round } from './joining.ts'
import { leave as leaveGroup } from './leaving.ts'
import type { Origins } from './origins.ts'
import { basisOf } from './protocol.ts'
import type { Rights } from './rights.ts'
import type { Topology } from './topology.ts'

const BACKOFF = { first: 100, most: 2_000, jitter: 0.3 }
/** A failure to join is told when it has gone on for some seconds, and again after some more. */
const [TELL_AFTER, TELL_EVERY] = [5, 10]
/** How long a start waits for partitions that have no leader. */
const LEADERLESS_MS = 3_000
/** How long beats may say that the group has gone on without us while a join of ours is under way. */
const UNANSWERED_MS = 1_000
/** In an outage nobody wants to wait longer for a stop; then the session takes us out. */
const LEAVE_MS = 5_000
/** What a join that failed makes of an action: these end the membership, these join again at once, all others after a wait. */
const ENDING: ReadonlySet<Action> = new Set(['fenced', 'denied', 'protocol', 'refused'])
const AT_ONCE: ReadonlySet<Action> = new Set(['evicted', 'generation', 'rejoin', 'member-id'])

type Phase = 'out' | 'joining' | 'stable' | 'ended'

export interface MemberParts {
  readonly settings: EngineSettings
  readonly failed: EngineSink['failed']
  readonly bus: Bus
  readonly clock: Clock
  readonly coordinator: Coordinator
  readonly dispute: Dispute
  readonly heartbeat: Heartbeat
  readonly holdings: Holdings
  readonly joining: Joining
  readonly origins: Origins
  readonly rights: Rights
  readonly topology: Topology
  /** Nothing may reach the sink any more. */
  readonly onEnd: () => void
}

export class Member {
  readonly #parts: MemberParts
  readonly #eager: boolean
  readonly #ending = new AbortController()
  readonly #started = deferred()
  #phase: Phase = 'out'
  #identity: Identity = nobody
  #reason: Deferred<string> = deferred()
  /** Why to join again; undefined while there is no reason. */
  #due: string | undefined
  #round: Round | undefined
  #unansweredSince: number | undefined
  /** When a JoinGroup was last sent; undefined: never. From then on the group may count us in although no answer came. */
  #askedAt: number | undefined
  /** Whether one is on its way. */
  #isAsking = false
  #fenced = false

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
    this.#unansweredSince = undefined
    if (this.isEnded()) throw new Error('stopped')
  }

  /** Whether a join is under way. */
  isAsking(): boolean {
    return this.#isAsking
  }

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
    if (action === 'evicted' || action === 'generation') return this.#outlived(errorCode)
    if (action === 'rejoin' && this.#phase === 'stable') this.#rejoin('the group is rebalancing')
  }

  /** The topics have been looked at: if our share was computed from something else, somebody has to plan again. */
  topologySeen(): void {
    if (this.#phase !== 'stable' || this.#due !== undefined || !this.#round) return
    if (this.#parts.dispute.raises(this.#round)) this.#rejoin('the partitions of the topics have changed')
  }

  /** The membership is over for good. */
  fail(cause: unknown): void {
    if (this.#phase === 'ended') return
    const error = fatal(cause, this.#parts.settings)
    this.#fenced = error.code === 'FENCED'
    this.#end()
    this.#started.reject(error)
    this.#parts.failed(error)
  }

  /** Leaves the group, unless a replacement is to find our place; waits for the brokers no longer than until `deadline`. */
  async stop({ leave, deadline }: { leave: boolean; deadline: number }): Promise<void> {
    const { bus, clock, coordinator, settings } = this.#parts
    this.#end()
    this.#started.resolve()
    const stays = !leave && settings.instanceId !== null && coordinator.honoursInstanceIds
    if (this.#askedAt === undefined || this.#fenced || stays || deadline <= clock.now()) return
    const memberId = () => this.#identity.memberId
    const isJoining = () => this.#isAsking
    const until = Math.min(deadline, clock.now() + LEAVE_MS)
    const asked = clock.now()
    const told = () => ({ groupId: settings.groupId, durationMs: clock.now() - asked })
    await leaveGroup({ coordinator, clock, memberId, isJoining, deadline: until }).then(
      () => bus.publish('group.left', told()),
      error => bus.publish('group.leave.failed', { ...told(), error }),
    )
  }

  async #run(): Promise<void> {
    let failures = 0
    while (this.#phase !== 'ended') {
      try {
        if (this.#eager) await this.#parts.holdings.giveUp(this.#parts.holdings.all())
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
    const { bus, clock, coordinator, dispute, heartbeat, holdings, joining, origins, settings } = this.#parts
    const { signal } = this.#ending
    const topics = settings.subscriptions.map(({ topic }) => topic)
    await Promise.all([this.#parts.topology.know(topics), this.#parts.rights.check()])
    signal.throwIfAborted()
    this.#phase = 'joining'
    this.#due = undefined
    this.#unansweredSince = undefined
    this.#reason = deferred()
    // In an outage there is nobody to ask: nothing to tell, and no place in the group to give back.
    await coordinator.known()
    signal.throwIfAborted()
    this.#askedAt = clock.now()
    bus.publish('group.joining', { groupId: settings.groupId })
    this.#isAsking = true
    const join = { identity: this.#identity, owned: holdings.all(), nonce: dispute.nonce, absent: origins.absent() }
    const round = await joining.round(join).finally(() => {
      this.#isAsking = false
    })
    signal.throwIfAborted()
    this.#phase = 'stable'
    // A new object: a beat from before SyncGroup may be answered with a rebalance that is over now.
    this.#identity = { ...this.#identity }
    heartbeat.renew(round.askedAt)
    // When those who have to give something up have done so, they join once more, and what they gave up rests until we do too.
    if (!this.#eager) heartbeat.hasten()
    const { memberId, generation } = this.#identity
    const partitions = round.assigned.map(({ topic, partition }) => ({ topic, partition }))
    const told = { generation, memberId, leader: round.leader, partitions, durationMs: clock.now() - this.#askedAt }
    bus.publish('group.joined', { groupId: settings.groupId, ...told })
    return round
  }

  async #adopt(round: Round): Promise<void> {
    const { clock, dispute, holdings, origins, settings, topology } = this.#parts
    const before = this.#round
    this.#round = round
    const topics = new Set(settings.subscriptions.map(({ topic }) => topic))
    const assigned = round.assigned.filter(({ topic }) => topics.has(topic))
    const wanted = new Set(assigned.map(keyOf))
    const gone = holdings.all().filter(owned => !wanted.has(keyOf(owned)))
    const added = assigned.filter(p => !holdings.owns(p))
    origins.noteAll(round.basis ?? basisOf([...topics], topology.counts()))
    origins.noteAbsent(round.absent)
    const located = holdings.add(added)
    // In the background: a partition without a leader must not keep us from beating and rejoining.
    located.catch(error => this.fail(error))
    if (gone.length > 0) {
      await holdings.giveUp(gone)
      return this.#rejoin('partitions were given up')
    }
    await within(clock, Promise.race([located, this.#reason.promise]), clock.now() + LEADERLESS_MS)
    this.#started.resolve()
    if (before === undefined && this.#mayReplaceGiver(round)) {
      dispute.insist()
      return this.#rejoin('the assignment is not finished')
    }
    // The leader may have looked after us; what is seen now is raised by `topologySeen`.
    if (dispute.disagrees(round)) await topology.refresh({ now: true }).catch(() => {})
  }

  /** Whoever we replace may have died over what it had to give up: nobody else would ask for the round that gives it to another. */
  #mayReplaceGiver({ leader, isWhole }: Round): boolean {
    return this.#parts.settings.instanceId !== null && !leader && !isWhole
  }

  /** The coordinator knows neither us nor our generation any more. */
  #outlived(errorCode: number): void {
    if (this.#phase === 'joining') return this.#unanswered()
    if (this.#phase !== 'stable') return
    this.#drop(errorCode)
    this.#rejoin(nameOf(errorCode))
  }

  /** Usually the answer to our join has just passed this one. If it never comes, it is lost, and the group waits for us. */
  #unanswered(): void {
    const now = this.#parts.clock.now()
    this.#unansweredSince ??= now
    if (now - this.#unansweredSince < UNANSWERED_MS) return
    this.#unansweredSince = undefined
    this.#parts.coordinator.endJoin(new Unreached('the group has gone on without an answer to our join'))
  }

  /** The membership is lost, and with it all that we own, at once. */
  #drop(errorCode: number): void {
    const { bus, holdings, settings } = this.#parts
    this.#identity = actionOf(errorCode) === 'evicted' ? nobody : { ...this.#identity, generation: -1 }
    const partitions = holdings.lose()
    bus.publish('group.lost', { groupId: settings.groupId, reason: nameOf(errorCode), partitions })
  }

  #rejoin(reason: string): void {
    if (this.#phase !== 'stable' || this.#due !== undefined) return
    this.#due = reason
    this.#parts.bus.publish('group.rebalancing', { groupId: this.#parts.settings.groupId, reason })
    this.#reason.resolve(reason)
  }

  async #mend(error: unknown, failures: number): Promise<void> {
    if (this.isEnded()) return
    const { bus, clock, coordinator, settings } = this.#parts
    this.#phase = 'out'
    const action = actionFor(error)
    const durationMs = clock.now() - (this.#askedAt ?? clock.now())
    if (!AT_ONCE.has(action)) bus.publish('group.join.failed', { groupId: settings.groupId, durationMs, error })
    if (ENDING.has(action)) return this.fail(error)
    if (action === 'coordinator') coordinator.forget()
    if (error instanceof KafkaError && (action === 'evicted' || action === 'generation')) this.#drop(error.errorCode)
    // Brokers that cannot be reached are told of elsewhere.
    if (!isUnreached(error) && failures % TELL_EVERY === TELL_AFTER) {
      const message = `joining the group ${settings.groupId} has failed ${failures} times: ${String(error)}`
      bus.publish('line', { level: 'warn', from: 'kafka', message })
    }
    // What the group asks for is done at once; but not for ever at that pace.
    const waits = failures - Number(AT_ONCE.has(action))
    if (waits > 0) await sleep(clock, backoff(waits, BACKOFF), this.#ending.signal)
  }

  #end(): void {
    if (this.#phase === 'ended') return
    this.#phase = 'ended'
    this.#ending.abort()
    this.#parts.holdings.clear()
    this.#parts.onEnd()
    this.#reason.resolve('ended')
  }
}
