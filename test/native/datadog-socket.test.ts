// Metrics over a Unix datagram socket. That takes the package unix-dgram, which is compiled for the Node that has installed it: these
// tests are not run on others.
import { mkdtempSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test, vi } from 'vitest'
import { open } from '../../src/datadog/index.ts'
import { createBus } from '../../src/events/bus.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { parse } from '../support/statsd.ts'

const require = createRequire(import.meta.url)

interface DatagramSocket {
  bind(path: string): void
  on(event: 'message', listener: (packet: Buffer) => void): void
  close(): void
}

/** An Agent, as far as its socket goes. */
function listen(path: string) {
  const { createSocket } = require('unix-dgram') as { createSocket(type: 'unix_dgram'): DatagramSocket }
  const packets: string[] = []
  const socket = createSocket('unix_dgram')
  socket.on('message', packet => packets.push(String(packet)))
  socket.bind(path)
  return {
    names: () => packets.flatMap(parse).map(({ name }) => name),
    stop() {
      socket.close()
      rmSync(path)
    },
  }
}

async function sending() {
  const folder = mkdtempSync(join(tmpdir(), 'datadog-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const bus = createBus()
  const lines: string[] = []
  bus.on('line', ({ message }) => lines.push(message))
  const path = join(folder, 'dsd.socket')
  // The socket goes before host and port.
  const where = { datadogSocketPath: path, datadogHost: 'nobody.invalid', datadogPort: 1 }
  const config = { ...where, clientId: 'racecar', datadogNamespace: 'geo', datadogTags: [] }
  const count = () =>
    bus.publish('messages.delivered', { clientId: 'racecar', consumer: 'C', groupId: 'g', count: 1, durationMs: 1 })
  /** Counts until somebody hears of it: a connection is made anew once a second at most. */
  const untilHeard = (names: () => string[]) =>
    vi.waitFor(
      () => {
        count()
        expect(names()).toContain('geo.producer.ack.messages')
      },
      { timeout: 20_000, interval: 50 },
    )
  return { path, lines, count, untilHeard, open: () => open({ bus, clock: systemClock, config, groupId: 'g' }) }
}

test('an Agent hears what is counted, the last of it at the end', async () => {
  const { path, lines, count, open } = await sending()
  const agent = listen(path)
  const datadog = await open()
  count()
  await datadog.close()
  await vi.waitFor(() => expect(agent.names()).toContain('geo.producer.ack.messages'))
  agent.stop()
  expect(lines).toEqual([])
})

test('one that is not there, comes, goes and comes again costs a line, and hears what is counted while it is there', async () => {
  const { path, lines, count, untilHeard, open } = await sending()
  const datadog = await open()
  count()
  await vi.waitFor(() => expect(lines).toHaveLength(1))
  const first = listen(path)
  await untilHeard(first.names)
  first.stop()
  count()
  const second = listen(path)
  await untilHeard(second.names)
  await datadog.close()
  second.stop()
  expect(lines).toEqual(['Metrics for Datadog are lost: ENOENT. Trying on.'])
})
