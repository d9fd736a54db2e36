// What racecarctl produce does on a Kafka, whichever that is: each place that has one registers these tests with its address.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { EachMessagePayload } from 'kafkajs'
import { afterAll, beforeAll, expect, onTestFinished, test, vi } from 'vitest'
import { KafkaProxy } from './proxy.ts'
import { type CtlResult, racecarctlFed } from './racecarctl.ts'
import { TestTopics, type TopicOptions, uniqueName } from './topics.ts'

interface Stored {
  readonly partition: number
  readonly offset: number
  readonly key: string | undefined
  readonly value: Buffer | null
  readonly headers: Readonly<Record<string, string>>
}

const NOWHERE = '127.0.0.1:1'

/** `open` resolves to the address of the Kafka. */
export function testProduce(open: () => Promise<string>): void {
  let address: string
  let topics: TestTopics
  const folder = mkdtempSync(join(tmpdir(), 'racecarctl-produce-'))
  beforeAll(async () => {
    address = await open()
    topics = await TestTopics.open(address)
  })
  afterAll(async () => {
    await topics.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const create = (options: TopicOptions = {}) => topics.create('ctl-produce', { partitions: 6, ...options })
  const fed = (input: string | Buffer, ...args: string[]) =>
    racecarctlFed(input, folder, 'produce', '--brokers', address, ...args)
  const produce = (...args: string[]) => fed('', ...args)

  test('one message goes where it says, with its key and headers', async () => {
    const topic = await create()
    const place = async (...args: string[]) => placeOf(topic, await produce('--topic', topic, ...args))
    const told = [
      await place('--value', 'one', '--key', 'Ada', '--header', 'source=shell', '-H', 'formula=a=b'),
      await place('-v', 'two', '-k', 'Ada', '-p', '5'),
      await place('-v', '', '-p', '5'),
      await place('--null', '-k', 'Ada'),
      await place('-v', '-3', '-p', '0'),
    ]
    const stored = await read(topics, topic)
    const at = (place: string) => stored.find(({ partition, offset }) => `${partition}@${offset}` === place)
    expect(told.map(at)).toMatchObject([
      { key: 'Ada', value: Buffer.from('one'), headers: { source: 'shell', formula: 'a=b' } },
      { key: 'Ada', value: Buffer.from('two'), headers: {}, partition: 5 },
      { key: undefined, value: Buffer.from(''), partition: 5 },
      { key: 'Ada', value: null },
      { key: undefined, value: Buffer.from('-3'), partition: 0 },
    ])
    expect(stored).toHaveLength(5)
    // As librdkafka would place it, and always the same.
    expect(at(told[0]!)!.partition).toBe(at(told[3]!)!.partition)
  })

  test('each line of standard input is a message, in order and in its bytes, with a last one that has no end', async () => {
    const topic = await create()
    const lines = [Buffer.from('first'), Buffer.alloc(0), Buffer.from([0xff, 0x00, 0x0d]), Buffer.from('žlutý kůň')]
    const input = Buffer.concat(lines.flatMap((line, index) => (index < 3 ? [line, Buffer.from('\n')] : [line])))
    const result = await fed(input, '-t', topic, '-k', 'Ada')
    expect(result).toEqual({ code: 0, stdout: `${topic}: 4 messages stored.\n`, stderr: '' })
    const stored = await read(topics, topic)
    expect(stored.map(({ value }) => value)).toEqual(lines)
    expect(new Set(stored.map(({ key, partition }) => `${key} ${partition}`)).size).toBe(1)
    expect((await fed('', '-t', topic)).stdout).toBe(`${topic}: 0 messages stored.\n`)
  })

  test('many lines, more than it queues at once, are all stored once and in order', async () => {
    const topic = await create({ partitions: 1 })
    const count = 60_000
    const lines = Array.from({ length: count }, (_, index) => `${index}`)
    expect((await fed(`${lines.join('\n')}\n`, '-t', topic)).stdout).toBe(`${topic}: ${count} messages stored.\n`)
    expect((await read(topics, topic)).map(({ value }) => String(value))).toEqual(lines)
  })

  test('a line that the broker refuses is named, and what was read beside it is stored: 1', async () => {
    const topic = await create({ partitions: 1, config: { 'max.message.bytes': '1000' } })
    const result = await fed(`one\n${'x'.repeat(5000)}\nthree\n`, '-t', topic)
    expect(result).toMatchObject({ code: 1, stdout: `${topic}: 2 messages stored.\n` })
    expect(result.stderr).toMatch(
      /^racecarctl: line 2: a message for .* MESSAGE_TOO_LARGE\. .*max\.message\.bytes.*\.$/m,
    )
    expect((await read(topics, topic)).map(({ value }) => String(value))).toEqual(['one', 'three'])
  })

  test('after a failure nothing more is read, and it is said up to where: 1', async () => {
    const topic = await create({ partitions: 1, config: { 'max.message.bytes': '1000' } })
    const result = await fed(`${'x'.repeat(5000)}\n${'y\n'.repeat(100_000)}`, '-t', topic)
    const [, last] = /^racecarctl: nothing after line (\d+) was sent\.$/m.exec(result.stderr) ?? []
    expect(result).toMatchObject({ code: 1, stdout: `${topic}: ${Number(last) - 1} messages stored.\n` })
    expect(Number(last)).toBeLessThan(100_000)
    expect((await topics.ends(topic))[0]!.high).toBe(Number(last) - 1)
  })

  test('a topic that is missing is named with the cure, and not created: 69', async () => {
    const topic = uniqueName('ctl-produce-missing')
    const { code, stdout, stderr } = await produce('-t', topic, '-v', 'one')
    expect([code, stdout]).toEqual([69, ''])
    expect(stderr).toBe(
      `racecarctl: The topic ${topic} does not exist on ${address}. Create it, or check its name: racecarctl never creates one.\n`,
    )
    expect(await topics.admin.listTopics()).not.toContain(topic)
  })

  test('a partition that is missing is named, with those that there are: 1', async () => {
    const topic = await create()
    const { code, stderr } = await produce('-t', topic, '-v', 'one', '-p', '6')
    expect([code, stderr]).toEqual([1, `racecarctl: the topic ${topic} has no partition 6, only 0 to 5.\n`])
    expect(await read(topics, topic)).toEqual([])
  })

  test('a leader that cannot be reached is waited for, and named, until message_timeout: 1', async () => {
    const topic = await create()
    const target = Number(address.split(':').at(-1))
    const proxy = await KafkaProxy.open({ target, advertise: new Map([[target, 1]]) })
    onTestFinished(() => proxy.close())
    vi.stubEnv('RACECAR_MESSAGE_TIMEOUT', '1')
    onTestFinished(() => void vi.unstubAllEnvs())
    const result = await racecarctlFed('one\n', folder, 'produce', '-t', topic, '-b', proxy.address)
    expect(result).toMatchObject({ code: 1, stdout: `${topic}: 0 messages stored.\n` })
    expect(result.stderr).toContain('racecarctl: not stored yet, tried for up to 1 s (message_timeout): ')
    expect(result.stderr).toMatch(
      /^racecarctl: line 1: .* could not be delivered: .*127\.0\.0\.1:1\. It was tried until message_timeout was over\.$/m,
    )
  })

  test('what is produced is placed and compressed as the options say', async () => {
    const topic = await create({ config: { 'max.message.bytes': '1000' } })
    vi.stubEnv('RACECAR_PARTITIONER', 'murmur2_random')
    vi.stubEnv('RACECAR_PRODUCER_COMPRESSION_CODEC', 'gzip')
    onTestFinished(() => void vi.unstubAllEnvs())
    const place = placeOf(topic, await produce('-t', topic, '-k', 'kafka', '-v', 'x'.repeat(5000)))
    expect(place).toBe(`${(0xd067cf64 & 0x7fffffff) % 6}@0`)
    expect((await read(topics, topic)).map(({ value }) => String(value))).toEqual(['x'.repeat(5000)])
  })

  test('Kafka is found as racecar finds it: by flag, then variable, then file and its environment; mistakes are 78', async () => {
    const topic = await create()
    mkdirSync(join(folder, 'config'))
    const file = join(folder, 'config/racecar.yml')
    onTestFinished(() => rmSync(join(folder, 'config'), { recursive: true }))
    onTestFinished(() => void vi.unstubAllEnvs())
    const send = (...args: string[]) => racecarctlFed('', folder, 'produce', '-t', topic, '-v', 'one', ...args)
    writeFileSync(file, `common:\n  brokers: [${NOWHERE}]\nproduction:\n  brokers: ["${address}"]\n`)
    expect(await send('--env', 'production')).toMatchObject({ code: 0, stderr: '' })
    vi.stubEnv('RACECAR_BROKERS', address)
    expect(await send()).toMatchObject({ code: 0, stderr: '' })
    vi.stubEnv('RACECAR_BROKERS', NOWHERE)
    expect(await send('--brokers', address)).toMatchObject({ code: 0, stderr: '' })
    writeFileSync(file, `common:\n  consumer: [bootstrap.servers=${NOWHERE}]\n`)
    expect(await send('--brokers', address)).toMatchObject({ code: 0, stderr: '' })
    writeFileSync(file, `common:\n  client_id: shop\n  sockettimeout: soon\n`)
    const wrong = await send('--brokers', address)
    expect([wrong.code, wrong.stderr]).toEqual([78, expect.stringContaining('config/racecar.yml')])
    expect((await read(topics, topic)).length).toBe(4)
  })
}

/** By which the message is found again: `3@17`. */
function placeOf(topic: string, { code, stdout, stderr }: CtlResult): string {
  const [, of, partition, offset] = /^(\S+)\/(\d+): stored at offset (\d+)\.\n$/.exec(stdout) ?? []
  expect([code, stderr, of]).toEqual([0, '', topic])
  return `${partition}@${offset}`
}

/** Everything in the topic, by kafkajs's own consumer; in order within a partition. */
async function read(topics: TestTopics, topic: string): Promise<Stored[]> {
  const ends = await topics.ends(topic)
  const total = ends.reduce((sum, { high }) => sum + high, 0)
  if (total === 0) return []
  const stored: Stored[] = []
  const consumer = topics.kafka.consumer({ groupId: uniqueName('ctl-produce-read') })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await new Promise<void>((resolve, reject) => {
    const eachMessage = async ({ partition, message }: EachMessagePayload) => {
      const headers = Object.fromEntries(
        Object.entries(message.headers ?? {}).map(([name, value]) => [name, `${value}`]),
      )
      const { offset, key, value } = message
      stored.push({ partition, offset: Number(offset), key: key?.toString(), value, headers })
      if (stored.length === total) resolve()
    }
    consumer.run({ eachMessage }).catch(reject)
  })
  await consumer.disconnect()
  return stored
}
