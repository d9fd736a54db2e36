import { once } from 'node:events'
import { existsSync, linkSync, lstatSync, mkdtempSync, rmSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Deferred, deferred } from '../../src/lib/deferred.ts'
import type { About } from '../../src/supervisor/commands.ts'
import { Control, type ControlParts } from '../../src/supervisor/control.ts'
import { birthOf } from '../../src/supervisor/process-start.ts'
import { type Identity, placeOf } from '../../src/supervisor/run-folder.ts'
import type { Request } from '../../src/supervisor/signals.ts'
import type { Standing } from '../../src/supervisor/status.ts'

const identity: Identity = {
  pid: process.pid,
  birth: birthOf(process.pid) ?? null,
  consumer: 'WelcomeConsumer',
  pidfile: '/run/welcome.pid',
  version: '1.2.3',
}

const about: About = {
  startedAt: '2026-01-01T00:00:00.000Z',
  memoryBytes: 1,
  logfile: null,
  configuration: { files: [], environment: 'test', variables: [], flags: [] },
}

let home: string
let folder: string
let asked: Request[]
let standing: () => Promise<Standing>
let control: Control | undefined
let sockets: Socket[]

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'control-'))
  folder = join(home, 'racecar')
  asked = []
  sockets = []
  standing = async () => ({ state: 'running', quiet: [], restart: null, slots: [] })
})

afterEach(async () => {
  await control?.close()
  control = undefined
  for (const socket of sockets) socket.destroy()
  rmSync(home, { recursive: true, force: true })
})

async function open(changes: Partial<ControlParts> = {}): Promise<Control> {
  const controlled = {
    hello: () => ({ ...identity, group: 'welcome' }),
    about: () => about,
    status: () => standing(),
    graceMs: () => 7000,
    ask: (request: Request) => void asked.push(request),
  }
  control = await Control.open({ identity, controlled, folders: [folder], ...changes })
  return control
}

/** One connection: what is said there, and what comes back, line by line. */
class Client {
  readonly socket: Socket
  readonly closed: Promise<unknown>
  #text = ''
  #news: Deferred<void> = deferred()

  constructor(path: string) {
    this.socket = connect({ path })
    sockets.push(this.socket)
    this.socket.on('error', () => {})
    this.closed = new Promise(resolve => this.socket.once('close', resolve))
    this.socket.on('data', chunk => {
      this.#text += String(chunk)
      this.#news.resolve()
      this.#news = deferred()
    })
  }

  say(text: string): void {
    this.socket.write(text)
  }

  ask(command: string): void {
    this.say(`${JSON.stringify({ command })}\n`)
  }

  async hears(): Promise<unknown> {
    while (!this.#text.includes('\n')) await this.#news.promise
    const end = this.#text.indexOf('\n')
    const line = this.#text.slice(0, end)
    this.#text = this.#text.slice(end + 1)
    return JSON.parse(line)
  }
}

describe('a primary that is asked', () => {
  it('hello says who it is', async () => {
    const client = new Client((await open()).path)
    client.ask('hello')
    expect(await client.hears()).toEqual({ ok: true, data: { ...identity, group: 'welcome' } })
  })

  it('stop asks for a graceful stop, and says how long that may take', async () => {
    const client = new Client((await open()).path)
    client.ask('stop')
    expect(await client.hears()).toEqual({ ok: true, data: { withinMs: 7000 } })
    expect(asked).toEqual([{ kind: 'stop', reason: 'racecarctl' }])
  })

  it('kill asks for an end at once', async () => {
    const client = new Client((await open()).path)
    client.ask('kill')
    expect(await client.hears()).toMatchObject({ ok: true })
    expect(asked).toEqual([{ kind: 'kill', by: 'racecarctl' }])
  })

  it.each(['quiet', 'continue'] as const)('%s asks for what is named, or for everything', async kind => {
    const client = new Client((await open()).path)
    const which = { consumers: ['WelcomeConsumer'], partitions: ['greetings/3'] }
    client.say(`${JSON.stringify({ command: kind, ...which })}\n`)
    expect(await client.hears()).toEqual({ ok: true, data: { withinMs: kind === 'quiet' ? 7000 : 0 } })
    client.ask(kind)
    await client.hears()
    const by = 'racecarctl'
    expect(asked).toEqual([
      { kind, by, which },
      { kind, by, which: { consumers: [], partitions: [] } },
    ])
  })

  it.each([
    [{ consumers: ['OtherConsumer'] }, 'there is no consumer OtherConsumer here, only WelcomeConsumer'],
    [{ consumers: 'WelcomeConsumer' }, 'consumers and partitions are lists of names'],
    [{ partitions: [3] }, 'consumers and partitions are lists of names'],
    [{ partitions: null }, 'consumers and partitions are lists of names'],
  ])('quiet of what makes no sense (%j) is refused, and nothing becomes quiet', async (which, error) => {
    const client = new Client((await open()).path)
    client.say(`${JSON.stringify({ command: 'quiet', ...which })}\n`)
    expect(await client.hears()).toEqual({ ok: false, error })
    expect(asked).toEqual([])
  })

  it('several things on one connection answers them in order', async () => {
    const client = new Client((await open()).path)
    client.say('{"command":"hello"}\n{"command":"status"}\n{"comm')
    client.say('and":"stop"}\n')
    expect(await client.hears()).toMatchObject({ data: { group: 'welcome' } })
    expect(await client.hears()).toMatchObject({
      data: { ...identity, state: 'running', quiet: [], restart: null, slots: [] },
    })
    expect(await client.hears()).toMatchObject({ data: { withinMs: 7000 } })
  })

  it('is not held up by one whose answer takes long', async () => {
    const slow = deferred<Standing>()
    standing = () => slow.promise
    const path = (await open()).path
    const [first, second] = [new Client(path), new Client(path)]
    first.ask('status')
    second.ask('hello')
    expect(await second.hears()).toMatchObject({ ok: true })
    slow.resolve({ state: 'stopping', quiet: [], restart: null, slots: [] })
    expect(await first.hears()).toMatchObject({ data: { state: 'stopping' } })
  })

  it('answers the whole of a question whose client has closed its half', async () => {
    const slots = Array.from({ length: 20_000 }, (_, slot) => ({ name: `WelcomeConsumer/${slot}` }))
    standing = async () => ({ state: 'running', quiet: [], restart: null, slots }) as unknown as Standing
    const client = new Client((await open()).path)
    client.socket.end('{"command":"status"}')
    expect(await client.hears()).toMatchObject({ data: { slots } })
    await client.closed
  })

  it('what it does not know names what it does', async () => {
    const client = new Client((await open()).path)
    for (const command of ['dance', 'constructor']) {
      client.ask(command)
      expect(await client.hears()).toEqual({
        ok: false,
        error: `there is no command ${command} here, only hello, status, stop, quiet, continue, restart, workers, kill`,
      })
    }
  })

  it('what it fails at says why, and goes on', async () => {
    standing = () => Promise.reject(new Error('no slots'))
    const client = new Client((await open()).path)
    client.ask('status')
    expect(await client.hears()).toEqual({ ok: false, error: 'no slots' })
    client.ask('hello')
    expect(await client.hears()).toMatchObject({ ok: true })
  })
})

describe('what is no question', () => {
  it.each([
    ['garbage', 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n'],
    ['an empty line', '\n'],
    ['nothing', 'null\n'],
    ['bytes of a TLS greeting', '\x16\x03\x01\x02\x00\n'],
    ['a line without an end', 'x'.repeat(5000)],
    ['a question that is too long', `{"command":"hello","more":"${'x'.repeat(5000)}"}\n`],
  ])('(%s) costs its own connection, and nobody else anything', async (_, text) => {
    const path = (await open()).path
    const [good, bad] = [new Client(path), new Client(path)]
    good.ask('hello')
    await good.hears()
    bad.say(text)
    await bad.closed
    good.ask('hello')
    expect(await good.hears()).toMatchObject({ ok: true })
    expect(asked).toEqual([])
  })

  it('as a client that says nothing for too long is hung up on', async () => {
    const client = new Client((await open({ idleMs: 30 })).path)
    await client.closed
  })

  it('as a client that goes away in the middle hurts nobody', async () => {
    const slow = deferred<Standing>()
    standing = () => slow.promise
    const path = (await open()).path
    const [leaver, stayer] = [new Client(path), new Client(path)]
    leaver.ask('status')
    stayer.ask('hello')
    await stayer.hears()
    leaver.socket.destroy()
    await leaver.closed
    slow.resolve({ state: 'running', quiet: [], restart: null, slots: [] })
    stayer.ask('status')
    expect(await stayer.hears()).toMatchObject({ ok: true })
  })

  it('as many connections at once as there may be are held, and those above are turned away', async () => {
    const path = (await open()).path
    const many = Array.from({ length: 40 }, () => new Client(path))
    const refused = many.map(client => client.closed.then(() => client))
    await Promise.all(refused.slice(32))
    const [first] = many
    first!.ask('hello')
    expect(await first!.hears()).toMatchObject({ ok: true })
  })
})

describe('the socket', () => {
  it('is the user’s alone, in a folder that is the user’s alone', async () => {
    const { path } = await open()
    expect(path.startsWith(folder)).toBe(true)
    expect(lstatSync(path).mode & 0o777).toBe(0o600)
    expect(lstatSync(folder).mode & 0o777).toBe(0o700)
  })

  it('replaces what a dead process has left in its place', async () => {
    const { socket } = placeOf(folder, identity)
    await (await open()).close()
    const other = createServer()
    other.listen({ path: join(home, 'other') })
    await once(other, 'listening')
    linkSync(join(home, 'other'), socket)
    await new Promise(resolve => other.close(resolve))
    const client = new Client((await open()).path)
    client.ask('hello')
    expect(await client.hears()).toMatchObject({ ok: true })
  })

  it('is refused where another process listens, which keeps it', async () => {
    const first = await open()
    await expect(open()).rejects.toThrow('another process listens at')
    const client = new Client(first.path)
    client.ask('hello')
    expect(await client.hears()).toMatchObject({ ok: true })
    await first.close()
  })

  it('and its note are gone after the end, and what was answered still arrives', async () => {
    const { path } = await open()
    const client = new Client(path)
    client.ask('stop')
    await once(client.socket, 'data')
    const listeners = process.listenerCount('exit')
    await control?.close()
    await client.closed
    const { note } = placeOf(folder, identity)
    expect([path, note].filter(existsSync)).toEqual([])
    expect(process.listenerCount('exit')).toBe(listeners - 1)
  })

  it('is not opened in a folder that is not to be trusted, and leaves nothing', async () => {
    const listeners = process.listenerCount('exit')
    await expect(open({ folders: [join(home, 'gone/racecar')] })).rejects.toThrow('cannot be made')
    expect(process.listenerCount('exit')).toBe(listeners)
  })
})
