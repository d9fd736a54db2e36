import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { expect, test } from 'vitest'
import { decodeFetchResponse } from '../../src/engine/kafkajs/fetch-response.ts'
import { decodeRecords } from '../../src/engine/kafkajs/records.ts'
import { batchBytes } from '../engine/kafkajs/batches.ts'
import { FrameSplitter } from './kafka-frames.ts'
import { KafkaProxy } from './proxy.ts'

const int = (value: number, bytes: 2 | 4): Buffer => {
  const buffer = Buffer.alloc(bytes)
  buffer.writeIntBE(value, 0, bytes)
  return buffer
}
const text = (value: string): Buffer => Buffer.concat([int(value.length, 2), Buffer.from(value)])
const prefixed = (...parts: Buffer[]): Buffer => Buffer.concat([int(Buffer.concat(parts).length, 4), ...parts])

/** Fetch, version 4: no throttling, and these records of each partition of the topic. */
const answer = (correlationId: number, topic: string, records: readonly Buffer[]): Buffer =>
  prefixed(
    ...[int(correlationId, 4), int(0, 4), int(1, 4), text(topic), int(records.length, 4)],
    ...records.flatMap((some, partition) => [
      ...[int(partition, 4), int(0, 2), Buffer.alloc(16), int(0, 4), prefixed(some)],
    ]),
  )

/** A broker that answers every fetch so, and what a client sees of it through a proxy. */
async function behind(records: readonly Buffer[]) {
  const server = createServer(socket => {
    const splitter = new FrameSplitter()
    socket.on('error', () => {})
    socket.on('data', chunk => {
      for (const request of splitter.push(chunk)) socket.write(answer(request.readInt32BE(8), 't', records))
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const proxy = await KafkaProxy.open({ target: (server.address() as AddressInfo).port })
  const socket = connect({ port: proxy.port, host: '127.0.0.1' })
  const splitter = new FrameSplitter()
  return {
    proxy,
    /** What is wrong with each partition's records, in an answer that is well-formed itself. */
    async fetch(): Promise<(string | undefined)[]> {
      socket.write(prefixed(int(1, 2), int(4, 2), int(1, 4), text('me')))
      const frames: Buffer[] = []
      while (frames.length === 0) frames.push(...splitter.push((await once(socket, 'data'))[0]))
      const { partitions } = await decodeFetchResponse(frames[0]!.subarray(8), 4)
      const faults = partitions.map(({ data }) =>
        decodeRecords(data, 0, []).then(
          () => undefined,
          (error: Error) => error.message,
        ),
      )
      return Promise.all(faults)
    },
    [Symbol.dispose]() {
      socket.destroy()
      server.close()
    },
  }
}

const batch = batchBytes({ baseOffset: 7, records: [{ value: 'a' }, { value: 'b' }] })
const WRONG = 'the CRC-32C of the batch at offset 7 is wrong'

test('flips a bit among the records of one partition, in so many answers and no more', async () => {
  using all = await behind([batch, Buffer.concat([batch, batch])])
  all.proxy.flipBit(2, { topic: 't', partition: 1 })
  expect(await all.fetch()).toEqual([undefined, WRONG])
  expect(await all.fetch()).toEqual([undefined, WRONG])
  expect(await all.fetch()).toEqual([undefined, undefined])
  await all.proxy.close()
})

test('flips bits in all partitions that have records, where none is named', async () => {
  using all = await behind([batch, Buffer.alloc(0), batch])
  all.proxy.flipBit(1)
  expect(await all.fetch()).toEqual([WRONG, undefined, WRONG])
  await all.proxy.close()
})

test('lets no test pass whose bit it could not flip', async () => {
  using all = await behind([batch, Buffer.alloc(0)])
  all.proxy.flipBit(2, { partition: 1 })
  expect(await all.fetch()).toEqual([undefined, undefined])
  await expect(all.proxy.close()).rejects.toThrow('2 responses of API 1 that were to carry a flipped bit never came')
})
