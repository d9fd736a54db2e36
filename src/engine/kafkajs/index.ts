// The engine on kafkajs's wire layer: puts the parts together and is the port's face. See member.ts for the membership,
// fetcher.ts for the way of the records, wire.ts for what is used of kafkajs.

import type { Bus } from '../../events/bus.ts'
import type {
  CommitOutcome,
  Engine,
  EngineFactory,
  EngineParts,
  EngineSettings,
  EngineStatistics,
  OutgoingRecord,
  PartitionOffset,
  ProduceError,
  TopicPartition,
} from '../engine.ts'
import { failRemade } from '../out-of-range.ts'
import { makeTopics } from './admin.ts'
import { Brokers } from './brokers.ts'
import { actionOf } from './codes.ts'
import { Commits } from './commits.ts'
import { Coordinator } from './coordinator.ts'
import { Dispute } from './dispute.ts'
import { Fetcher } from './fetcher.ts'
import { Heartbeat } from './heartbeat.ts'
import { Holdings } from './holdings.ts'
import { Joining } from './joining.ts'
import { Member } from './member.ts'
import { Origins } from './origins.ts'
import { prepareCodec } from './outgoing-codec.ts'
import { Positions } from './positions.ts'
import { Producer } from './producer.ts'
import { Rights } from './rights.ts'
import { guarded } from './sink.ts'
import { Strangers } from './strangers.ts'
import { Topology } from './topology.ts'

class KafkajsEngine implements Engine {
  readonly name = 'kafkajs'
  readonly #bus: Bus
  readonly #brokers: Brokers
  readonly #topology: Topology
  readonly #heartbeat: Heartbeat
  readonly #fetcher: Fetcher
  readonly #commits: Commits
  readonly #producer: Producer
  readonly #holdings: Holdings
  readonly #member: Member
  readonly #closing = new AbortController()
  #stopping: Promise<void> | undefined

  constructor(parts: EngineParts) {
    const { bus, clock, settings } = parts
    const { groupId, instanceId, subscriptions } = settings
    const { signal } = this.#closing
    const onDenied = (error: unknown) => this.#member.fail(error)
    const isOpen = () => !this.#member.isEnded()
    const sink = guarded({ sink: parts.sink, isOpen, onBug: onDenied })
    const brokers = new Brokers({ ...settings, bus, clock })
    const coordinator = new Coordinator({ brokers, groupId, instanceId })
    const origins = new Origins()
    const onSeen = () => this.#member.topologySeen()
    const onSetBack = (to: PartitionOffset) => this.#beginAnew(to, to.offset)
    const onRemade = (topic: string) => {
      origins.noteAll({ [topic]: 0 })
      this.#producer.remade(topic)
      this.#remade(topic, parts)
    }
    const seeing = { onSeen, onRemade, onDenied }
    const topology = new Topology({ brokers, maxAge: settings.metadataMaxAge, bus, clock, ...seeing })
    const heartbeat = this.#createHeartbeat(parts, coordinator)
    const commits = this.#createCommits(parts, { coordinator, heartbeat, origins })
    const commit = (offsets: readonly PartitionOffset[]) => commits.commit(offsets)
    const base = { brokers, topology, bus, clock, onDenied }
    const positions = new Positions({ ...base, coordinator, origins, settings, commit, signal })
    const fetcher = new Fetcher({ ...base, positions, settings, sink, onFatal: onDenied, onSetBack })
    const holdings = new Holdings({ sink, bus, positions, fetcher })
    const onIdentity = (given: Member['identity']) => this.#member.become(given)
    const topics = subscriptions.map(({ topic }) => topic)
    const strangers = new Strangers({ coordinator, groupId, topics, bus })
    const now = () => clock.now()
    const joining = new Joining({ coordinator, strangers, topology, settings, bus, now, onIdentity })
    const dispute = new Dispute({ topics, topology, clock })
    this.#bus = bus
    this.#brokers = brokers
    this.#topology = topology
    this.#heartbeat = heartbeat
    this.#fetcher = fetcher
    this.#commits = commits
    this.#holdings = holdings
    this.#producer = new Producer({ ...settings, brokers, topology, bus, clock })
    const rights = new Rights({ brokers, reads: topics, writes: settings.writes ?? [] })
    const group = { coordinator, dispute, heartbeat, holdings, joining, origins, rights, topology }
    const failed = (error: Error) => parts.sink.failed(error)
    this.#member = new Member({ ...group, settings, failed, bus, clock, onEnd: () => this.#quiet() })
  }

  start(): Promise<void> {
    if (this.#stopping) return this.#stopping
    this.#heartbeat.start()
    return this.#member.start()
  }

  mayStart(): boolean {
    return !this.#member.isEnded() && this.#heartbeat.holds()
  }

  beatAgo(): number | null {
    return this.#heartbeat.ago()
  }

  statistics(): EngineStatistics {
    return { brokers: this.#brokers.statistics() }
  }

  demandChanged(): void {
    this.#fetcher.wake()
  }

  seek(to: PartitionOffset): void {
    this.#fetcher.seek(to)
  }

  commit(offsets: readonly PartitionOffset[]): Promise<readonly CommitOutcome[]> {
    return this.#commits.commit(offsets)
  }

  produce(records: readonly OutgoingRecord[]): Promise<readonly (ProduceError | undefined)[]> {
    return this.#producer.produce(records)
  }

  abandon(records: readonly OutgoingRecord[]): void {
    // Nothing is sent after a stop: nobody need begin anew.
    if (this.#stopping === undefined) this.#producer.abandon(records)
  }

  async createTopic(topic: string, like: string): Promise<void> {
    const partitions = this.#topology.partitionsOf(like).length
    const [made] = await makeTopics(this.#brokers, [topic], partitions)
    if (made !== undefined) this.#bus.publish('topic.created', { topic, partitions })
  }

  beat(): void {
    this.#heartbeat.beat()
  }

  stop(how: { readonly leave: boolean; readonly deadline: number }): Promise<void> {
    this.#stopping ??= this.#stop(how)
    return this.#stopping
  }

  async #stop(how: { readonly leave: boolean; readonly deadline: number }): Promise<void> {
    await this.#member.stop(how)
    this.#topology.close()
    this.#brokers.close()
  }

  #remade(topic: string, { bus, settings }: EngineParts): void {
    const held = this.#holdings.of(topic)
    if (settings.offsetOutOfRange === 'fail' && held.length > 0) return this.#member.fail(failRemade(topic, held))
    bus.publish('topic.remade', { topic })
    for (const p of held) this.#beginAnew(p, 'start')
  }

  #beginAnew(partition: TopicPartition, at: 'start' | number): void {
    this.#holdings.beginAnew(partition, at).catch(error => this.#member.fail(error))
  }

  /** The membership has ended. Deliveries may go on. */
  #quiet(): void {
    this.#closing.abort()
    this.#fetcher.stop()
    this.#heartbeat.stop()
  }

  #createHeartbeat({ clock, settings }: EngineParts, coordinator: Coordinator): Heartbeat {
    const { heartbeatInterval: interval, sessionTimeout: session, socketTimeout: timeout } = settings
    const identity = () => this.#member.identity
    const isAsking = () => this.#member.isAsking()
    const onAnswer = (code: number) => this.#member.heard(code)
    return new Heartbeat({ coordinator, clock, interval, session, timeout, identity, isAsking, onAnswer })
  }

  #createCommits(
    { bus, settings }: EngineParts,
    group: { coordinator: Coordinator; heartbeat: Heartbeat; origins: Origins },
  ): Commits {
    const identity = () => this.#member.identity
    const owns = (p: TopicPartition) => this.#holdings.owns(p)
    const onDenied = (error: unknown) => this.#member.fail(error)
    // An OffsetCommit of kafkajs's versions carries no instance id: to a static member that was replaced it says that the member
    // is unknown, and rejoining on that word would throw the replacement out. A beat learns the truth.
    const onAnswer = (code: number) =>
      settings.instanceId !== null && actionOf(code) === 'evicted' ? group.heartbeat.beat() : this.#member.heard(code)
    return new Commits({ ...group, bus, identity, owns, onAnswer, onDenied })
  }
}

export const createKafkajsEngine: EngineFactory = Object.assign((parts: EngineParts) => new KafkajsEngine(parts), {
  prepare: ({ compression }: Pick<EngineSettings, 'compression'>) => prepareCodec(compression),
})
