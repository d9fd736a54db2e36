// What becomes of records that are produced.

import { expect } from 'vitest'
import type { OutgoingRecord } from '../../src/engine/engine.ts'
import type { Scenario } from './scenario.ts'
import { range, values } from './world.ts'

const record = (topic: string, value: string, partition?: number): OutgoingRecord => ({
  topic,
  partition,
  key: null,
  value: Buffer.from(value),
  headers: [],
})

/** Large Buffers take long to compare. */
const inText = ({ key, value, headers }: Omit<OutgoingRecord, 'topic'>) => [
  key?.toString() ?? null,
  value?.toString() ?? null,
  headers.map(([name, content]) => [name, content?.toString() ?? null]),
]

export function produce(scenario: Scenario): void {
  scenario('records are stored in the order of the array, each in the partition that it names', async world => {
    const topic = await world.harness.createTopic(2)
    const probe = await world.join({ topic })
    const sent = values(200).map((value, index) => record(topic, value, index % 2))
    expect(await world.harness.when(probe.engine.produce(sent))).toEqual(sent.map(() => undefined))
    await world.harness.until('all of them', () => probe.seen.length === 200)
    for (const partition of range(0, 2)) {
      expect(probe.values(partition)).toEqual(values(200).filter((_, index) => index % 2 === partition))
    }
  })

  scenario('key, headers and timestamp arrive as they were sent, absence and repeated names included', async world => {
    const topic = await world.harness.createTopic(1)
    const arrived: unknown[] = []
    const probe = await world.join({
      topic,
      prepare: made => {
        made.whenRecords = ({ records }) => {
          arrived.push(...records.map(({ key, value, headers, timestamp }) => ({ key, value, headers, timestamp })))
        }
      },
    })
    const full = {
      key: Buffer.from([0, 255]),
      value: Buffer.from('ä'),
      headers: [
        ['a', Buffer.from('1')],
        ['a', Buffer.from('2')],
        ['b', Buffer.alloc(0)],
        ['c', null],
        ['c', Buffer.from('3')],
        ['d', null],
      ] as const,
      timestamp: Date.UTC(2026, 5, 1),
    }
    const empty = { key: null, value: null, headers: [], timestamp: Date.UTC(2026, 5, 2) }
    const sent = [full, empty].map(content => ({ topic, partition: 0, ...content }))
    expect(await world.harness.when(probe.engine.produce(sent))).toEqual([undefined, undefined])
    await world.harness.until('both', () => arrived.length === 2)
    expect(arrived).toEqual([full, empty])
  })

  scenario('records without a partition find one, and those of one key the same one', async world => {
    const topic = await world.harness.createTopic(4)
    const probe = await world.join({ topic })
    const keyed = values(40).map((value, index) => ({ ...record(topic, value), key: Buffer.from(`key ${index % 8}`) }))
    const free = values(40, 40).map(value => record(topic, value))
    expect(await world.harness.when(probe.engine.produce([...keyed, ...free]))).toEqual(values(80).map(() => undefined))
    await world.harness.until('all of them', () => probe.seen.length === 80)
    const placeOf = new Map(probe.seen.map(({ value, partition }) => [value, partition]))
    const placesOf = (key: number) =>
      values(40)
        .filter((_, index) => index % 8 === key)
        .map(value => placeOf.get(value))
    for (const key of range(0, 8)) expect(new Set(placesOf(key)).size).toBe(1)
    expect(new Set(range(0, 8).flatMap(placesOf)).size).toBeGreaterThan(1)
  })

  scenario('the partitioner of its settings places a record, by the partition key where there is one', async world => {
    const topic = await world.harness.createTopic(7)
    const probe = await world.join({ topic, settings: { partitioner: 'murmur2_random' } })
    const key = Buffer.from('kafka')
    const sent = [
      { ...record(topic, 'by key'), key },
      { ...record(topic, 'by partition key'), partitionKey: key },
      { ...record(topic, 'by partition'), partition: 2, key },
    ]
    expect(await world.harness.when(probe.engine.produce(sent))).toEqual(values(3).map(() => undefined))
    await world.harness.until('all of them', () => probe.seen.length === 3)
    expect([...probe.values((0xd067cf64 & 0x7fffffff) % 7)].sort()).toEqual(['by key', 'by partition key'])
    expect(probe.values(2)).toEqual(['by partition'])
  })

  for (const compression of ['gzip', 'snappy', 'lz4', 'zstd'] as const) {
    scenario(`what is sent compressed arrives as it was: ${compression}`, async world => {
      const topic = await world.harness.createTopic(1)
      const arrived: unknown[] = []
      const probe = await world.join({
        topic,
        settings: { compression },
        prepare: made => {
          made.whenRecords = ({ records }) => {
            arrived.push(...records.map(inText))
          }
        },
      })
      const sent = range(0, 300).map(size => ({
        key: size % 3 === 0 ? null : Buffer.from(`key ${size}`),
        value: size % 5 === 0 ? null : Buffer.alloc(size * 20, `value ${size}`),
        headers: size % 7 === 0 ? [['size', Buffer.from(String(size))] as const] : [],
      }))
      const records = sent.map(content => ({ topic, partition: 0, ...content }))
      expect(await world.harness.when(probe.engine.produce(records))).toEqual(sent.map(() => undefined))
      await world.harness.until('all of them', () => arrived.length === sent.length)
      expect(arrived).toEqual(sent.map(inText))
    })
  }

  scenario(
    'a record for a topic that is not there gets an error of its own, and the others are stored',
    async world => {
      const topic = await world.harness.createTopic(1)
      const probe = await world.join({ topic })
      const missing = `${world.groupId('missing')}-topic`
      const sent = [record(topic, 'first', 0), record(missing, 'nowhere', 0), record(topic, 'second', 0)]
      const [first, nowhere, second] = await world.harness.when(probe.engine.produce(sent))
      expect([first, second]).toEqual([undefined, undefined])
      expect(nowhere).toBeInstanceOf(Error)
      expect(typeof nowhere?.retriable).toBe('boolean')
      await world.harness.until('the others', () => probe.seen.length === 2)
      expect(probe.values()).toEqual(['first', 'second'])
    },
  )

  scenario('a record for a partition that is not there gets an error, and is not stored elsewhere', async world => {
    const topic = await world.harness.createTopic(1)
    const probe = await world.join({ topic })
    const [error] = await world.harness.when(probe.engine.produce([record(topic, 'nowhere', 7)]))
    expect(error).toBeInstanceOf(Error)
    await world.harness.produce(topic, 0, ['after'])
    await world.harness.until('what was sent after it', () => probe.seen.length > 0)
    expect(probe.values()).toEqual(['after'])
  })

  scenario('without its brokers each record gets an error that says to try again', async world => {
    const topic = await world.harness.createTopic(1)
    const probe = await world.join({ topic, breakable: true })
    await world.harness.cut(probe.engine)
    const errors = await world.harness.when(probe.engine.produce([record(topic, 'a', 0), record(topic, 'b', 0)]))
    expect(errors.map(error => error?.retriable)).toEqual([true, true])
    await world.harness.heal(probe.engine)
    await world.harness.until('one that is stored', async () => {
      const [error] = await world.harness.when(probe.engine.produce([record(topic, 'c', 0)]))
      return error === undefined
    })
  })
}
