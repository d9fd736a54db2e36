// The engine on kafkajs's wire layer: puts the parts together and is the port's face. See member.ts for the membership,
// fetcher.ts for the way of the records, wire.ts for what is used of kafkajs.

import type {
  CommitOutcome,
  Engine,
  EngineFactory,
  EngineParts,
  OutgoingRecord,
  PartitionOffset,
  ProduceError,
  TopicPartition,
} from '../engine.ts'
import { Brokers } from './brokers.ts'
import { actionOf } from './codes.ts'
import { Commits } from './commits.ts'
import { Coordinator } from './coordinator.ts'
import { Fetcher } from './fetcher.ts'
import { Heartbeat } from './heartbeat.ts'
import { Joining } from './joining.ts'
import { Member } from './member.ts'
import { Positions } from './positions.ts'
import { Producer } from './producer.ts'
import { Topology } from './topology.ts'

class KafkajsEngine implements Engine {
  readonly name = 'kafkajs'
  readonly #brokers: Brokers
  readonly #topology: Topology
  readonly #heartbeat: Heartbeat
  readonly #fetcher: Fetcher
  readonly #commits: Commits
  readonly #producer: Producer
  readonly #member: Member
  #stopping: Promise<void> | undefined

  constructor(parts: EngineParts) {
    const { bus, clock, settings, sink } = parts
    const { brokers: addresses, clientId, groupId, instanceId, socketTimeout, subscriptions } = settings
    const onDenied = (error: unknown) => this.#member.fail(error)
    const brokers = new Brokers({ brokers: addresses, clientId, socketTimeout, bus, clock })
    const coordinator = new Coordinator({ brokers, groupId, instanceId })
    const onChange = () => this.#member.topologyChanged()
    const topology = new Topology({ brokers, maxAge: settings.metadataMaxAge, bus, clock, onChange, onDenied })
    const identity = () => this.#member.identity
    const onAnswer = (code: number) => this.#member.heard(code)
    const onIdentity = (given: Member['identity']) => this.#member.become(given)
    const { heartbeatInterval: interval, sessionTimeout: session } = settings
    const heartbeat = new Heartbeat({
      coordinator,
      clock,
      interval,
      session,
      timeout: socketTimeout,
      identity,
      onAnswer,
    })
    // An OffsetCommit of kafkajs's versions carries no instance id: to a static member that was replaced it says that the member
    // is unknown, and rejoining on that word would throw the replacement out. A beat learns the truth.
    const onCommitAnswer = (code: number) =>
      instanceId !== null && actionOf(code) === 'evicted' ? heartbeat.beat() : onAnswer(code)
    const owns = (p: TopicPartition) => this.#member.owns(p)
    const commits = new Commits({ coordinator, bus, identity, owns, onAnswer: onCommitAnswer, onDenied })
    const commit = (offsets: readonly PartitionOffset[]) => commits.commit(offsets)
    const positions = new Positions({ brokers, coordinator, topology, subscriptions, bus, clock, commit, onDenied })
    const fetcher = new Fetcher({ brokers, topology, positions, settings, sink, bus, clock, onDenied })
    const joining = new Joining({ coordinator, topology, settings, bus, now: () => clock.now(), onIdentity })
    this.#brokers = brokers
    this.#topology = topology
    this.#heartbeat = heartbeat
    this.#fetcher = fetcher
    this.#commits = commits
    this.#producer = new Producer({ brokers, topology, clock })
    this.#member = new Member({
      settings,
      sink,
      bus,
      clock,
      coordinator,
      heartbeat,
      joining,
      positions,
      topology,
      fetcher,
    })
  }

  start(): Promise<void> {
    if (this.#stopping) return this.#stopping
    this.#heartbeat.start()
    return this.#member.start()
  }

  mayStart(): boolean {
    return !this.#member.isEnded() && this.#heartbeat.holds()
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

  beat(): void {
    this.#heartbeat.beat()
  }

  stop(how: { readonly leave: boolean; readonly deadline: number }): Promise<void> {
    this.#stopping ??= this.#stop(how)
    return this.#stopping
  }

  async #stop(how: { readonly leave: boolean; readonly deadline: number }): Promise<void> {
    this.#fetcher.stop()
    this.#heartbeat.stop()
    await this.#member.stop(how)
    this.#topology.close()
    this.#brokers.close()
  }
}

export const createKafkajsEngine: EngineFactory = parts => new KafkajsEngine(parts)
