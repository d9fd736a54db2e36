import { execFile, spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type PrivateCluster, privateBroker } from '../support/broker.ts'
import { TestTopics } from '../support/topics.ts'

const root = join(import.meta.dirname, '..', '..')
const script = join(root, 'scripts', 'broker')

interface Outcome {
  code: number | null
  out: string
  err: string
}

// The commands under test get ports of their own: other tests are using the shared broker.
const port = randomInt(31000, 32000)
const address = `127.0.0.1:${port}`
const runFolder = join(root, '.cache', 'kafka', 'run', `one-${port}`)

function broker(args: string[], env: Record<string, string> = {}): Promise<Outcome> {
  const { KAFKA_TEST_BROKERS: _given, ...rest } = process.env
  return new Promise(resolve => {
    const child = execFile(
      process.execPath,
      [script, ...args],
      { env: { ...rest, KAFKA_TEST_PORT: String(port), RACECAR_BROKERS: '127.0.0.1:1', ...env } },
      (_error, out, err) => resolve({ code: child.exitCode, out: out.trim(), err: err.trim() }),
    )
  })
}

const emptyPath = mkdtempSync(join(tmpdir(), 'racecar-path-'))

afterAll(async () => {
  await broker(['stop'])
  rmSync(runFolder, { recursive: true, force: true })
  rmSync(emptyPath, { recursive: true, force: true })
})

describe('scripts/broker', () => {
  it('says that nothing runs, and stops nothing', async () => {
    expect(await broker(['status'])).toEqual({ code: 1, out: `${address} does not answer`, err: '' })
    expect(await broker(['stop'])).toEqual({ code: 0, out: '', err: 'No Kafka of ours is running.' })
  })

  it('starts one broker when two ask at once, and both get its address once it answers', async () => {
    const both = await Promise.all([broker(['start']), broker(['start'])])
    expect(both.map(({ code, out }) => ({ code, out }))).toEqual([
      { code: 0, out: address },
      { code: 0, out: address },
    ])
    expect(both.map(({ err }) => err).sort()).toEqual(['', `Starting Kafka at ${address}.`])
    expect(await broker(['status'])).toEqual({ code: 0, out: address, err: '' })
  })

  it('does nothing when it is asked again', async () => {
    expect(await broker(['start'])).toEqual({ code: 0, out: address, err: '' })
  })

  it('keeps the data over a stop only if it is told to', async () => {
    const topics = await TestTopics.open(address)
    const topic = await topics.create('kept')
    await topics.close({ keepTopics: true })
    expect((await broker(['stop'])).err).toBe(`Stopped the Kafka at ${address}.`)

    expect((await broker(['start', '--keep'])).code).toBe(0)
    expect(await topicsAt(address)).toContain(topic)

    await broker(['stop'])
    expect((await broker(['start'])).code).toBe(0)
    expect(await topicsAt(address)).not.toContain(topic)
    await broker(['stop'])
  })

  it('never signals a process that is not the one it started', async () => {
    const stranger = spawn('sleep', ['60'])
    const node = join(runFolder, 'node-1')
    mkdirSync(node, { recursive: true })
    writeFileSync(join(node, 'process.json'), JSON.stringify({ pid: stranger.pid, start: 'another boot:1' }))
    expect(await broker(['stop'])).toEqual({ code: 0, out: '', err: 'No Kafka of ours is running.' })
    expect([stranger.exitCode, stranger.signalCode]).toEqual([null, null])
    stranger.kill()
  })

  it('says in one sentence what to install where nothing is possible', async () => {
    const outcome = await broker(['start'], { PATH: emptyPath, JAVA_HOME: '' })
    expect(outcome.code).toBe(69)
    expect(outcome.err).toMatch(/^No Kafka to test with: install Docker, or Java 17 and Maven, .*\.$/)
  })

  it('goes on with Java when Docker is there and cannot start it', async () => {
    const docker = join(emptyPath, 'docker')
    writeFileSync(docker, '#!/bin/sh\ncase "$*" in *" up "*) echo "no such image" >&2; exit 1;; esac\n')
    chmodSync(docker, 0o755)
    symlinkSync('/bin/sh', join(emptyPath, 'sh'))
    const outcome = await broker(['start'], { PATH: emptyPath, JAVA_HOME: '' })
    expect(outcome.err.split('\n')).toEqual([
      `Starting Kafka in Docker at ${address}.`,
      'Docker could not start Kafka (no such image): trying with Java.',
      expect.stringContaining('install Docker'),
    ])
  })

  it('refuses what it does not understand', async () => {
    for (const args of [[], ['fly'], ['start', '--brokers', '3'], ['start', '--fast']]) {
      const { code, err } = await broker(args)
      expect([code, err]).toEqual([64, expect.stringContaining('Usage: scripts/broker start')])
    }
  })
})

describe('scripts/broker beside a Kafka that it did not start', () => {
  let other: PrivateCluster
  beforeAll(async () => {
    other = await privateBroker()
  })
  afterAll(() => other.remove())

  it('uses the one of KAFKA_TEST_BROKERS and leaves it alone', async () => {
    const env = { KAFKA_TEST_BROKERS: other.address }
    expect(await broker(['start'], env)).toEqual({ code: 0, out: other.address, err: '' })
    expect(await broker(['status'], env)).toEqual({ code: 0, out: other.address, err: '' })
    expect(await broker(['stop'], env)).toEqual({ code: 0, out: '', err: 'KAFKA_TEST_BROKERS is not ours to stop.' })
    expect(other.brokers[0]!.alive()).toBe(true)
  })

  it('says so when nothing answers at KAFKA_TEST_BROKERS', async () => {
    const { code, err } = await broker(['start'], { KAFKA_TEST_BROKERS: '127.0.0.1:1' })
    expect(code).toBe(69)
    expect(err).toContain('KAFKA_TEST_BROKERS is 127.0.0.1:1, and no Kafka answers there')
  })

  it('never takes a stranger on its port for the test broker', async () => {
    const { code, out, err } = await broker(['start'], { KAFKA_TEST_PORT: String(other.brokers[0]!.ports.client) })
    expect([code, out]).toEqual([69, ''])
    expect(err).toContain('a Kafka that is not for tests')
  })
})

async function topicsAt(brokers: string): Promise<string[]> {
  const topics = await TestTopics.open(brokers)
  const names = await topics.admin.listTopics()
  await topics.close()
  return names
}
