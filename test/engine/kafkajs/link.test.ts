import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { describe, expect, test, vi } from 'vitest'
import { Link, type LinkParts } from '../../../src/engine/kafkajs/link.ts'
import { clientLogger } from '../../../src/engine/kafkajs/logger.ts'
import { Transport } from '../../../src/engine/kafkajs/transport.ts'
import { createBus } from '../../../src/events/bus.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import { requestHead } from '../../support/kafka-frames.ts'
import { Api } from '../../support/proxy.ts'
import { FakeBroker, heartbeat, int32 } from './fake-broker.ts'

const beat = { groupId: 'group', groupGenerationId: 1, memberId: 'me', groupInstanceId: null }
const fetch = { maxWaitTime: 0, minBytes: 1, maxBytes: 1, isolationLevel: 1, topics: [] }
const TIMEOUT = { timeout: 200 }

async function linked(socketTimeout = 200, more: Partial<LinkParts> = {}) {
  const broker = await FakeBroker.open()
  const logger = clientLogger(createBus())
  const transport = new Transport(null)
  const parts = {
    address: broker.address,
    clientId: 'test',
    transport,
    authentication: null,
    logger,
    clock: systemClock,
  }
  const link = new Link({ ...parts, socketTimeout, ...more })
  return {
    broker,
    link,
    async [Symbol.asyncDispose]() {
      link.close(new Error('the end of the test'))
      await broker[Symbol.asyncDispose]()
    },
  }
}

const answerTo = (frame: Buffer, body: Buffer): Buffer =>
  Buffer.concat([int32(body.length + 4), int32(requestHead(frame).correlationId), body])

/** Asked without a timer of our own. */
async function gone(): Promise<void> {
  const isLeft = () => process.getActiveResourcesInfo().includes('Timeout')
  const end = performance.now() + 1_000
  while (isLeft() && performance.now() < end) await new Promise(resolve => setImmediate(resolve))
  expect(isLeft(), 'a timer that is left').toBe(false)
}

describe('the link to a broker', () => {
  test('opens a connection once, however many ask at the same time, and one for each channel', async () => {
    await using all = await linked()
    const { broker, link } = all
    await Promise.all([1, 2, 3].map(() => link.send('Heartbeat', beat, TIMEOUT)))
    expect(broker.sockets).toHaveLength(1)
    await link.send('Heartbeat', beat, { ...TIMEOUT, channel: 'join' })
    expect(broker.sockets).toHaveLength(2)
    expect(link.isConnected).toBe(true)
  })

  test('ends a connection on which an answer does not come in time, and asks the next one on another', async () => {
    await using all = await linked()
    const { broker, link } = all
    broker.answer = () => undefined
    const waiting = [link.send('Heartbeat', beat, TIMEOUT), link.send('Heartbeat', beat, { timeout: 60_000 })]
    for (const answer of waiting) await expect(answer).rejects.toThrow('did not answer Heartbeat within 200 ms')
    await vi.waitFor(() => expect(broker.open).toBe(0))
    broker.answer = () => heartbeat()
    await link.send('Heartbeat', beat, TIMEOUT)
    expect(broker.sockets).toHaveLength(2)
  })

  for (const how of ['destroy', 'end', 'resetAndDestroy'] as const) {
    test(`is told at once when the broker goes away, and connects anew: ${how}`, async () => {
      await using all = await linked()
      const { broker, link } = all
      broker.answer = () => {
        broker.sockets[0]![how]()
        return undefined
      }
      await expect(link.send('Heartbeat', beat, { timeout: 60_000 })).rejects.toThrow()
      broker.answer = () => heartbeat()
      await link.send('Heartbeat', beat, TIMEOUT)
      expect(broker.sockets).toHaveLength(2)
    })
  }

  test('says who we are on another connection before the broker ends this one, once all is answered on it', async () => {
    let late = 0
    const clock = { ...systemClock, now: () => systemClock.now() + late }
    await using all = await linked(60_000, { clock, authentication: { perform: async () => 100_000 } })
    const { broker, link } = all
    broker.answer = () => undefined
    const order: string[] = []
    const first = link.send('Heartbeat', beat, TIMEOUT).then(() => order.push('first'))
    await vi.waitFor(() => expect(broker.frames).toHaveLength(1))
    late = 85_000
    broker.answer = () => heartbeat()
    const others = ['second', 'third'].map(name => link.send('Heartbeat', beat, TIMEOUT).then(() => order.push(name)))
    // Nothing overtakes what is under way.
    await new Promise(resolve => setImmediate(() => setImmediate(resolve)))
    expect([broker.sockets.length, broker.frames.length]).toEqual([1, 1])
    broker.sockets[0]!.write(answerTo(broker.frames[0]!, heartbeat()))
    await Promise.all([first, ...others])
    expect(order).toEqual(['first', 'second', 'third'])
    expect(broker.sockets).toHaveLength(2)
    await vi.waitFor(() => expect(broker.open).toBe(1))
  })

  test('is not held up by a broker that takes connections and says nothing', async () => {
    await using all = await linked()
    const { broker, link } = all
    broker.speaksVersions = false
    await expect(link.send('Heartbeat', beat, TIMEOUT)).rejects.toThrow('did not answer a new connection')
    await vi.waitFor(() => expect(broker.open).toBe(0))
  })

  test('leaves a broker that cannot be reached alone for a while, longer each time', async () => {
    await using all = await linked()
    const { broker, link } = all
    await broker[Symbol.asyncDispose]()
    const attempts = vi.fn()
    const end = performance.now() + 500
    const failures = new Set<unknown>()
    while (performance.now() < end) {
      await link.open().catch(error => {
        attempts()
        failures.add(error)
      })
      await new Promise(resolve => setTimeout(resolve, 5))
    }
    expect(attempts.mock.calls.length).toBeGreaterThan(20)
    // What is said in between is what was found the last time.
    expect(failures.size).toBeGreaterThan(1)
    expect(failures.size).toBeLessThan(8)
  })

  test('waits for a large answer as long as some of it comes', async () => {
    await using all = await linked()
    const { broker, link } = all
    const body = Buffer.concat([int32(0), int32(0), Buffer.alloc(60)])
    let sent: NodeJS.Timeout | undefined
    broker.answer = () => {
      const socket = broker.sockets[0]!
      const frame = Buffer.concat([int32(body.length + 4), int32(1), body])
      let at = 0
      sent = setInterval(() => {
        socket.write(frame.subarray(at, at + 4))
        at += 4
        if (at >= frame.length) clearInterval(sent)
      }, 50)
      return undefined
    }
    const began = performance.now()
    const answer = await link.send('Fetch', fetch, TIMEOUT)
    expect(answer.partitions).toEqual([])
    expect(performance.now() - began).toBeGreaterThan(TIMEOUT.timeout * 2)
    broker.answer = () => undefined
    await expect(link.send('Fetch', fetch, TIMEOUT)).rejects.toThrow('did not answer Fetch')
  })

  test('tells how much has gone over its connections, those that have ended included', async () => {
    await using all = await linked(2_000)
    const { broker, link } = all
    const idle = { connections: 0, requests: 0, bytesIn: 0, bytesOut: 0, throttledFor: 0 }
    expect(link.statistics()).toEqual({ address: broker.address, ...idle })
    const bytes = () => broker.sockets.map(socket => [socket.bytesRead, socket.bytesWritten] as const)
    await link.send('Heartbeat', beat, TIMEOUT)
    await link.send('Heartbeat', beat, { ...TIMEOUT, channel: 'join' })
    broker.sockets[0]!.destroy()
    await vi.waitFor(() => expect(link.isConnected).toBe(false))
    broker.answer = () => heartbeat({ throttleMs: 60_000 })
    await link.send('Heartbeat', beat, TIMEOUT)
    const sum = (of: 0 | 1) => bytes().reduce((total, one) => total + one[of], 0)
    const { throttledFor, ...others } = link.statistics()
    expect(others).toEqual({
      address: broker.address,
      connections: 2,
      requests: 3,
      bytesIn: sum(1),
      bytesOut: sum(0),
    })
    expect(sum(0)).toBeGreaterThan(100)
    expect(throttledFor).toBeGreaterThan(50)
    expect(throttledFor).toBeLessThanOrEqual(60)
  })

  test('holds back what a broker that is asked too much wants held back, by a clock that nobody sets back', async () => {
    await using all = await linked(2_000)
    const { broker, link } = all
    broker.answer = () => heartbeat({ throttleMs: 400 })
    await link.send('Heartbeat', beat, { timeout: 2_000 })
    const began = performance.now()
    const real = Date.now.bind(Date)
    vi.spyOn(Date, 'now').mockImplementation(() => real() - 3_600_000)
    broker.answer = () => heartbeat()
    await link.send('Heartbeat', beat, { timeout: 2_000 })
    vi.restoreAllMocks()
    expect(performance.now() - began).toBeGreaterThan(350)
    expect(broker.requests).toEqual([Api.Heartbeat, Api.Heartbeat])
  })

  test('counts the time for an answer from when a broker lets it ask, on the connection that was to hold back', async () => {
    await using all = await linked()
    const { broker, link } = all
    broker.answer = () => heartbeat({ throttleMs: 500 })
    await link.send('Heartbeat', beat, TIMEOUT)
    const began = performance.now()
    broker.answer = () => heartbeat()
    await link.send('Heartbeat', beat, TIMEOUT)
    expect(performance.now() - began).toBeGreaterThan(450)
    expect(broker.sockets).toHaveLength(1)

    broker.answer = () => heartbeat({ throttleMs: 500 })
    await link.send('Heartbeat', beat, TIMEOUT)
    broker.answer = () => undefined
    const asked = performance.now()
    await expect(link.send('Heartbeat', beat, TIMEOUT)).rejects.toThrow('did not answer Heartbeat within 200 ms')
    expect(performance.now() - asked).toBeGreaterThan(650)
  })

  test('leaves nothing when it is closed while it holds back', async () => {
    await using all = await linked()
    const { broker, link } = all
    broker.answer = () => heartbeat({ throttleMs: 60_000 })
    await link.send('Heartbeat', beat, TIMEOUT)
    const waiting = link.send('Heartbeat', beat, TIMEOUT)
    await new Promise(resolve => setImmediate(resolve))
    link.close(new Error('closed'))
    await expect(waiting).rejects.toThrow('closed')
    await gone()
  })

  test('sets no timer but the bounds of its own requests, and none of less than no time, of which Node 24 warns', async () => {
    await using all = await linked()
    const { link } = all
    await link.open()
    const warned = vi.fn()
    process.on('warning', warned)
    const timers = vi.spyOn(globalThis, 'setTimeout')
    // Each is a turn in which a loop of kafkajs's would set its timer anew.
    for (let n = 0; n < 50; n++) await link.send('Heartbeat', beat, TIMEOUT)
    const delays = timers.mock.calls.map(([, delay]) => delay)
    vi.restoreAllMocks()
    process.off('warning', warned)
    expect(delays).toEqual(Array(50).fill(TIMEOUT.timeout))
    expect(warned.mock.calls).toEqual([])
  })

  test('keeps nothing of an answer in memory', async () => {
    await using all = await linked()
    const { broker, link } = all
    const size = 20_000_000
    setFlagsFromString('--expose-gc')
    const collect = runInNewContext('gc') as () => void
    await link.open('fetch')
    collect()
    const before = process.memoryUsage().arrayBuffers
    broker.answer = () => Buffer.alloc(8 + size)
    await link.send('Fetch', fetch, { timeout: 10_000, channel: 'fetch' })
    await vi.waitFor(() => {
      collect()
      expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(size / 2)
    })
  })

  test('when it is closed all that waits is told, and nothing is left', async () => {
    await using all = await linked(60_000)
    const { broker, link } = all
    broker.answer = () => undefined
    const waiting = link.send('Heartbeat', beat, { timeout: 60_000 })
    await vi.waitFor(() => expect(broker.requests).toHaveLength(1))
    broker.speaksVersions = false
    const opening = link.send('Heartbeat', beat, { timeout: 60_000, channel: 'join' })
    await vi.waitFor(() => expect(broker.sockets).toHaveLength(2))
    link.close(new Error('closed'))
    await expect(waiting).rejects.toThrow('closed')
    await expect(opening).rejects.toThrow('closed')
    await expect(link.open()).rejects.toThrow('closed')
    await vi.waitFor(() => expect(broker.open).toBe(0))
    await gone()
  })
})
