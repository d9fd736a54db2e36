// The embedded Kafka as its users see it, by kafkajs's own client.

import { spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Kafka, type KafkaOptions, startKafka } from 'racecar-embedded'
import { afterAll, expect, onTestFinished, test } from 'vitest'
import { freePort } from '../support/free-port.ts'
import { TestTopics } from '../support/topics.ts'

/** Ended after its clients, which would try for long to reach it. */
async function started(options: KafkaOptions = {}): Promise<Kafka> {
  const kafka = await startKafka(options)
  onTestFinished(() => kafka.stop())
  return kafka
}

async function client(kafka: Kafka): Promise<TestTopics> {
  const topics = await TestTopics.open(kafka.brokers.join(','))
  onTestFinished(() => topics.close({ keepTopics: true }))
  return topics
}

function folder(): string {
  const directory = mkdtempSync(join(tmpdir(), 'embedded-'))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

// Its own: other test files have theirs at the same time.
process.env.TMPDIR = mkdtempSync(join(tmpdir(), 'embedded-kafka-test-'))
afterAll(() => rmSync(tmpdir(), { recursive: true, force: true }))

const temporary = () => readdirSync(tmpdir()).filter(name => name.startsWith('racecar-embedded-'))

async function counts(topics: TestTopics): Promise<Record<string, number>> {
  const { topics: found } = await topics.admin.fetchTopicMetadata()
  return Object.fromEntries(found.map(({ name, partitions }) => [name, partitions.length]))
}

test('topics are made at the start and later, by name, with their partitions and settings', async () => {
  const kafka = await started({
    topics: { orders: 3, mails: { partitions: 2, config: { 'cleanup.policy': 'compact' } } },
    partitions: 4,
  })
  await kafka.createTopics(['payments'])
  const topics = await client(kafka)
  expect(await counts(topics)).toEqual({ orders: 3, mails: 2, payments: 4 })
  const { resources } = await topics.admin.describeConfigs({
    resources: [{ type: 2, name: 'mails', configNames: ['cleanup.policy'] }],
    includeSynonyms: false,
  })
  expect(resources[0]!.configEntries.map(({ configValue }) => configValue)).toEqual(['compact'])
  await expect(kafka.createTopics(['orders'])).rejects.toThrow(/topic orders: .*TOPIC_ALREADY_EXISTS/)
  await kafka.deleteTopics('orders')
  expect(await counts(topics)).toEqual({ mails: 2, payments: 4 })
})

test.each(['', '.', '..', 'a/b', 'two words', 'größe', 'x'.repeat(250)])(
  'what is no name for Apache Kafka is none here: %j',
  async name => {
    const kafka = await started()
    await expect(kafka.createTopics([name])).rejects.toThrow(/INVALID_TOPIC_EXCEPTION/)
    const { admin } = await client(kafka)
    await expect(admin.createTopics({ topics: [{ topic: name }] })).rejects.toMatchObject({
      errors: [{ type: 'INVALID_TOPIC_EXCEPTION' }],
    })
    await kafka.createTopics(['x'.repeat(249)])
  },
)

test('it listens on the loopback address alone', async () => {
  const kafka = await started()
  const port = Number(kafka.brokers[0]!.split(':')[1])
  const elsewhere = Object.values(networkInterfaces())
    .flat()
    .find(address => address && !address.internal && address.family === 'IPv4')
  expect(kafka.brokers).toEqual([`127.0.0.1:${port}`])
  if (!elsewhere) return
  const [error] = await once(connect(port, elsewhere.address), 'error')
  expect(error).toMatchObject({ code: 'ECONNREFUSED' })
})

test('data in a directory is found again on the same port: topics, records, commits, and a member of the group', async () => {
  const directory = folder()
  const first = await startKafka({ directory, topics: { orders: 2 } })
  const topics = await TestTopics.open(first.brokers[0]!)
  await topics.produce('orders', [{ partition: 1, value: 'kept' }])
  await topics.admin.setOffsets({ groupId: 'group', topic: 'orders', partitions: [{ partition: 1, offset: '1' }] })
  await topics.close({ keepTopics: true })
  const port = Number(first.brokers[0]!.split(':')[1])
  await first.stop()

  const again = await started({ directory, port, topics: { orders: 2, mails: 1 } })
  expect(again.brokers).toEqual(first.brokers)
  const after = await client(again)
  expect(await counts(after)).toEqual({ orders: 2, mails: 1 })
  expect((await after.ends('orders')).map(({ high }) => high)).toEqual([0, 1])
  expect(await after.committed('group', 'orders')).toEqual([-1, 1])
  expect(await after.produce('orders', [{ partition: 1, value: 'next' }])).toBe(1)
})

test('without a directory nothing is left', async () => {
  const before = temporary()
  const kafka = await startKafka({ topics: ['orders'] })
  const [made] = temporary().filter(name => !before.includes(name))
  expect(made).toBeDefined()
  await kafka.stop()
  expect(existsSync(join(tmpdir(), made!))).toBe(false)
})

test.each([{ brokers: 0 }, { partitions: 0 }, { partitions: 1.5 }])('%j is refused', async options => {
  await expect(startKafka(options)).rejects.toThrow(/give a whole number from 1/)
})

test('a process that ends without stopping it leaves nothing either', () => {
  const before = temporary()
  const script = `import('racecar-embedded').then(({ startKafka }) => startKafka()).then(() => process.exit(3))`
  expect(spawnSync(process.execPath, ['-e', script], { timeout: 30_000 }).status).toBe(3)
  expect(temporary()).toEqual(before)
})

test('a port that is taken and a directory that is in use are refused by name, and nothing is left of the attempt', async () => {
  const server = createServer()
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const { port } = server.address() as { port: number }
  const before = temporary()
  await expect(startKafka({ port })).rejects.toMatchObject({ code: 'EADDRINUSE' })
  expect(temporary()).toEqual(before)

  const directory = folder()
  await using _first = await startKafka({ directory })
  await expect(startKafka({ directory })).rejects.toMatchObject({
    code: 'ELOCKED',
    message: `another embedded Kafka uses ${directory}`,
  })
})

test('topics that cannot be made fail the start, and nothing is left of that either', async () => {
  await using _other = await startKafka()
  const directory = folder()
  const port = await freePort()
  await expect(startKafka({ port, directory, topics: { orders: 1.5 } })).rejects.toThrow('1.5')
  await using kafka = await startKafka({ port, directory, topics: { orders: 1 } })
  expect(await kafka.ends('orders')).toEqual([0])
})

test('many in one process are no reason to warn, and one that has stopped takes the complaints of no other along', () => {
  const script = `
    const { once } = require('node:events')
    const { connect } = require('node:net')
    import('racecar-embedded').then(async ({ startKafka }) => {
      const [last, ...others] = await Promise.all(Array.from({ length: 12 }, () => startKafka()))
      for (const other of others) await other.stop()
      const socket = connect(last.brokers[0].split(':')[1], '127.0.0.1')
      socket.on('error', () => {}).write('GET / HTTP/1.1')
      await once(socket.resume(), 'close')
      await last.stop()
    })`
  const { status, stderr } = spawnSync(process.execPath, ['-e', script], { timeout: 60_000, encoding: 'utf8' })
  expect(stderr).toMatch(/^racecar-embedded: closed a connection .*\n$/)
  expect(status).toBe(0)
})

test('options of Node that are for the program are not for its Kafka', () => {
  const script = `import { startKafka } from 'racecar-embedded'; await (await startKafka()).stop()`
  const { status, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    timeout: 30_000,
    encoding: 'utf8',
  })
  expect([status, stderr]).toEqual([0, ''])
})

test('several live in one thread, know nothing of each other, and stop one by one, as often as they are told', async () => {
  const one = await startKafka({ topics: ['shared-name'] })
  const other = await started({ topics: ['shared-name'] })
  const [mine, theirs] = [await client(one), await client(other)]
  await mine.produce('shared-name', [{ value: 'mine' }])
  expect((await theirs.ends('shared-name'))[0]!.high).toBe(0)
  await Promise.all([one.stop(), one.stop()])
  await one.stop()
  expect(await theirs.produce('shared-name', [{ value: 'theirs' }])).toBe(1)
  await expect(one.createTopics(['more'])).rejects.toThrow('this Kafka is stopped')
})

test('a busy main thread holds up nobody else', async () => {
  const kafka = await started({ topics: ['orders'] })
  const script = `
    const { Kafka } = require('kafkajs')
    const kafka = new Kafka({ brokers: ['${kafka.brokers[0]}'], logLevel: 0 })
    const admin = kafka.admin()
    admin.connect().then(() => admin.listTopics()).then(topics => { console.log(topics.join()); process.exit() })`
  // Blocks this thread until the other process has its answer.
  const { stdout, status } = spawnSync(process.execPath, ['-e', script], { timeout: 30_000 })
  expect([stdout.toString().trim(), status]).toEqual(['orders', 0])
})
