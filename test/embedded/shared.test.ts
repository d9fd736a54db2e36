// The process that test files share, by what may happen to it and to the file that says where it is.

import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { shareKafka } from 'racecar-embedded'
import { afterAll, beforeEach, expect, onTestFinished, test, vi } from 'vitest'

// Its own: other test files go on with theirs.
process.env.TMPDIR = mkdtempSync(join(tmpdir(), 'embedded-shared-test-'))
afterAll(() => rmSync(tmpdir(), { recursive: true, force: true }))

/** One that has no way yet to a shared process. */
const newcomer = async (): Promise<{ shareKafka: typeof shareKafka }> => {
  vi.resetModules()
  return import('racecar-embedded')
}

function file(): string {
  const folder = join(tmpdir(), readdirSync(tmpdir()).find(name => name.startsWith('racecar-embedded-shared-'))!)
  return join(folder, readdirSync(folder).find(name => name.endsWith('.json'))!)
}

const place = (): { port: number; token: string } => JSON.parse(readFileSync(file(), 'utf8'))

beforeEach(async () => {
  await (await shareKafka()).stop()
})

test.each([
  ['no JSON', 'hello'],
  ['no object', 'null'],
  ['no parameters', '{"id":1,"name":"ends","params":null}'],
  ['a wrong token', '{"id":1,"name":"greet","params":{"token":"wrong"}}'],
])('whoever sends it %s loses the connection, and nobody else does', async (_, line) => {
  await using kafka = await shareKafka({ topics: { orders: 2 } })
  const socket = connect(place().port, '127.0.0.1')
  socket.write(`${line}\n`)
  await once(socket.resume(), 'close')
  expect(await kafka.ends('orders')).toEqual([0, 0])
})

test('where something else has got its port, or the file says nonsense, another one is started', async () => {
  const server = createServer(socket => void socket.on('error', () => {}))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  const { port } = server.address() as { port: number }
  for (const content of [JSON.stringify({ port, token: 'x' }), '{"port":99999999}', 'garbage', 'null']) {
    writeFileSync(file(), content)
    const fresh = await newcomer()
    await using kafka = await fresh.shareKafka({ topics: ['orders'] })
    expect(await kafka.ends('orders')).toEqual([0])
    expect(place().port).not.toBe(port)
  }
})

test('a link in the place of its folder is refused, and nothing is written where it leads', async () => {
  const home = tmpdir()
  onTestFinished(() => {
    process.env.TMPDIR = home
  })
  process.env.TMPDIR = mkdtempSync(join(home, 'public-'))
  const precious = mkdtempSync(join(home, 'precious-'))
  symlinkSync(precious, join(tmpdir(), `racecar-embedded-shared-${process.getuid?.()}`))
  await expect((await newcomer()).shareKafka()).rejects.toThrow('is not this user')
  expect(readdirSync(precious)).toEqual([])
})

test('options of Node that are for the tests are not for it', async () => {
  rmSync(file())
  process.env.NODE_OPTIONS = '--import=nowhere-to-be-found'
  onTestFinished(() => void delete process.env.NODE_OPTIONS)
  await using kafka = await (await newcomer()).shareKafka({ topics: ['orders'] })
  expect(await kafka.ends('orders')).toEqual([0])
})

test('what it complains of is told', async () => {
  const log: string[] = []
  await using kafka = await shareKafka({ log: (level, line) => log.push(`${level}: ${line}`) })
  const [host, port] = kafka.brokers[0]!.split(':')
  const socket = connect(Number(port), host)
  socket.on('error', () => {}).write('GET / HTTP/1.1\r\n\r\n')
  await once(socket.resume(), 'close')
  await expect.poll(() => log).toEqual([expect.stringMatching(/^warn: .*no Kafka request/)])
})
