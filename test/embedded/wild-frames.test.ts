// What is no Kafka request, or a request gone wrong, ends its connection with a line, and nothing else. The seed is printed.

import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'
import fc from 'fast-check'
import { type Kafka, startKafka } from 'racecar-embedded'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import { FrameSplitter } from '../support/kafka-frames.ts'
import { KafkaProxy } from '../support/proxy.ts'
import { TestTopics } from '../support/topics.ts'

const seed = Number(process.env.PROPERTY_SEED ?? Math.floor(Math.random() * 2 ** 31))
const runs = Number(process.env.PROPERTY_RUNS ?? 400)

let kafka: Kafka
let log: string[]

beforeAll(async () => {
  log = []
  kafka = await startKafka({ topics: { orders: 2 }, log: (_, line) => log.push(line) })
})
afterAll(() => kafka.stop())

const portOf = (of: Kafka) => Number(of.brokers[0]!.split(':')[1])

async function connected(port = portOf(kafka)): Promise<Socket> {
  const socket = connect(port, '127.0.0.1')
  // A reset is an end like another.
  socket.on('error', () => {})
  await once(socket, 'connect')
  return socket
}

/** Sends it and resolves when the broker has ended the connection. */
async function ended(bytes: Buffer | string): Promise<void> {
  const socket = await connected()
  socket.resume().write(bytes)
  if (!socket.closed) await once(socket, 'close')
}

const frame = (...parts: Buffer[]): Buffer => {
  const body = Buffer.concat(parts)
  const size = Buffer.alloc(4)
  size.writeUInt32BE(body.length)
  return Buffer.concat([size, body])
}

function head(key: number, version: number): Buffer {
  const bytes = Buffer.alloc(10)
  bytes.writeInt16BE(key, 0)
  bytes.writeInt16BE(version, 2)
  bytes.writeInt16BE(-1, 8)
  return bytes
}

/** It is there, and has not been started again. */
async function lives(): Promise<void> {
  const topics = await TestTopics.open(kafka.brokers[0]!)
  expect((await topics.admin.fetchTopicMetadata({ topics: ['orders'] })).topics[0]!.partitions).toHaveLength(2)
  expect(await topics.produce('orders', [{ value: 'still here' }])).toBe(1)
  await topics.close({ keepTopics: true })
  expect(log.filter(line => /started again|given up/.test(line))).toEqual([])
}

test.each([
  ['an HTTP request', 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n', /no Kafka request \(a length of \d+ bytes\)/],
  ['a frame larger than a broker takes', Buffer.from([0x7f, 0xff, 0xff, 0xff]), /a length of 2147483647 bytes/],
  ['a frame of nothing', Buffer.alloc(4), /a length of 0 bytes/],
  ['a request of an unknown kind', frame(head(999, 0)), /a request of an unknown kind \(999\)/],
  ['a request in a version below the first', frame(head(3, -2)), /Metadata in version -2/],
  ['a request cut short', frame(head(0, 3), Buffer.from([0xff])), /Produce v3 cannot be read/],
])('%s ends its connection with a line, and the broker lives', async (_, bytes, line) => {
  const from = log.length
  await ended(bytes)
  expect(log.slice(from).join('\n')).toMatch(line)
  expect(log.slice(from)).toHaveLength(1)
  await lives()
})

test('clients that are gone before anybody has looked at them do no harm', async () => {
  for (let round = 0; round < 10; round++) {
    const sockets = await Promise.all(Array.from({ length: 50 }, () => connected()))
    for (const socket of sockets) socket.resetAndDestroy()
  }
  await lives()
})

test('a client that announces much and sends little takes up no memory', async () => {
  const before = process.memoryUsage.rss()
  const sockets = await Promise.all(Array.from({ length: 20 }, () => connected()))
  // 100 MB each.
  for (const socket of sockets) socket.write(Buffer.from([0x06, 0x3f, 0xff, 0xff, 0, 0]))
  await lives()
  expect(process.memoryUsage.rss() - before).toBeLessThan(300_000_000)
  for (const socket of sockets) socket.destroy()
})

test(`any bytes at all, seed ${seed}`, async () => {
  const requests = await recorded()
  const wild = fc.oneof(
    fc.uint8Array({ maxLength: 300 }).map(bytes => Buffer.from(bytes)),
    fc.uint8Array({ maxLength: 300 }).map(bytes => frame(Buffer.from(bytes))),
    fc
      .tuple(fc.integer({ min: 0, max: 95 }), fc.integer({ min: 0, max: 20 }), fc.uint8Array({ maxLength: 300 }))
      .map(([key, version, body]) => frame(head(key, version), Buffer.from(body))),
    fc
      .tuple(fc.constantFrom(...requests), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 8 }))
      .map(([request, changes]) => changed(request, changes)),
  )
  let count = 0
  for (const bytes of fc.sample(wild, { seed, numRuns: runs })) {
    const socket = await connected()
    // Whoever is answered or not is no matter: only that it does no harm.
    socket.resume().end(bytes)
    if (!socket.closed) await once(socket, 'close')
    if (++count % 100 === 0) await lives()
  }
  await lives()
}, 120_000)

/** Some bytes of the request behind its size are others. */
function changed(request: Buffer, changes: readonly (readonly [at: number, by: number])[]): Buffer {
  const bytes = Buffer.from(request)
  for (const [at, by] of changes) bytes[4 + (at % (bytes.length - 4))] = by
  return bytes
}

/** What a client sends that makes topics, produces, joins a group, consumes and commits. */
async function recorded(): Promise<Buffer[]> {
  const port = portOf(kafka)
  const advertise = new Map<number, number>()
  await using proxy = await KafkaProxy.open({ target: port, advertise })
  const seen: Buffer[] = []
  const relay = createServer(client => {
    const splitter = new FrameSplitter()
    const onward = connect(proxy.port, '127.0.0.1')
    client.on('data', chunk => {
      seen.push(...splitter.push(chunk))
      onward.write(chunk)
    })
    onward.on('data', chunk => client.write(chunk))
    for (const [one, other] of [[client, onward] as const, [onward, client] as const]) {
      one.on('error', () => {}).on('close', () => other.destroy())
    }
  })
  relay.listen(0, '127.0.0.1')
  await once(relay, 'listening')
  onTestFinished(() => void relay.close())
  const { port: at } = relay.address() as { port: number }
  advertise.set(port, at)

  const topics = await TestTopics.open(`127.0.0.1:${at}`)
  const topic = await topics.create('recorded')
  await topics.produce(topic, [{ key: 'key', value: 'value', headers: { name: 'text' } }])
  const consumer = topics.kafka.consumer({ groupId: 'recorded' })
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await new Promise<void>(resolve => void consumer.run({ eachMessage: async () => resolve() }))
  await consumer.commitOffsets([{ topic, partition: 0, offset: '1' }])
  await consumer.disconnect()
  await topics.committed('recorded', topic)
  await topics.close()
  return seen
}
