// What racecarctl dead-letter does on a Kafka, whichever that is: each place that has one registers these tests with its address.

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { CompressionTypes, type Message } from 'kafkajs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { messagesOf } from './messages.ts'
import { KafkaProxy } from './proxy.ts'
import { type CtlResult, racecarctl } from './racecarctl.ts'
import { TestTopics, uniqueName } from './topics.ts'

interface Listed {
  readonly partition: number
  readonly offset: number
  readonly key: string
  readonly replayed: boolean
  readonly replays: number
}

/** `open` resolves to the address of the Kafka. */
export function testDeadLetters(open: () => Promise<string>): void {
  let address: string
  let topics: TestTopics
  const folder = mkdtempSync(join(tmpdir(), 'racecarctl-dead-letter-'))
  beforeAll(async () => {
    address = await open()
    topics = await TestTopics.open(address)
  })
  afterAll(async () => {
    await topics.close()
    rmSync(folder, { recursive: true, force: true })
  })

  const ctl = (...args: string[]) => racecarctl(folder, 'dead-letter', ...args, '--brokers', address)
  const listed = async (topic: string) => {
    const { code, stdout, stderr } = await ctl('list', '--topic', topic, '--json')
    expect([code, stderr]).toEqual([0, ''])
    const lines = stdout.split('\n').filter(line => line !== '')
    return lines.map(line => JSON.parse(line) as Listed)
  }
  const opened = async () => {
    const topic = await topics.create('ctl-dead-letter', { partitions: 3 })
    const to = await topics.createNamed(`${topic}.dead-letter`, { partitions: 2 })
    return { topic, to }
  }

  test('list, show, replay and purge: each goes back once, where it came from, and is deleted then', async () => {
    const { topic, to } = await opened()
    await topics.produce(to, [letter(topic, 0), letter(topic, 1), letter(topic, 2), letter(topic, 3)])
    const { stdout } = await ctl('list', '--dead-letter-topic', to)
    expect(stdout).toMatch(/^LETTER +GIVEN UP +FROM +ATTEMPTS +REPLAYED +KEY\n/)
    expect(stdout).toContain(`\n4 dead letters in ${to}, 0 of them replayed.\n`)
    expect((await ctl('show', '1/0', '--topic', topic, '--raw')).stdout).toBe('value 1')
    expect((await ctl('show', '1/0', '--topic', topic)).stdout).toContain(`from      ${topic}/1@101, written at`)

    expect(await ctl('replay', '0/1', '--topic', topic, '--yes')).toEqual(done(`1 message of ${to} replayed.\n`))
    expect(await ctl('replay', '--topic', topic, '--yes')).toEqual(done(`3 messages of ${to} replayed.\n`))
    expect(await ctl('replay', '--topic', topic, '--yes')).toEqual(done(`0 messages of ${to} replayed.\n`))
    expect((await listed(topic)).map(({ replayed }) => replayed)).toEqual([true, true, true, true])
    const back = await messagesOf(topics, topic)
    const places = back.map(({ partition, key, value, headers }) => [partition, key, value, headers]).sort()
    const own = (n: number) => ({ trace: `t${n}`, 'racecar-replays': '1' })
    expect(places).toEqual([0, 1, 2, 3].map(n => [n % 3, `key-${n}`, `value ${n}`, own(n)]).sort())
    // Other tools see as the lag of a group what is left.
    expect(await topics.committed(`${to}.replay`, to)).toEqual([2, 2])

    await topics.produce(to, [letter(topic, 4)])
    expect(await ctl('purge', '--topic', topic, '--yes')).toEqual(done(`${to}: deleted what was before 0/2, 1/2.\n`))
    expect((await topics.ends(to)).map(({ low }) => low)).toEqual([2, 2])
    expect((await listed(topic)).map(({ key, replayed }) => [key, replayed])).toEqual([['key-4', false]])
    expect((await ctl('purge', '--topic', topic, '--all', '--yes')).code).toBe(0)
    expect(await listed(topic)).toEqual([])
    expect(await ctl('replay', '--topic', topic, '--yes')).toEqual(done(`0 messages of ${to} replayed.\n`))
  })

  test('what is compressed is read, what was aborted is not', async () => {
    const { topic, to } = await opened()
    const producer = topics.kafka.producer({ transactionalId: uniqueName('letters'), maxInFlightRequests: 1 })
    await producer.connect()
    for (const [n, end] of [
      [0, 'abort'],
      [2, 'commit'],
      [4, 'abort'],
    ] as const) {
      const transaction = await producer.transaction()
      await transaction.send({ topic: to, messages: [letter(topic, n)], compression: CompressionTypes.GZIP })
      await transaction[end]()
    }
    await producer.disconnect()
    expect((await listed(topic)).map(({ key }) => key)).toEqual(['key-2'])
    expect((await ctl('replay', '--topic', topic, '--yes')).stdout).toBe(`1 message of ${to} replayed.\n`)
    expect((await listed(topic)).map(({ replayed }) => replayed)).toEqual([true])
    expect((await messagesOf(topics, topic)).map(({ key }) => key)).toEqual(['key-2'])
  })

  test('what was corrupted on its way is asked for again', async () => {
    const { topic, to } = await opened()
    await topics.produce(to, [letter(topic, 0)])
    await using proxy = await KafkaProxy.before(address)
    proxy.flipBit(1)
    const { code, stdout } = await racecarctl(folder, 'dead-letter', 'show', '0/0', '-t', topic, '-b', proxy.address)
    expect([code, stdout]).toEqual([0, expect.stringMatching(/\nvalue 0\n$/)])
  })

  test('a topic that is missing is named, and none is made: 69', async () => {
    const topic = uniqueName('ctl-dead-letter')
    const { code, stderr } = await ctl('list', '--topic', topic)
    expect([code, stderr]).toEqual([69, expect.stringContaining(`The topic ${topic}.dead-letter does not exist on`)])
    expect(await topics.admin.listTopics()).not.toContain(`${topic}.dead-letter`)
  })
}

const done = (stdout: string): CtlResult => ({ code: 0, stdout, stderr: '' })

/** As a worker writes it. */
export const letter = (topic: string, n: number): Message => ({
  partition: n % 2,
  key: `key-${n}`,
  value: `value ${n}`,
  headers: {
    trace: `t${n}`,
    'racecar-topic': topic,
    'racecar-partition': `${n % 3}`,
    'racecar-offset': `${100 + n}`,
    'racecar-timestamp': '2026-01-02T03:04:05.000Z',
    'racecar-error': 'told to fail',
    'racecar-attempts': '3',
    'racecar-group': 'shop',
    'racecar-consumer': 'OrdersConsumer',
  },
})
