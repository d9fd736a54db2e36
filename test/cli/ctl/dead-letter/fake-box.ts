// A topic of dead letters that is an array for each partition, and a ground that remembers what is said.

import type { Box } from '../../../../src/cli/ctl/dead-letter/box.ts'
import type { Mark } from '../../../../src/cli/ctl/dead-letter/progress.ts'
import type { Ground } from '../../../../src/cli/ctl/ground.ts'
import type { Input } from '../../../../src/cli/ctl/lines.ts'
import type { Header, KafkaRecord, OutgoingRecord, PartitionOffset } from '../../../../src/engine/engine.ts'
import type { Bounds, Span } from '../../../../src/engine/kafkajs/reader.ts'
import { systemClock } from '../../../../src/lib/clock.ts'

export const AT = Date.UTC(2026, 0, 2, 3, 4, 5)

export const headers = (texts: Readonly<Record<string, string>>): Header[] =>
  Object.entries(texts).map(([name, text]) => [name, Buffer.from(text)])

export const record = (offset: number, more: Readonly<Record<string, string>> = {}): KafkaRecord => ({
  offset,
  timestamp: AT + offset * 1000,
  key: Buffer.from(`key-${offset}`),
  value: Buffer.from(`value ${offset}`),
  headers: headers({
    trace: `t${offset}`,
    'racecar-topic': 'orders',
    'racecar-partition': '3',
    'racecar-offset': String(100 + offset),
    'racecar-timestamp': new Date(AT).toISOString(),
    'racecar-error': 'boom',
    'racecar-attempts': '3',
    'racecar-group': 'shop',
    'racecar-consumer': 'OrdersConsumer',
    ...more,
  }),
})

export class FakeBox implements Box {
  readonly topic = 'orders.dead-letter'
  readonly sent: OutgoingRecord[] = []
  readonly removed: PartitionOffset[] = []
  saved = new Map<number, Mark>()
  topics = new Map<string, readonly number[]>([['orders', [0, 1, 2, 3]]])
  /** What follows when this one is sent. */
  onSend: (record: OutgoingRecord) => Error | undefined = () => undefined
  removal: Error | undefined
  /** By partition. */
  readonly logs: KafkaRecord[][]

  constructor(...logs: KafkaRecord[][]) {
    this.logs = logs
  }

  async bounds(): Promise<Bounds[]> {
    return this.logs.map((log, partition) => {
      const start = log[0]?.offset ?? 0
      return { topic: this.topic, partition, start, end: (log.at(-1)?.offset ?? start - 1) + 1 }
    })
  }

  async since(bounds: readonly Bounds[], time: number): Promise<Bounds[]> {
    const first = ({ partition, end }: Bounds) =>
      this.logs[partition]!.find(({ timestamp }) => timestamp >= time)?.offset ?? end
    return bounds.map(one => ({ ...one, start: first(one) }))
  }

  async *read({ partition, from, to }: Span): AsyncGenerator<KafkaRecord> {
    for (const one of this.logs[partition]!) if (one.offset >= from && one.offset < to) yield one
  }

  async marks(): Promise<Mark[]> {
    return [...this.saved.values()]
  }

  async save(marks: readonly Mark[]): Promise<void> {
    for (const mark of marks) this.saved.set(mark.partition, mark)
  }

  async partitionsOf(topic: string): Promise<readonly number[] | undefined> {
    return this.topics.get(topic)
  }

  async send(record: OutgoingRecord): Promise<Error | undefined> {
    const refusal = this.onSend(record)
    if (!refusal) this.sent.push(record)
    return refusal
  }

  async remove(before: readonly PartitionOffset[]) {
    if (!this.removal) this.removed.push(...before)
    return before.map(one => ({ before: one, error: this.removal }))
  }
}

export class Terminal {
  out = ''
  err = ''
  readonly raw: Uint8Array[] = []
  readonly interruption = new AbortController()
  #answer: string | undefined

  /** Somebody sits there and answers this. */
  answering(answer: string): this {
    this.#answer = answer
    return this
  }

  get ground(): Ground {
    const nothing = { folders: [], cwd: '/', env: {}, clock: systemClock, kill: () => {} }
    return {
      ...nothing,
      input: () => this.#input(),
      interrupted: () => this.interruption.signal,
      out: {
        write: text => {
          if (typeof text === 'string') this.out += text
          else this.raw.push(text)
        },
      },
      err: {
        write: text => {
          this.err += String(text)
        },
      },
    }
  }

  #input(): Input {
    const lines = this.#answer === undefined ? [] : [Buffer.from(`${this.#answer}\n`)]
    async function* input() {
      yield* lines
    }
    return Object.assign(input(), { isTTY: this.#answer !== undefined })
  }
}
