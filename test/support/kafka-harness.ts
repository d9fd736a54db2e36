// Where the engine on kafkajs lives in tests: a real broker. A member that may be broken talks to it through a proxy of its own.

import type { Engine, EngineParts } from '../../src/engine/engine.ts'
import { createKafkajsEngine } from '../../src/engine/kafkajs/index.ts'
import { systemClock } from '../../src/lib/clock.ts'
import type { Harness } from '../contract/harness.ts'
import { brokers } from './broker.ts'
import { KafkaProxy } from './proxy.ts'
import { TestTopics, uniqueName } from './topics.ts'

const PATIENCE = 40_000

export class KafkaHarness implements Harness {
  readonly clock = systemClock
  readonly #address: string
  readonly topics: TestTopics
  readonly #named: string[] = []
  readonly #proxies = new Map<Engine, KafkaProxy>()

  readonly session?: number

  private constructor(address: string, topics: TestTopics, session?: number) {
    this.#address = address
    this.topics = topics
    if (session) this.session = session
  }

  /** On the broker that all tests share, unless another one is named. */
  static async open(at?: string, session?: number): Promise<KafkaHarness> {
    const address = at ?? (await brokers())
    return new KafkaHarness(address, await TestTopics.open(address), session)
  }

  async createTopic(partitions: number, name?: string): Promise<string> {
    if (name === undefined) return this.topics.create('contract', { partitions })
    await this.topics.admin.createTopics({ topics: [{ topic: name, numPartitions: partitions }] })
    this.#named.push(name)
    return name
  }

  async addPartitions(topic: string, total: number): Promise<void> {
    await this.topics.grow(topic, total)
  }

  async produce(topic: string, partition: number, values: readonly string[]): Promise<void> {
    await this.topics.produce(
      topic,
      values.map(value => ({ partition, value })),
    )
  }

  async produceInvisible(topic: string, partition: number): Promise<void> {
    const before = await this.end(topic, partition)
    const transactionalId = uniqueName('contract')
    const producer = this.topics.kafka.producer({ transactionalId, idempotent: true, maxInFlightRequests: 1 })
    await producer.connect()
    const transaction = await producer.transaction()
    await transaction.send({ topic, messages: [{ partition, value: 'aborted' }] })
    await transaction.abort()
    await producer.disconnect()
    // The record and the mark of its abort, which the broker writes after it has answered.
    await this.until('the mark', async () => (await this.end(topic, partition)) === before + 2)
  }

  deleteRecords(topic: string, partition: number, before: number): Promise<void> {
    return this.topics.deleteRecords(topic, partition, before)
  }

  async end(topic: string, partition: number): Promise<number> {
    return (await this.topics.ends(topic))[partition]!.high
  }

  async committed(groupId: string, topic: string): Promise<readonly (number | null)[]> {
    const offsets = await this.topics.committed(groupId, topic)
    return offsets.map(offset => (offset < 0 ? null : offset))
  }

  async engine(parts: EngineParts, { breakable }: { readonly breakable: boolean }): Promise<Engine> {
    if (parts.settings.brokers.length > 0) return createKafkajsEngine(parts)
    const at = (address: string) => ({ ...parts, settings: { ...parts.settings, brokers: [address] } })
    if (!breakable) return createKafkajsEngine(at(this.#address))
    const target = Number(this.#address.split(':').at(-1))
    const advertise = new Map<number, number>()
    const proxy = await KafkaProxy.open({ target, advertise })
    advertise.set(target, proxy.port)
    const engine = createKafkajsEngine(at(proxy.address))
    this.#proxies.set(engine, proxy)
    return engine
  }

  /** What a breakable engine talks through. */
  proxyOf(engine: Engine): KafkaProxy {
    return this.#proxies.get(engine)!
  }

  async cut(engine: Engine): Promise<void> {
    const proxy = this.#proxies.get(engine)
    proxy?.refuse()
    proxy?.cut()
  }

  async heal(engine: Engine): Promise<void> {
    await this.#proxies.get(engine)?.heal()
  }

  async crash(engine: Engine): Promise<void> {
    await this.cut(engine)
  }

  async until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
    const end = performance.now() + PATIENCE
    while (!(await condition())) {
      if (performance.now() > end) throw new Error(`not within ${PATIENCE} ms: ${what}`)
      await new Promise(resolve => setTimeout(resolve, 10))
    }
  }

  when<T>(promise: Promise<T>): Promise<T> {
    return promise
  }

  async close(): Promise<void> {
    for (const proxy of this.#proxies.values()) await proxy.close()
    if (this.#named.length > 0) await this.topics.admin.deleteTopics({ topics: this.#named }).catch(() => {})
    await this.topics.close()
  }
}
