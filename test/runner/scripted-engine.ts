// An engine that does what a test tells it to: it hands out, takes back, feeds, stores and refuses on command. Against the port
// alone, so that a scenario can do what a broker does only on a bad day.

import {
  type CommitOutcome,
  type Engine,
  type EngineFactory,
  type EngineParts,
  type KafkaRecord,
  keyOf,
  type OutgoingRecord,
  type PartitionOffset,
  type ProduceError,
  type TopicPartition,
} from '../../src/engine/engine.ts'

export const TOPIC = 'orders'

export const p = (partition: number, topic = TOPIC): TopicPartition => ({ topic, partition })

export const produceError = (message: string, retriable: boolean): ProduceError =>
  Object.assign(new Error(message), { retriable })

interface Fed {
  readonly of: TopicPartition
  readonly records: KafkaRecord[]
  /** The next offset to hand over. */
  position: number
  end: number
}

export class ScriptedEngine implements Engine {
  readonly name = 'scripted'
  readonly commits: PartitionOffset[][] = []
  readonly produced: OutgoingRecord[] = []
  /** What does not come again. */
  readonly abandoned: OutgoingRecord[] = []
  /** Topics, each with the one that it is to be like. */
  readonly created: [topic: string, like: string][] = []
  onCreate: () => Promise<void> = async () => {}
  readonly seeks: PartitionOffset[] = []
  readonly stops: { leave: boolean; deadline: number }[] = []
  starts = 0
  beats = 0
  demands = 0
  lease = true
  /** Records in one batch at most. */
  batchSize = 100
  start: () => Promise<void> = async () => {
    this.starts++
  }
  onCommit: (offsets: readonly PartitionOffset[]) => readonly CommitOutcome[] | Promise<readonly CommitOutcome[]> =
    offsets => offsets.map(() => 'committed')
  onProduce: (
    records: readonly OutgoingRecord[],
  ) => readonly (ProduceError | undefined)[] | Promise<readonly (ProduceError | undefined)[]> = records =>
    records.map(() => undefined)
  onStop: () => void | Promise<void> = () => {}
  #parts!: EngineParts
  #isPumping = false
  readonly #fed = new Map<string, Fed>()
  readonly #logs = new Map<string, KafkaRecord[]>()

  readonly factory: EngineFactory = parts => {
    this.#parts = parts
    return this
  }

  get sink() {
    return this.#parts.sink
  }

  get settings() {
    return this.#parts.settings
  }

  /** Appends messages to the log of a partition; they are handed over as far as they are wanted. */
  append(of: TopicPartition, values: readonly string[]): void {
    const log = this.#log(of)
    for (const value of values) {
      log.push({ offset: log.length, timestamp: 0, key: null, value: Buffer.from(value), headers: [] })
    }
    this.pump()
  }

  assign(...partitions: (TopicPartition & { offset?: number })[]): void {
    for (const { topic, partition, offset = 0 } of partitions) {
      const of = { topic, partition }
      this.#fed.set(keyOf(of), { of, records: this.#log(of), position: offset, end: 0 })
    }
    this.sink.assigned(partitions.map(({ topic, partition, offset = 0 }) => ({ topic, partition, offset })))
    this.pump()
  }

  async revoke(...partitions: TopicPartition[]): Promise<void> {
    const before = partitions.map(of => this.#fed.get(keyOf(of)))
    await this.sink.revoked(partitions)
    // It may have been lost, and may even have come back, in the meantime.
    for (const [index, of] of partitions.entries()) {
      if (this.#fed.get(keyOf(of)) === before[index]) this.#fed.delete(keyOf(of))
    }
  }

  lose(...partitions: TopicPartition[]): void {
    for (const of of partitions) this.#fed.delete(keyOf(of))
    this.sink.lost(partitions)
  }

  /** What was last stored for it. */
  committed({ topic, partition }: TopicPartition): number | undefined {
    const all = this.commits.flat().filter(at => at.topic === topic && at.partition === partition)
    return all.at(-1)?.offset
  }

  beatAgo(): number | null {
    return null
  }

  mayStart(): boolean {
    return this.lease
  }

  demandChanged(): void {
    this.demands++
    this.pump()
  }

  seek({ topic, partition, offset }: PartitionOffset): void {
    this.seeks.push({ topic, partition, offset })
    const fed = this.#fed.get(keyOf({ topic, partition }))
    if (fed) fed.position = offset
    this.pump()
  }

  async commit(offsets: readonly PartitionOffset[]): Promise<readonly CommitOutcome[]> {
    const outcomes = await this.onCommit(offsets)
    const stored = offsets.filter((_, index) => outcomes[index] === 'committed')
    if (stored.length > 0) this.commits.push([...stored])
    return outcomes
  }

  async produce(records: readonly OutgoingRecord[]): Promise<readonly (ProduceError | undefined)[]> {
    const answers = await this.onProduce(records)
    this.produced.push(...records.filter((_, index) => answers[index] === undefined))
    return answers
  }

  async createTopic(topic: string, like: string): Promise<void> {
    this.created.push([topic, like])
    return this.onCreate()
  }

  abandon(records: readonly OutgoingRecord[]): void {
    this.abandoned.push(...records)
  }

  beat(): void {
    this.beats++
  }

  async stop(how: { leave: boolean; deadline: number }): Promise<void> {
    this.stops.push(how)
    await this.onStop()
  }

  /** In a turn of its own, as what comes from a socket does. */
  pump(): void {
    if (this.#isPumping) return
    this.#isPumping = true
    setImmediate(() => {
      this.#isPumping = false
      for (const fed of this.#fed.values()) this.#feed(fed)
    })
  }

  #feed(fed: Fed): void {
    // As an engine does, it asks before it knows whether there is anything.
    if (this.sink.wants(fed.of) === 0) return
    const records = fed.records.slice(fed.position, fed.position + this.batchSize)
    if (records.length === 0) return
    fed.position += records.length
    const bytes = records.reduce((sum, { value }) => sum + (value?.length ?? 0) + 32, 0)
    this.sink.records({ ...fed.of, records, next: fed.position, bytes, highWatermark: fed.records.length })
    this.pump()
  }

  #log(of: TopicPartition): KafkaRecord[] {
    const log = this.#logs.get(keyOf(of)) ?? []
    this.#logs.set(keyOf(of), log)
    return log
  }
}
