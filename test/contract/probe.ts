// A member as the contract sees it: an engine with a sink that keeps all it is told, asks for what a scenario wants, and notes
// every call that the port forbids. Several probes of one group share a list of owners, so that two of one partition are seen.

import {
  type CommitOutcome,
  type Engine,
  type EngineSettings,
  type EngineSink,
  type FetchedBatch,
  keyOf,
  type PartitionOffset,
  type TopicPartition,
} from '../../src/engine/engine.ts'
import { createBus } from '../../src/events/bus.ts'
import type { EventName, Events } from '../../src/events/events.ts'
import type { Harness } from './harness.ts'

/** Of one group: who owns what, and what was done that must not be. */
export interface Group {
  readonly owners: Map<string, Probe>
  readonly violations: string[]
}

export interface Seen extends TopicPartition {
  readonly offset: number
  readonly value: string
}

interface Ownership {
  readonly from: number
  next: number
  /** After a seek: the offset that must come next, and no other. */
  exactly: number | undefined
  /** Being given up: what still comes is not taken. */
  closed: boolean
}

export class Probe implements EngineSink {
  readonly name: string
  readonly settings: EngineSettings
  readonly bus = createBus()
  readonly seen: Seen[] = []
  readonly owned = new Map<string, Ownership>()
  /** Every call of `assigned`, `revoked` and `lost`. */
  readonly assignments: (readonly PartitionOffset[])[] = []
  readonly revocations: (readonly TopicPartition[])[] = []
  readonly losses: (readonly TopicPartition[])[] = []
  readonly asked = new Map<string, number>()
  readonly #harness: Harness
  readonly #group: Group
  readonly #events: { name: EventName; data: unknown }[] = []
  engine!: Engine
  started!: Promise<void>
  failure: Error | undefined
  /** Cut off or replaced on purpose: that somebody else takes its partitions over is no violation. */
  doomed = false
  over = false
  bytesWanted: (of: TopicPartition) => number = () => 1_000_000
  whenAssigned: () => void = () => {}
  whenRecords: (batch: FetchedBatch) => void = () => {}
  whenRevoked: (gone: readonly TopicPartition[]) => Promise<unknown> | undefined = () => undefined

  constructor(parts: { name: string; settings: EngineSettings; harness: Harness; group: Group }) {
    this.name = parts.name
    this.settings = parts.settings
    this.#harness = parts.harness
    this.#group = parts.group
    this.bus.onAny((name, data) => this.#events.push({ name, data }))
  }

  events<N extends EventName>(name: N): Events[N][] {
    return this.#events.filter(event => event.name === name).map(({ data }) => data as Events[N])
  }

  get generation(): number {
    return this.events('group.joined').at(-1)?.generation ?? -1
  }

  get partitions(): number[] {
    return [...this.owned.keys()].map(key => Number(key.slice(key.lastIndexOf('/') + 1))).sort((a, b) => a - b)
  }

  values(partition?: number): string[] {
    return this.seen
      .filter(record => partition === undefined || record.partition === partition)
      .map(({ value }) => value)
  }

  /** Where it began when it was last given this partition. */
  beganAt(partition: number): number | undefined {
    return this.assignments.flat().findLast(given => given.partition === partition)?.offset
  }

  next(partition: number): number | undefined {
    return this.#ownership(partition)?.next
  }

  seek(to: PartitionOffset): void {
    const ownership = this.owned.get(keyOf(to))
    if (ownership) ownership.next = ownership.exactly = to.offset
    this.engine.seek(to)
  }

  /** All that has been seen of what it owns, or of these. */
  async commitSeen(of: readonly TopicPartition[] = this.#allOwned()): Promise<readonly CommitOutcome[]> {
    const offsets = of.map(({ topic, partition }) => {
      const next = this.owned.get(keyOf({ topic, partition }))?.next
      return { topic, partition, offset: next ?? 0 }
    })
    return this.#harness.when(this.engine.commit(offsets))
  }

  /** As a runner ends: takes nothing more, commits what it has, goes. */
  async leave(): Promise<void> {
    this.#close(this.#allOwned())
    await this.commitSeen()
    await this.stop(true)
  }

  async stop(leave: boolean, withinMs = 5_000): Promise<void> {
    this.#disown(this.#allOwned())
    this.over = true
    await this.#harness.when(this.engine.stop({ leave, deadline: this.#harness.clock.now() + withinMs }))
  }

  /** As a killed process: what it would still say counts for nothing. */
  async crash(): Promise<void> {
    await this.#harness.crash(this.engine)
    this.doomed = true
    this.#disown(this.#allOwned())
  }

  assigned(added: readonly PartitionOffset[]): void {
    this.#check('assigned')
    this.assignments.push(added)
    for (const { topic, partition, offset } of added) {
      const key = keyOf({ topic, partition })
      const owner = this.#group.owners.get(key)
      if (owner && !owner.doomed) this.#violation(`${key} is assigned while ${owner.name} owns it`)
      this.#group.owners.set(key, this)
      this.owned.set(key, { from: offset, next: offset, exactly: undefined, closed: false })
    }
    this.whenAssigned()
  }

  async revoked(gone: readonly TopicPartition[]): Promise<void> {
    this.#check('revoked')
    for (const at of gone) if (!this.owned.has(keyOf(at))) this.#violation(`${keyOf(at)} is revoked and not owned`)
    this.revocations.push(gone)
    this.#close(gone)
    await this.whenRevoked(gone)
    this.#disown(gone)
  }

  lost(gone: readonly TopicPartition[]): void {
    this.#check('lost')
    this.losses.push(gone)
    this.#disown(gone)
  }

  records(batch: FetchedBatch): void {
    this.#check('records')
    const ownership = this.owned.get(keyOf(batch))
    if (!ownership) return this.#violation(`records of ${keyOf(batch)}, which is not owned`)
    if (ownership.closed) return
    const first = batch.records[0]?.offset
    if (ownership.exactly !== undefined && first !== undefined && first !== ownership.exactly) {
      this.#violation(`${keyOf(batch)} goes on at ${first} after a seek to ${ownership.exactly}`)
    }
    if (first !== undefined) ownership.exactly = undefined
    for (const { offset, value } of batch.records) {
      if (offset < ownership.next) this.#violation(`${keyOf(batch)}@${offset} comes after ${ownership.next - 1}`)
      ownership.next = offset + 1
      this.seen.push({ topic: batch.topic, partition: batch.partition, offset, value: String(value) })
    }
    if (batch.next < ownership.next)
      this.#violation(`${keyOf(batch)} has its next at ${batch.next}, before its last record`)
    ownership.next = batch.next
    this.whenRecords(batch)
  }

  wants(of: TopicPartition): number {
    this.asked.set(keyOf(of), (this.asked.get(keyOf(of)) ?? 0) + 1)
    return this.bytesWanted(of)
  }

  failed(error: Error): void {
    this.#check('failed')
    this.failure = error
    this.#disown(this.#allOwned())
  }

  #ownership(partition: number): Ownership | undefined {
    return this.owned.get(keyOf({ topic: this.settings.subscriptions[0]!.topic, partition }))
  }

  #allOwned(): TopicPartition[] {
    return [...this.owned.keys()].map(key => {
      const slash = key.lastIndexOf('/')
      return { topic: key.slice(0, slash), partition: Number(key.slice(slash + 1)) }
    })
  }

  #close(gone: readonly TopicPartition[]): void {
    for (const at of gone) {
      const ownership = this.owned.get(keyOf(at))
      if (ownership) ownership.closed = true
    }
  }

  #disown(gone: readonly TopicPartition[]): void {
    for (const at of gone) {
      this.owned.delete(keyOf(at))
      if (this.#group.owners.get(keyOf(at)) === this) this.#group.owners.delete(keyOf(at))
    }
  }

  #check(call: string): void {
    if (this.failure) this.#violation(`${call} after failed`)
    if (this.over) this.#violation(`${call} after stop`)
  }

  #violation(what: string): void {
    this.#group.violations.push(`${this.name}: ${what}`)
  }
}
