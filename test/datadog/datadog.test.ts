// From events to packets, by hot-shots itself, on real sockets.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { complaints, createClient, PACKET } from '../../src/datadog/client.ts'
import { FLUSH_MS, open } from '../../src/datadog/index.ts'
import { createBus } from '../../src/events/bus.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { Agent } from '../support/statsd.ts'
import { recorder } from './recorder.ts'

const who = { clientId: 'racecar', consumer: 'OrdersConsumer', groupId: 'g' }
const unset = { datadogHost: undefined, datadogPort: undefined, datadogSocketPath: undefined }
const settings = { ...unset, clientId: 'racecar', datadogNamespace: 'racecar', datadogTags: ['team:geo', 'odd|tag'] }

function folder(): string {
  const made = mkdtempSync(join(tmpdir(), 'datadog-'))
  onTestFinished(() => rmSync(made, { recursive: true }))
  return made
}

function complaining() {
  const bus = createBus()
  const lines: string[] = []
  bus.on('line', ({ level, from, message }) => lines.push(`${level} ${from}: ${message}`))
  return { bus, lines }
}

describe('over UDP', () => {
  test('metrics reach the host and port, with namespace and tags', async () => {
    await using agent = await Agent.open()
    const { bus, lines } = complaining()
    const config = { ...settings, datadogHost: '127.0.0.1', datadogPort: agent.port }
    const datadog = await open({ bus, clock: systemClock, config, groupId: 'g' })
    bus.publish('messages.delivered', { ...who, count: 3, durationMs: 1.5 })
    await vi.waitFor(() => expect(agent.metrics).toHaveLength(3))
    bus.publish('messages.delivered', { ...who, count: 4, durationMs: 2 })
    await datadog.close()
    await vi.waitFor(() => expect(agent.sum('racecar.producer.deliver.messages')).toBe(7))
    expect(agent.metrics[0]).toEqual({
      name: 'racecar.producer.deliver.latency',
      values: [1.5],
      type: 'ms',
      tags: ['team:geo', 'odd_tag', 'client:racecar'],
    })
    expect(lines).toEqual([])
  })

  test('what is measured a thousand times is all there, in packets that cross a network in one piece', async () => {
    await using agent = await Agent.open()
    const { bus } = complaining()
    const config = { ...settings, datadogHost: '127.0.0.1', datadogPort: agent.port }
    const datadog = await open({ bus, clock: systemClock, config, groupId: 'g' })
    for (let n = 0; n < 1000; n++) bus.publish('messages.delivered', { ...who, count: 1, durationMs: n + 0.125 })
    await datadog.close()
    const values = () => agent.of('racecar.producer.deliver.latency').flatMap(metric => metric.values)
    await vi.waitFor(() => expect(values()).toEqual(Array.from({ length: 1000 }, (_, n) => n + 0.125)))
    expect(agent.sum('racecar.producer.ack.messages')).toBe(1000)
    expect(Math.max(...agent.packets)).toBeLessThanOrEqual(PACKET.udp)
    expect(agent.packets.length).toBeLessThan(12)
  })

  test('where nobody listens nothing happens', async () => {
    const { bus, lines } = complaining()
    const gone = await Agent.open()
    const { port } = gone
    await gone[Symbol.asyncDispose]()
    const config = { ...settings, datadogHost: '127.0.0.1', datadogPort: port }
    const datadog = await open({ bus, clock: systemClock, config, groupId: 'g' })
    bus.publish('messages.delivered', { ...who, count: 3, durationMs: 1 })
    await datadog.close()
    expect(lines).toEqual([])
  })

  test('a host whose name nobody knows is a line', async () => {
    const { bus, lines } = complaining()
    const config = { ...settings, datadogHost: 'nobody.invalid' }
    const datadog = await open({ bus, clock: systemClock, config, groupId: 'g' })
    bus.publish('messages.delivered', { ...who, count: 3, durationMs: 1 })
    await vi.waitFor(() => expect(lines).toHaveLength(1), { timeout: 30_000 })
    await datadog.close()
    expect(lines[0]).toContain('warn datadog: Metrics for Datadog are lost: ')
    expect(lines[0]).toContain('nobody.invalid')
  })
})

describe('packages', () => {
  const install = (home: string, name: string, text: string) => {
    mkdirSync(join(home, 'node_modules', name), { recursive: true })
    writeFileSync(join(home, 'node_modules', name, 'index.js'), text)
  }
  const create = (config: object, cwd: string) =>
    createClient({ config: { ...settings, ...config }, complain: () => {}, cwd })

  test('hot-shots is the project’s own, before the one beside this package', () => {
    const home = folder()
    install(home, 'hot-shots', 'exports.StatsD = class { constructor(options) { this.options = options } flush() {} }')
    expect(create({ datadogPort: 9 }, home)).toMatchObject({
      options: { host: '127.0.0.1', port: 9, prefix: 'racecar.' },
    })
  })

  test('a socket without unix-dgram is refused with what to do', () => {
    const home = folder()
    install(home, 'hot-shots', 'exports.StatsD = class { flush() {} }')
    expect(() => create({ datadogSocketPath: '/run/dsd.socket' }, home)).toThrow(
      expect.objectContaining({
        code: 'CONFIG',
        message: expect.stringMatching(/^datadog_socket_path needs the package unix-dgram.*npm install unix-dgram/),
      }),
    )
  })

  test('an older hot-shots, which the project may have for itself, is refused', () => {
    const home = folder()
    install(home, 'hot-shots', 'exports.StatsD = class {}')
    expect(() => create({}, home)).toThrow(
      expect.objectContaining({
        code: 'CONFIG',
        message: expect.stringMatching(/is older than 17\.1\.1: npm install/),
      }),
    )
  })

  test('where the Agent is said by variables for all, they hold', () => {
    const home = folder()
    install(home, 'hot-shots', 'exports.StatsD = class { constructor(options) { this.options = options } flush() {} }')
    vi.stubEnv('DD_AGENT_HOST', 'agent')
    onTestFinished(() => void vi.unstubAllEnvs())
    expect(create({}, home)).toMatchObject({ options: { host: undefined, port: undefined } })
    expect(create({ datadogHost: 'other' }, home)).toMatchObject({ options: { host: 'other' } })
  })
})

test('what is counted is handed over four times a second, and at the end', async () => {
  const clock = new FakeClock()
  const { client, sent, flushes } = recorder()
  const bus = createBus()
  const datadog = await open({ bus, clock, config: settings, groupId: 'g' }, () => client)
  bus.publish('message.undelivered', {
    ...{ ...who, topic: 't', partition: null, bytes: 0, durationMs: 0, error: new Error('no') },
    record: { key: null, value: null, headers: [] },
  })
  await clock.advance(FLUSH_MS - 1)
  expect(sent).toEqual([])
  await clock.advance(1)
  expect([sent.length, flushes()]).toEqual([1, 1])
  bus.publish('messages.delivered', { ...who, count: 1, durationMs: 1 })
  await datadog.close()
  expect(sent).toHaveLength(4)
  expect(clock.pending).toBe(0)
})

test('a client that throws is a line, and no end', async () => {
  const clock = new FakeClock()
  const { bus, lines } = complaining()
  const flush = () => {
    throw new Error('out of sockets')
  }
  const datadog = await open({ bus, clock, config: settings, groupId: 'g' }, () => ({ ...recorder().client, flush }))
  await clock.advance(FLUSH_MS)
  await datadog.close()
  expect(lines).toEqual(['warn datadog: Metrics for Datadog are lost: out of sockets. Trying on.'])
})

test('an Agent that takes nothing is told of once a minute, with how often that was', async () => {
  const clock = new FakeClock()
  const { bus, lines } = complaining()
  const complain = complaints({ bus, clock })
  for (let second = 0; second < 121; second++) {
    complain(new Error('full'))
    await clock.advance(1000)
  }
  expect(lines).toEqual([
    'warn datadog: Metrics for Datadog are lost: full. Trying on.',
    'warn datadog: Metrics for Datadog are lost: full (59 times more since the last line). Trying on.',
    'warn datadog: Metrics for Datadog are lost: full (59 times more since the last line). Trying on.',
  ])
})
