import { createRequire } from 'node:module'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { FrameSplitter, requestHead, withErrors, withPorts } from './kafka-frames.ts'
import { Api, errorSpots } from './kafka-layouts.ts'

// kafkajs's own encoder and decoders say whether an error code landed where a client will read it.
const require = createRequire(import.meta.url)
const Encoder = require('kafkajs/src/protocol/encoder') as new () => Encoder
const decoder = (api: string, version: number): ((body: Buffer) => Promise<Record<string, unknown>>) =>
  require(`kafkajs/src/protocol/requests/${api}/v${version}/response`).decode

interface Encoder {
  buffer: Buffer
  writeInt8(n: number): Encoder
  writeInt16(n: number): Encoder
  writeInt32(n: number): Encoder
  writeInt64(n: number): Encoder
  writeString(text: string | null): Encoder
  writeBytes(bytes: Buffer): Encoder
  writeBoolean(value: boolean): Encoder
  writeArray(items: (Encoder | number)[]): Encoder
}

const encode = () => new Encoder()

function framed(body: Encoder): Buffer {
  const frame = Buffer.concat([Buffer.alloc(8), body.buffer])
  frame.writeInt32BE(frame.length - 4, 0)
  frame.writeInt32BE(77, 4)
  return frame
}

async function read(api: string, version: number, frame: Buffer): Promise<Record<string, unknown>> {
  expect(frame.readInt32BE(0)).toBe(frame.length - 4)
  expect(frame.readInt32BE(4)).toBe(77)
  return decoder(api, version)(frame.subarray(8))
}

const partitions = (...encoded: Encoder[]) => encode().writeString('t').writeArray(encoded)

const responses = [
  {
    api: 'joinGroup',
    key: Api.JoinGroup,
    version: 5,
    body: encode()
      .writeInt32(0)
      .writeInt16(0)
      .writeInt32(3)
      .writeString('range')
      .writeString('l')
      .writeString('m')
      .writeArray([]),
    seen: { errorCode: 27, generationId: 3 },
  },
  {
    api: 'syncGroup',
    key: Api.SyncGroup,
    version: 3,
    body: encode().writeInt32(0).writeInt16(0).writeBytes(Buffer.from('assigned')),
    seen: { errorCode: 27, memberAssignment: Buffer.from('assigned') },
  },
  {
    api: 'heartbeat',
    key: Api.Heartbeat,
    version: 3,
    body: encode().writeInt32(0).writeInt16(0),
    seen: { errorCode: 27 },
  },
  {
    api: 'leaveGroup',
    key: Api.LeaveGroup,
    version: 3,
    body: encode().writeInt32(0).writeInt16(0).writeArray([]),
    seen: { errorCode: 27 },
  },
  {
    api: 'findCoordinator',
    key: Api.FindCoordinator,
    version: 2,
    body: encode().writeInt32(0).writeInt16(0).writeString(null).writeInt32(1).writeString('h').writeInt32(9092),
    seen: { errorCode: 27, coordinator: { nodeId: 1, host: 'h', port: 9092 } },
  },
  {
    api: 'offsetCommit',
    key: Api.OffsetCommit,
    version: 5,
    body: encode()
      .writeInt32(0)
      .writeArray([partitions(encode().writeInt32(0).writeInt16(0), encode().writeInt32(1).writeInt16(0))]),
    seen: {
      responses: [
        {
          topic: 't',
          partitions: [
            { partition: 0, errorCode: 27 },
            { partition: 1, errorCode: 27 },
          ],
        },
      ],
    },
  },
  {
    api: 'offsetFetch',
    key: Api.OffsetFetch,
    version: 4,
    body: encode()
      .writeInt32(0)
      .writeArray([partitions(encode().writeInt32(0).writeInt64(5).writeString('meta').writeInt16(0))])
      .writeInt16(0),
    only: (spot: { topic?: string }) => spot.topic === undefined,
    seen: {
      errorCode: 27,
      responses: [{ partitions: [{ partition: 0, offset: '5', metadata: 'meta', errorCode: 0 }] }],
    },
  },
  {
    api: 'produce',
    key: Api.Produce,
    version: 7,
    body: encode()
      .writeArray([partitions(encode().writeInt32(2).writeInt16(0).writeInt64(9).writeInt64(-1).writeInt64(0))])
      .writeInt32(0),
    seen: { topics: [{ partitions: [{ partition: 2, errorCode: 27, baseOffset: '9' }] }] },
  },
  {
    api: 'listOffsets',
    key: Api.ListOffsets,
    version: 3,
    body: encode()
      .writeInt32(0)
      .writeArray([partitions(encode().writeInt32(0).writeInt16(0).writeInt64(-1).writeInt64(6))]),
    seen: { responses: [{ partitions: [{ partition: 0, errorCode: 27, offset: '6' }] }] },
  },
  {
    api: 'metadata',
    key: Api.Metadata,
    version: 6,
    body: encode()
      .writeInt32(0)
      .writeArray([encode().writeInt32(1).writeString('h').writeInt32(9092).writeString(null)])
      .writeString('id')
      .writeInt32(1)
      .writeArray([
        encode()
          .writeInt16(0)
          .writeString('t')
          .writeBoolean(false)
          .writeArray([
            encode().writeInt16(0).writeInt32(0).writeInt32(1).writeArray([1]).writeArray([1]).writeArray([]),
          ]),
      ]),
    seen: { topicMetadata: [{ topic: 't', topicErrorCode: 27, partitionMetadata: [{ leader: 1, replicas: [1] }] }] },
  },
]

const fetchPartition = (id: number, records: string) =>
  encode()
    .writeInt32(id)
    .writeInt16(0)
    .writeInt64(10)
    .writeInt64(10)
    .writeInt64(0)
    .writeArray([])
    .writeInt32(-1)
    .writeBytes(Buffer.from(records))

describe('error codes put into responses', () => {
  for (const { api, key, version, body, seen, only } of responses) {
    it(`are read by kafkajs in ${api} v${version}`, async () => {
      const frame = framed(body)
      const spots = errorSpots(key, version, frame).filter(only ?? (() => true))
      expect(await read(api, version, withErrors(frame, spots, 27))).toMatchObject(seen)
    })
  }

  it('take the records with them in a fetch, and leave those of other partitions', async () => {
    const topic = partitions(fetchPartition(0, 'x'.repeat(50)), fetchPartition(1, 'yyy'))
    const frame = framed(encode().writeInt32(0).writeInt16(0).writeInt32(0).writeArray([topic]))
    const spots = errorSpots(Api.Fetch, 11, frame)
    expect(spots.map(({ partition, records }) => [partition, records?.size])).toEqual([
      [0, 50],
      [1, 3],
    ])
    const rewritten = withErrors(frame, spots.slice(0, 1), 6)
    expect(rewritten.length).toBe(frame.length - 50)
    expect(
      errorSpots(Api.Fetch, 11, rewritten).map(({ at, records }) => [rewritten.readInt16BE(at), records?.size]),
    ).toEqual([
      [6, 0],
      [0, 3],
    ])
  })

  it('are refused for a version whose layout is not known', () => {
    expect(() => errorSpots(Api.Heartbeat, 4, framed(encode().writeInt32(0).writeInt16(0)))).toThrow(
      'API 12, version 4',
    )
  })
})

it('the ports of brokers are exchanged in metadata and coordinators, and an unknown port stays', async () => {
  const ports = new Map([[9092, 19095]])
  const broker = (id: number, port: number) =>
    encode().writeInt32(id).writeString('h').writeInt32(port).writeString(null)
  const metadata = framed(
    encode()
      .writeInt32(0)
      .writeArray([broker(1, 9092), broker(2, 9093)])
      .writeString('id')
      .writeInt32(1)
      .writeArray([]),
  )
  expect(await read('metadata', 6, withPorts(Api.Metadata, 6, metadata, ports))).toMatchObject({
    brokers: [{ port: 19095 }, { port: 9093 }],
  })
  const coordinator = framed(
    encode().writeInt32(0).writeInt16(0).writeString(null).writeInt32(1).writeString('h').writeInt32(9092),
  )
  expect(await read('findCoordinator', 2, withPorts(Api.FindCoordinator, 2, coordinator, ports))).toMatchObject({
    coordinator: { port: 19095 },
  })
})

it('a request tells who asks for what', () => {
  const frame = framed(encode())
  const request = Buffer.concat([
    frame.subarray(0, 4),
    encode().writeInt16(11).writeInt16(5).writeInt32(42).writeString('me').buffer,
  ])
  expect(requestHead(request)).toEqual({ apiKey: 11, apiVersion: 5, correlationId: 42, clientId: 'me' })
})

it('frames come out whole and in order however the stream is cut into pieces', () => {
  const frame = fc.uint8Array({ maxLength: 40 }).map(bytes => framed(encode().writeBytes(Buffer.from(bytes))))
  fc.assert(
    fc.property(fc.array(frame), fc.infiniteStream(fc.integer({ min: 1, max: 30 })), (frames, sizes) => {
      const stream = Buffer.concat(frames)
      const splitter = new FrameSplitter()
      const found: Buffer[] = []
      for (let at = 0; at < stream.length; ) {
        const size = sizes.next().value ?? 1
        found.push(...splitter.push(stream.subarray(at, at + size)))
        at += size
      }
      expect(found.map(each => each.toString('hex'))).toEqual(frames.map(each => each.toString('hex')))
    }),
  )
})
