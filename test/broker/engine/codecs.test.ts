// All codecs both ways between Java's clients and ours, byte by byte; and keys lie where Java puts them.

import { createHash } from 'node:crypto'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { KafkaRecord, OutgoingRecord } from '../../../src/engine/engine.ts'
import { type Access, openAccess } from '../../../src/engine/kafkajs/access.ts'
import { numberOf } from '../../../src/engine/kafkajs/codecs/index.ts'
import { boundsOf, readSpan } from '../../../src/engine/kafkajs/reader.ts'
import { openSender } from '../../../src/engine/kafkajs/sender.ts'
import { partitionFor } from '../../../src/engine/partitioner.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import { brokers } from '../../support/broker.ts'
import { runKafka } from '../../support/java.ts'
import { TestTopics } from '../../support/topics.ts'

const CODECS = ['none', 'gzip', 'snappy', 'lz4', 'zstd'] as const
const PARTITIONS = 3
const NULL = 'NULL'

interface Line {
  readonly headers: readonly (readonly [string, string])[]
  readonly key: string | null
  readonly value: string | null
}

/** Of many sizes, up to nearly a megabyte; hexadecimal, so that it can be compressed, but not to nothing. */
const LINES: readonly Line[] = Array.from({ length: 3000 }, (_, n) => ({
  headers: n % 3 === 0 ? [['number', String(n)] as const, ['kind', 'čtvrtý'] as const].slice(n % 2) : [],
  key: n % 4 === 0 ? null : `key ${n}`,
  value: n % 50 === 7 ? null : n % 50 === 8 ? '' : hexadecimal(n % 1000 === 500 ? 400_000 : n % 300, n),
}))

function hexadecimal(bytes: number, seed: number): string {
  let x = seed
  const data = Buffer.alloc(bytes)
  for (let i = 0; i < bytes; i++) {
    x = (Math.imul(x, 1103515245) + 12345) >>> 0
    data[i] = x >>> 16
  }
  return data.toString('hex')
}

/** As Java's programs read and write it. */
const inText = ({ headers, key, value }: Line): string =>
  [headers.map(([name, content]) => `${name}:${content}`).join() || NULL, key ?? NULL, value ?? NULL].join('\t')

/** In any order; what is long by its length and hash. */
const digest = (lines: readonly string[]): string[] =>
  lines
    .map(line => (line.length > 200 ? `${line.length} ${createHash('sha256').update(line).digest('hex')}` : line))
    .sort()

const lineOf = ({ headers, key, value }: KafkaRecord): Line => ({
  headers: headers.map(([name, content]) => [name, String(content)]),
  key: key?.toString() ?? null,
  value: value?.toString() ?? null,
})

const recordOf = (topic: string, partition: number, { headers, key, value }: Line): OutgoingRecord => ({
  topic,
  partition,
  key: key === null ? null : Buffer.from(key),
  value: value === null ? null : Buffer.from(value),
  headers: headers.map(([name, content]) => [name, Buffer.from(content)]),
})

const each = (flag: string, values: readonly string[]) => values.flatMap(value => [flag, value])

let topics: TestTopics
beforeAll(async () => {
  topics = await TestTopics.open(await brokers())
})
afterAll(() => topics.close())

const place = async (topic: string) => ({
  topic,
  brokers: [await brokers()],
  clientId: 'codecs',
  tls: null,
  sasl: null,
  socketTimeout: 10_000,
  withinMs: 10_000,
  clock: systemClock,
})

/** By partition: the codec of the first batch, and all records. */
async function logsOf(topic: string): Promise<{ codec: number; records: KafkaRecord[] }[]> {
  const access = await openAccess(await place(topic))
  try {
    const bounds = await boundsOf(access, topic)
    return await Promise.all(
      bounds.map(async ({ partition, start, end }) => {
        const records: KafkaRecord[] = []
        for await (const record of readSpan(access, { topic, partition, from: start, to: end })) records.push(record)
        return { codec: await codecOfFirst(access, topic, partition), records }
      }),
    )
  } finally {
    access.close()
  }
}

async function codecOfFirst({ brokers, topology }: Access, topic: string, partition: number): Promise<number> {
  const partitions = [{ partition, fetchOffset: 0, maxBytes: 1000 }]
  const args = { maxWaitTime: 100, minBytes: 1, maxBytes: 1000, isolationLevel: 0, topics: [{ topic, partitions }] }
  const link = brokers.link(topology.leaderOf(topic, partition)!)
  const answer = await link.send('Fetch', args, { timeout: 5_000 })
  return answer.partitions[0]!.data.readInt16BE(21) & 0x07
}

test.concurrent.each(CODECS)(
  'what Java writes we read, and its keys lie where murmur2 puts them: %s',
  async codec => {
    const topic = await topics.create(`java-${codec}`, { partitions: PARTITIONS })
    await runKafka(
      'ConsoleProducer',
      [
        ...['--bootstrap-server', await brokers(), '--topic', topic, '--compression-codec', codec],
        ...each('--reader-property', ['parse.headers=true', 'parse.key=true', `null.marker=${NULL}`]),
        ...each('--command-property', ['batch.size=400000', 'linger.ms=500']),
      ],
      LINES.map(line => `${inText(line)}\n`).join(''),
    )
    const logs = await logsOf(topic)
    const records = logs.flatMap(log => log.records)
    expect(digest(records.map(lineOf).map(inText))).toEqual(digest(LINES.map(inText)))
    expect(logs.map(log => log.codec)).toEqual(Array(PARTITIONS).fill(numberOf(codec)))
    const chosen = logs.map(log =>
      log.records.filter(({ key }) => key).map(record => partitionFor(record, 'murmur2_random', PARTITIONS)),
    )
    expect(chosen.map(all => [...new Set(all)])).toEqual([[0], [1], [2]])
  },
  60_000,
)

test('what we write Java reads', async () => {
  const topic = await topics.create('ours', { partitions: CODECS.length })
  for (const [partition, compression] of CODECS.entries()) {
    const sending = { ...(await place(topic)), partitioner: 'murmur2_random', compression, onStored: () => {} } as const
    const sender = await openSender(sending)
    // A megabyte is what a broker takes at once.
    for (let from = 0; from < LINES.length; from += 500) {
      const records = LINES.slice(from, from + 500).map(line => recordOf(topic, partition, line))
      expect((await sender.produce(records)).filter(Boolean)).toEqual([])
    }
    sender.close()
  }
  expect((await logsOf(topic)).map(({ codec }) => codec)).toEqual(CODECS.map(numberOf))
  const read = await runKafka('consumer.ConsoleConsumer', [
    ...['--bootstrap-server', await brokers(), '--topic', topic, '--from-beginning'],
    ...['--max-messages', String(LINES.length * CODECS.length), '--timeout-ms', '20000'],
    ...each('--formatter-property', ['print.partition=true', 'print.headers=true', 'print.key=true']),
    ...each('--formatter-property', ['key.separator=\t', `null.literal=${NULL}`]),
  ])
  const written = CODECS.flatMap((_, partition) => LINES.map(line => `Partition:${partition}\t${inText(line)}`))
  const lines = read.split('\n').map(line => line.replace('NO_HEADERS', NULL))
  expect(digest(lines.filter(line => line !== ''))).toEqual(digest(written))
}, 60_000)
