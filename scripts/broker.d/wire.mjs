// The few questions we ask a broker over a bare socket, so that "it is up" means that it answers, and what kafkajs cannot tell it. Knows
// Kafka's frames and nothing else; it must run before any package is installed.
import { pbkdf2Sync, randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { host as loopback } from './places.mjs'

const string = text => {
  const bytes = Buffer.from(text)
  const size = Buffer.alloc(2)
  size.writeInt16BE(bytes.length)
  return Buffer.concat([size, bytes])
}

function request(apiKey, version, body) {
  const head = Buffer.alloc(8)
  head.writeInt16BE(apiKey, 0)
  head.writeInt16BE(version, 2)
  head.writeInt32BE(1, 4)
  const payload = Buffer.concat([head, string('racecar-broker-script'), body])
  const size = Buffer.alloc(4)
  size.writeInt32BE(payload.length)
  return Buffer.concat([size, payload])
}

class Reader {
  constructor(buffer) {
    this.buffer = buffer
    this.at = 0
  }
  int16() {
    this.at += 2
    return this.buffer.readInt16BE(this.at - 2)
  }
  int32() {
    this.at += 4
    return this.buffer.readInt32BE(this.at - 4)
  }
  string() {
    const length = this.int16()
    if (length < 0) return null
    this.at += length
    return this.buffer.toString('utf8', this.at - length, this.at)
  }
  array(item) {
    return Array.from({ length: Math.max(0, this.int32()) }, item)
  }
}

/** One request, one response, one connection. Rejects when nothing comes within `limit` milliseconds. */
function exchange({ host, port, limit }, bytes) {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port })
    const parts = []
    const timer = setTimeout(() => fail(new Error(`no answer within ${limit} ms`)), limit)
    const fail = error => {
      clearTimeout(timer)
      socket.destroy()
      reject(error)
    }
    socket.on('error', fail)
    socket.on('close', () => fail(new Error('closed without an answer')))
    socket.on('connect', () => socket.write(bytes))
    socket.on('data', part => {
      parts.push(part)
      const all = Buffer.concat(parts)
      if (all.length < 4 || all.length < 4 + all.readInt32BE(0)) return
      clearTimeout(timer)
      socket.removeAllListeners('close').destroy()
      resolve(new Reader(all.subarray(8)))
    })
  })
}

/** What cluster answers at this port, and which brokers it knows: Metadata v5 without topics. */
export async function describeCluster(place) {
  const { clusterId, brokers } = await metadata(place, [])
  return { clusterId, brokers }
}

/** A topic's partitions, by partition, as this one broker knows them: `{ leader, replicas, inSync }`; none where it does not know the topic. */
export async function partitionsOf({ topic, ...place }) {
  const { rest } = await metadata(place, [topic])
  const [partitions] = rest.array(() => readTopic(rest))
  return partitions.sort((a, b) => a.partition - b.partition)
}

function readTopic(reader) {
  reader.int16()
  reader.string()
  reader.at += 1
  return reader.array(() => {
    reader.int16()
    const [partition, leader] = [reader.int32(), reader.int32()]
    const [replicas, inSync] = [0, 1, 2].map(() => reader.array(() => reader.int32()))
    return { partition, leader, replicas, inSync }
  })
}

async function metadata({ host = loopback, port, limit = 2000 }, topics) {
  const count = Buffer.alloc(4)
  count.writeInt32BE(topics.length)
  const neverCreate = Buffer.from([0])
  const reader = await exchange(
    { host, port, limit },
    request(3, 5, Buffer.concat([count, ...topics.map(string), neverCreate])),
  )
  reader.int32()
  const brokers = reader.array(() => ({
    id: reader.int32(),
    host: reader.string(),
    port: reader.int32(),
    rack: reader.string(),
  }))
  const clusterId = reader.string()
  reader.int32()
  return { clusterId, brokers, rest: reader }
}

/** Whether groups work: FindCoordinator v1. The first such question makes the broker create its offsets topic. */
export async function findsCoordinator({ host = loopback, port, limit = 5000 }) {
  const reader = await exchange(
    { host, port, limit },
    request(10, 1, Buffer.concat([string('racecar-broker-script'), Buffer.from([0])])),
  )
  reader.int32()
  return reader.int16() === 0
}

/** Lets everybody who uses one client id take that many bytes a second, whatever it is: AlterClientQuotas v0. */
export async function limitConsumers({ host = loopback, port, limit = 2000, bytesPerSecond }) {
  const one = Buffer.from([0, 0, 0, 1])
  const anyName = Buffer.from([0xff, 0xff])
  const rate = Buffer.alloc(8)
  rate.writeDoubleBE(bytesPerSecond)
  const entity = Buffer.concat([one, string('client-id'), anyName])
  const quota = Buffer.concat([one, string('consumer_byte_rate'), rate, Buffer.from([0])])
  const reader = await exchange(
    { host, port, limit },
    request(49, 0, Buffer.concat([one, entity, quota, Buffer.from([0])])),
  )
  reader.int32()
  const [code] = reader.array(() => reader.int16())
  if (code !== 0) throw new Error(`the quota was refused with error ${code}`)
}

/** Of the newer, compact formats: a length of one byte, which counts itself, and fields nobody has. */
const NO_TAGS = Buffer.from([0])
const compact = bytes => Buffer.concat([Buffer.from([bytes.length + 1]), bytes])

/** Gives somebody a password for SCRAM, over the one before. */
export async function setScramPassword({ host = loopback, port, limit = 2000, mechanism, username, password }) {
  const [number, digest, length] = mechanism === 'SCRAM-SHA-256' ? [1, 'sha256', 32] : [2, 'sha512', 64]
  const salt = randomBytes(20)
  const iterations = Buffer.alloc(4)
  iterations.writeInt32BE(4096)
  const one = Buffer.concat([
    ...[compact(Buffer.from(username)), Buffer.from([number]), iterations, compact(salt)],
    ...[compact(pbkdf2Sync(password, salt, 4096, length, digest)), NO_TAGS],
  ])
  const [nobodyLess, oneMore] = [Buffer.from([1]), Buffer.from([2])]
  const body = Buffer.concat([NO_TAGS, nobodyLess, oneMore, one, NO_TAGS])
  const { buffer } = await exchange({ host, port, limit }, request(51, 0, body))
  // Behind tags of the head, a throttle time, a count of one and the name.
  const code = buffer.readInt16BE(1 + 4 + 1 + 1 + Buffer.byteLength(username))
  if (code !== 0) throw new Error(`the password was refused with error ${code}`)
}
