// A member of the group, for as long as it lives: joins, gives up and takes on partitions, commits, and rejoins when the
// coordinator or the topics ask for it. Its rounds run one after the other in `#live`; heartbeats and commits run beside them,
// and what they hear about an identity that has changed since is nobody's. It fetches no record itself.

import { RacecarError } from '../../errors.ts'
import type { Bus } from '../../events/bus.ts'
import type { Clock } from '../../lib/clock.ts'
import { deferred } from '../../lib/deferred.ts'
import {
  type CommitOutcome,
  type EngineSettings,
  type EngineSink,
  keyOf,
  type PartitionOffset,
  type TopicPartition,
} from '../engine.ts'
import { Commits } from './commits.ts'
import { sayGoodbye } from './goodbye.ts'
import type { Partitions } from './partitions.ts'
import { startingPositions } from './positions.ts'
import { type Identity, type JoinAnswer, NONE, type Protocol, type Refusal } from './protocol.ts'
import { Pulse } from './pulse.ts'
import type { Remote } from './remote.ts'
import { TopicWatch } from './topics.ts'

export interface MemberParts {
  readonly settings: EngineSettings
  readonly memberId: string
  readonly sink: Pick<EngineSink, 'assigned' | 'revoked' | 'lost'>
  /** The end, told once. */
  readonly failed: (error: Error) => void
  readonly onBug: (error: unknown) => void
  readonly bus: Bus
  readonly clock: Clock
  readonly remote: Remote
  readonly partitions: Partitions
}

type Joined = Extract<JoinAnswer, { kind: 'joined' }>

export class Member {
  readonly #parts: MemberParts
  readonly #protocol: Protocol
  readonly #topics: readonly string[]
  readonly #pulse: Pulse
  readonly #watch: TopicWatch
  readonly #commits: Commits
  readonly #started = deferred()
  #generation = NONE
  #joining = false
  #askedAt = 0
  /** Why a round is due; null: none is. */
  #due: string | null = 'start'
  #nudge = deferred()
  #ended = false
  #stopping: Promise<void> | undefined
  #layout = ''

  constructor(parts: MemberParts) {
    const { settings, remote, clock, bus, partitions } = parts
    this.#parts = parts
    this.#protocol = settings.strategies[0] === 'cooperative-sticky' ? 'cooperative' : 'eager'
    this.#topics = settings.subscriptions.map(({ topic }) => topic)
    this.#pulse = new Pulse({
      ...settings,
      remote,
      clock,
      identity: () => (this.#generation === NONE ? undefined : this.identity),
      heard: (from, answer) => this.#heard(from, answer),
    })
    this.#commits = new Commits({
      remote,
      bus,
      partitions,
      groupId: settings.groupId,
      identity: () => this.identity,
      isMeant: (identity, refusal) => this.#isMeant(identity, refusal),
      refused: refusal => this.#refused(refusal),
    })
    this.#watch = new TopicWatch({
      remote,
      clock,
      bus,
      topics: this.#topics,
      maxAge: settings.metadataMaxAge,
      seen: layout => layout !== this.#layout && this.#generation !== NONE && this.#ask('the topics have changed'),
    })
  }

  start(): Promise<void> {
    // Whoever does not wait for the start hears of a failure from the sink.
    this.#started.promise.catch(() => {})
    this.#pulse.start()
    this.#live().catch(this.#parts.onBug)
    return this.#started.promise
  }

  get mayStart(): boolean {
    return this.#generation !== NONE && !this.#ended && this.#pulse.isFresh
  }

  get beatAgo(): number | null {
    return this.#pulse.ago
  }

  beat(): void {
    this.#pulse.beat().catch(this.#parts.onBug)
  }

  commit(offsets: readonly PartitionOffset[]): Promise<readonly CommitOutcome[]> {
    return this.#commits.commit(offsets)
  }

  stop(how: { readonly leave: boolean; readonly deadline: number }): Promise<void> {
    this.#stopping ??= this.#stop(how)
    return this.#stopping
  }

  /** The membership is over for good, and not because somebody wanted it. */
  fail(error: Error): void {
    if (this.#ended) return
    const gone = this.#end()
    this.#started.reject(error)
    if (gone.length > 0) this.#parts.sink.lost(gone)
    this.#parts.failed(error)
  }

  get identity(): Identity {
    const { memberId, settings } = this.#parts
    return { memberId, instanceId: settings.instanceId, generation: this.#generation }
  }

  async #live(): Promise<void> {
    while (!this.#ended) {
      if (this.#due === null) {
        await this.#nudge.promise
        continue
      }
      if (this.#protocol === 'eager') await this.#giveUp(this.#parts.partitions.staying)
      const answer = await this.#join()
      if (answer && !this.#ended) await this.#act(answer)
    }
  }

  #ask(reason: string): void {
    if (this.#due !== null || this.#ended) return
    this.#due = reason
    this.#parts.bus.publish('group.rebalancing', { groupId: this.#parts.settings.groupId, reason })
    this.#nudge.resolve()
    this.#nudge = deferred()
  }

  #join(): Promise<JoinAnswer | undefined> {
    const { remote, settings, partitions, bus } = this.#parts
    const { groupId, sessionTimeout, rebalanceTimeout } = settings
    this.#joining = true
    this.#due = null
    this.#askedAt = this.#parts.clock.now()
    bus.publish('group.joining', { groupId })
    const about = { topics: this.#topics, protocol: this.#protocol, sessionTimeout, rebalanceTimeout }
    return remote.persist(
      cluster => cluster.group(groupId).join({ ...this.identity, ...about, owned: partitions.staying }),
      () => !this.#ended,
    )
  }

  async #act(answer: JoinAnswer): Promise<void> {
    this.#joining = false
    switch (answer.kind) {
      case 'joined':
        return this.#settle(answer)
      case 'inconsistent':
        return this.fail(new RacecarError('GROUP_PROTOCOL', 'the group uses another rebalance protocol'))
      case 'unknown':
      case 'stale':
      case 'fenced':
        return this.#refused(answer.kind)
      default:
        answer satisfies never
    }
  }

  async #settle({ generation, layout, leader, partitions }: Joined): Promise<void> {
    const { bus, clock, settings, memberId } = this.#parts
    this.#generation = generation
    this.#layout = layout
    this.#pulse.renew()
    const durationMs = clock.now() - this.#askedAt
    bus.publish('group.joined', { groupId: settings.groupId, generation, memberId, leader, partitions, durationMs })
    this.#watch.look()
    const now = new Set(partitions.map(keyOf))
    const gone = this.#parts.partitions.staying.filter(at => !now.has(keyOf(at)))
    const kept = await this.#takeOn(partitions.filter(at => !this.#parts.partitions.hold(at)))
    if (!kept) return
    this.#started.resolve()
    if (gone.length === 0) return
    await this.#giveUp(gone)
    // KIP-429: only now can the next round hand them to somebody else.
    this.#ask('partitions have been given up')
  }

  /** False where the membership was lost or ended on the way. */
  async #takeOn(added: readonly TopicPartition[]): Promise<boolean> {
    if (added.length === 0) return true
    const { remote, settings, partitions, sink, bus } = this.#parts
    const identity = this.identity
    const goOn = () => this.#isStill(identity)
    const found = await startingPositions({ remote, bus, settings, identity, partitions: added, goOn })
    if (!found || !goOn()) return false
    if (found.kind !== 'found') {
      this.#refused(found.kind)
      return false
    }
    partitions.add(found.positions)
    bus.publish('partitions.assigned', { partitions: found.positions })
    sink.assigned(found.positions)
    partitions.pump()
    return true
  }

  async #giveUp(gone: readonly TopicPartition[]): Promise<void> {
    if (gone.length === 0) return
    const { partitions, bus, sink } = this.#parts
    partitions.retire(gone)
    bus.publish('partitions.revoked', { partitions: gone })
    await sink.revoked(gone)
    partitions.drop(gone)
  }

  #heard(from: Identity, answer: Refusal | 'rebalance' | 'ok'): void {
    if (answer === 'ok' || !this.#isMeant(from, answer)) return
    if (answer === 'rebalance') this.#ask('members come or go')
    else this.#refused(answer)
  }

  #refused(kind: Refusal): void {
    if (kind === 'fenced') {
      return this.fail(new RacecarError('FENCED', `another process has joined as ${this.#parts.settings.instanceId}`))
    }
    const gone = this.#parts.partitions.dropAll()
    this.#generation = NONE
    const { bus, sink, settings } = this.#parts
    const reason = kind === 'unknown' ? 'the session has expired' : 'the group has gone on without this member'
    bus.publish('group.lost', { groupId: settings.groupId, reason, partitions: gone })
    if (gone.length > 0) sink.lost(gone)
    this.#ask(reason)
  }

  /** While a join is under way its answer is the one that counts, and after it nothing said to the generation before. */
  #isMeant(from: Identity, answer: Refusal | 'rebalance'): boolean {
    return this.#isStill(from) && (!this.#joining || answer === 'fenced')
  }

  #isStill({ generation }: Identity): boolean {
    return !this.#ended && generation === this.#generation
  }

  #end(): readonly TopicPartition[] {
    this.#ended = true
    this.#pulse.stop()
    this.#watch.stop()
    this.#nudge.resolve()
    return this.#parts.partitions.dropAll()
  }

  async #stop({ leave, deadline }: { readonly leave: boolean; readonly deadline: number }): Promise<void> {
    const { remote, clock, settings, bus } = this.#parts
    if (this.#ended) return
    this.#end()
    this.#started.resolve()
    const isIn = this.#generation !== NONE || this.#joining
    // Nobody replaces a dynamic member under its name, so its place is of no use to anybody.
    if (!isIn || (!leave && settings.instanceId !== null)) return
    const { groupId } = settings
    const asked = clock.now()
    const heard = await sayGoodbye({ remote, clock, groupId, identity: this.identity, deadline })
    const told = { groupId, durationMs: clock.now() - asked }
    if (heard) bus.publish('group.left', told)
    else bus.publish('group.leave.failed', { ...told, error: new Error('the group has not heard of it in time') })
  }
}
