// The contract's place for the engine in memory: a cluster of its own on a clock that waiting moves.

import type { Engine, EngineParts } from '../../../src/engine/engine.ts'
import { createMemoryEngine, MemoryCluster } from '../../../src/engine/memory/index.ts'
import type { Harness } from '../../contract/harness.ts'
import { FakeClock } from '../../support/fake-clock.ts'

export class MemoryHarness implements Harness {
  readonly clock = new FakeClock()
  readonly cluster = new MemoryCluster({ clock: this.clock })
  readonly #create = createMemoryEngine(this.cluster)
  #topics = 0

  async createTopic(partitions: number, name = `topic-${++this.#topics}`): Promise<string> {
    this.cluster.createTopic(name, partitions)
    return name
  }

  async addPartitions(topic: string, total: number): Promise<void> {
    this.cluster.addPartitions(topic, total)
  }

  async produce(topic: string, partition: number, values: readonly string[]): Promise<void> {
    for (const value of values) this.cluster.append({ topic, partition }, { value: Buffer.from(value) })
  }

  async produceInvisible(topic: string, partition: number): Promise<void> {
    this.cluster.log({ topic, partition }).skip(2)
  }

  async deleteRecords(topic: string, partition: number, before: number): Promise<void> {
    this.cluster.log({ topic, partition }).deleteBefore(before)
  }

  async end(topic: string, partition: number): Promise<number> {
    return this.cluster.log({ topic, partition }).end
  }

  async committed(groupId: string, topic: string): Promise<readonly (number | null)[]> {
    const group = this.cluster.group(groupId)
    const partitions = Number(this.cluster.layout([topic]).split(':').at(-1))
    return Array.from({ length: partitions }, (_, partition) => group.committed({ topic, partition }))
  }

  async engine(parts: EngineParts): Promise<Engine> {
    return this.#create(parts)
  }

  async cut(engine: Engine): Promise<void> {
    this.cluster.cut(engine)
  }

  async heal(engine: Engine): Promise<void> {
    this.cluster.heal(engine)
  }

  async crash(engine: Engine): Promise<void> {
    this.cluster.crash(engine)
  }

  until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
    return this.clock.until(condition, { what, within: 60_000 })
  }

  when<T>(promise: Promise<T>): Promise<T> {
    return this.clock.when(promise, { within: 60_000 })
  }

  async close(): Promise<void> {}
}
