// A broker that dies is started again with all that it had acknowledged; who cannot be started any more is given up, and says so.

import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startKafka } from 'racecar-embedded'
import { expect, onTestFinished, test } from 'vitest'
import { values, World } from '../contract/world.ts'
import { KafkaHarness } from '../support/kafka-harness.ts'

test('a broker that dies is back on its port with its topics, records, commits and members, and says why it died', async () => {
  const log: string[] = []
  const kafka = await startKafka({ log: (level, line) => log.push(`${level}: ${line}`) })
  onTestFinished(() => kafka.stop())
  const harness = await KafkaHarness.open(kafka.brokers[0])
  const world = new World(harness)
  onTestFinished(() => world.close())
  const topic = await harness.createTopic(2)
  const member = await world.join({ topic, settings: { brokers: kafka.brokers } })
  await harness.produce(topic, 0, values(10))
  await harness.until('ten records', () => member.seen.length === 10)
  expect(await member.engine.commit([{ topic, partition: 0, offset: 10 }])).toEqual(['committed'])

  await kafka.control.crash()
  expect(log).toEqual([
    expect.stringMatching(/^error: the embedded Kafka has ended and is started again: panic: it was told to/),
  ])
  const topics = await KafkaHarness.open(kafka.brokers[0])
  onTestFinished(() => topics.close())
  expect(await topics.committed(world.groupId(), topic)).toEqual([10, 0])
  await topics.produce(topic, 0, values(10, 10))
  await harness.until('the next ten', () => member.seen.length === 20)
  expect(member.values(0)).toEqual(values(20))
  expect(member.failure).toBeUndefined()
})

test('one that cannot be started again is given up, says why, and refuses connections', async () => {
  const log: string[] = []
  const directory = mkdtempSync(join(tmpdir(), 'embedded-'))
  onTestFinished(() => rmSync(directory, { recursive: true }))
  const kafka = await startKafka({ directory, topics: ['orders'], log: (_, line) => log.push(line) })
  writeFileSync(join(directory, 'topics.json'), 'no JSON at all')
  await expect(kafka.control.crash()).rejects.toThrow(/loading persisted state/)
  expect(log.at(-1)).toMatch(/given up: it cannot be started again/)
  const [host, port] = kafka.brokers[0]!.split(':')
  const [error] = await once(connect(Number(port), host), 'error')
  expect(error).toMatchObject({ code: 'ECONNREFUSED' })
  await expect(kafka.stop()).rejects.toThrow(/given up/)
  // Its thread is gone nevertheless: the next one is another.
  await using next = await startKafka({ topics: ['orders'] })
  expect(next.brokers).toHaveLength(1)
})
