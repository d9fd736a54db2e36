// The engine over a cluster in memory: puts the parts of one member together behind the port.

import { isRacecarError, RacecarError } from '../../errors.ts'
import type { Bus } from '../../events/bus.ts'
import type {
  CommitOutcome,
  Engine,
  EngineParts,
  EngineSettings,
  OutgoingRecord,
  Partitioner,
  PartitionOffset,
  ProduceError,
} from '../engine.ts'
import type { MemoryCluster } from './cluster.ts'
import { Unreachable } from './link.ts'
import { Member } from './member.ts'
import { Partitions } from './partitions.ts'
import { produceError } from './produce.ts'
import { Remote } from './remote.ts'
import { guarded } from './sink.ts'

export class MemoryEngine implements Engine {
  readonly name = 'memory'
  readonly #bus: Bus
  readonly #remote: Remote
  readonly #partitions: Partitions
  readonly #member: Member
  readonly #partitioner: Partitioner
  readonly #hangUp: () => void
  #isOpen = true

  constructor(cluster: MemoryCluster, parts: EngineParts) {
    const { settings, bus, clock } = parts
    const onBug = (cause: unknown) =>
      this.#member.fail(
        isRacecarError(cause) ? cause : new RacecarError('ENGINE_FAILED', 'the engine failed', { cause }),
      )
    const sink = guarded({ sink: parts.sink, isOpen: () => this.#isOpen, onBug })
    const remote = new Remote({
      cluster,
      link: cluster.connect(this),
      broker: settings.brokers[0] ?? 'memory',
      bus,
      clock,
    })
    const { groupId, offsetOutOfRange } = settings
    const keep = (at: MemoryCluster, offset: PartitionOffset) => {
      at.group(groupId).commit(this.#member.identity, [offset])
    }
    const partitions = new Partitions({
      remote,
      sink,
      bus,
      maxBytes: limitsOf(settings),
      offsetOutOfRange,
      keep,
      onBug,
    })
    const failed = (error: Error) => {
      this.#isOpen = false
      parts.sink.failed(error)
    }
    const memberId = cluster.newMemberId(settings.clientId)
    this.#bus = bus
    this.#remote = remote
    this.#partitions = partitions
    this.#member = new Member({ settings, memberId, sink, failed, onBug, bus, clock, remote, partitions })
    this.#partitioner = settings.partitioner
    this.#hangUp = () => cluster.disconnect(this)
  }

  start(): Promise<void> {
    return this.#member.start()
  }

  mayStart(): boolean {
    return this.#member.mayStart
  }

  beatAgo(): number | null {
    return this.#member.beatAgo
  }

  demandChanged(): void {
    this.#partitions.pump()
  }

  seek(to: PartitionOffset): void {
    this.#partitions.seek(to)
  }

  commit(offsets: readonly PartitionOffset[]): Promise<readonly CommitOutcome[]> {
    return this.#member.commit(offsets)
  }

  abandon(): void {}

  async produce(records: readonly OutgoingRecord[]): Promise<readonly (ProduceError | undefined)[]> {
    try {
      return await this.#remote.call(cluster => cluster.ingest.produce(records, this.#partitioner))
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error
      return records.map(() => produceError(error.message, true))
    }
  }

  async createTopic(topic: string, like: string): Promise<void> {
    const partitions = await this.#remote.call(cluster => {
      if (cluster.has(topic)) return undefined
      cluster.createTopic(topic, cluster.partitionsOf(like))
      return cluster.partitionsOf(like)
    })
    if (partitions !== undefined) this.#bus.publish('topic.created', { topic, partitions })
  }

  beat(): void {
    this.#member.beat()
  }

  async stop(how: { readonly leave: boolean; readonly deadline: number }): Promise<void> {
    this.#isOpen = false
    await this.#member.stop(how)
    this.#hangUp()
  }
}

function limitsOf({ subscriptions, maxBytes }: EngineSettings): (topic: string) => number {
  const limits = new Map(subscriptions.map(({ topic, maxBytesPerPartition }) => [topic, maxBytesPerPartition]))
  return topic => Math.min(maxBytes, limits.get(topic) ?? maxBytes)
}
