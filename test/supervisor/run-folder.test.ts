import {
  chmodSync,
  chownSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createServer, type Server } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { birthOf, isAlive, isStill } from '../../src/supervisor/process-start.ts'
import {
  distrust,
  type Identity,
  lookInto,
  openRunFolder,
  type Place,
  placeOf,
  runFolders,
  sweep,
  writeNote,
} from '../../src/supervisor/run-folder.ts'

/** No system gives a number as high as this. */
const NOBODY = 2 ** 22 + 1
const me: Identity = {
  pid: process.pid,
  birth: birthOf(process.pid) ?? null,
  consumer: 'WelcomeConsumer',
  pidfile: null,
  version: '1.2.3',
}

let home: string
let servers: Server[]

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'run-folder-'))
  servers = []
})

afterEach(async () => {
  for (const server of servers) await new Promise(resolve => server.close(resolve))
  rmSync(home, { recursive: true, force: true })
})

async function listenAt({ socket }: Place): Promise<Server> {
  const server = createServer()
  servers.push(server)
  await new Promise<void>(resolve => server.listen({ path: socket }, resolve))
  return server
}

/** As after a SIGKILL: the file is there, and nobody behind it. */
async function abandonedSocket({ socket }: Place): Promise<void> {
  const draft = { socket: `${socket}.draft`, note: '' }
  const server = await listenAt(draft)
  linkSync(draft.socket, socket)
  await new Promise(resolve => server.close(resolve))
}

describe('the run folder', () => {
  it('lies in the user’s runtime folder, or else in the temporary folder under the user’s number', () => {
    const temporary = join(tmpdir(), `racecar-${process.getuid?.()}`)
    expect(runFolders({ XDG_RUNTIME_DIR: '/run/user/7' })).toEqual(['/run/user/7/racecar', temporary])
    expect(runFolders({})).toEqual([temporary])
    expect(runFolders({ XDG_RUNTIME_DIR: 'somewhere/else' })).toEqual([temporary])
  })

  it('is made for the user alone, and found again', async () => {
    const folder = join(home, 'racecar')
    expect(await openRunFolder([folder])).toBe(folder)
    expect(lstatSync(folder).mode & 0o777).toBe(0o700)
    expect(await openRunFolder([folder])).toBe(folder)
  })

  it.each([
    ['a link, even to a folder that would do', 'is a link', (folder: string) => symlinkSync(home, folder)],
    ['a file', 'is no folder', (folder: string) => writeFileSync(folder, '')],
    ['open to others', 'is open to others (mode 755)', (folder: string) => openFolder(folder, 0o755)],
    ['open to the group', 'is open to others (mode 710)', (folder: string) => openFolder(folder, 0o710)],
  ])('is refused when it is %s', async (_, reason, make) => {
    const folder = join(home, 'racecar')
    make(folder)
    await expect(openRunFolder([folder])).rejects.toThrow(`${folder} ${reason}`)
  })

  it.runIf(process.getuid?.() === 0)('is refused when it belongs to somebody else', async () => {
    const folder = join(home, 'racecar')
    openFolder(folder, 0o700)
    chownSync(folder, 12_345, 12_345)
    await expect(openRunFolder([folder])).rejects.toThrow('belongs to another user (12345)')
  })

  it.runIf(process.getuid?.() === 0)('is never made, nor looked into, below a folder of somebody else’s', async () => {
    const theirs = join(home, 'theirs')
    mkdirSync(theirs)
    chownSync(theirs, 12_345, 12_345)
    const folder = join(theirs, 'racecar')
    const why = `lies below ${theirs}, which belongs to another user (12345)`
    await expect(openRunFolder([folder])).rejects.toThrow(`${folder} ${why}`)
    expect(existsSync(folder)).toBe(false)
    openFolder(folder, 0o700)
    expect(await distrust(folder)).toBe(why)
  })

  it('is the next one where the first cannot be used, and all reasons are told where none can', async () => {
    const missing = join(home, 'gone/racecar')
    const good = join(home, 'racecar')
    expect(await openRunFolder([missing, good])).toBe(good)
    symlinkSync(home, join(home, 'link'))
    await expect(openRunFolder([missing, join(home, 'link')])).rejects.toThrow(/cannot be made: .*; .*is a link/)
    await expect(openRunFolder([])).rejects.toThrow('there is no place for its socket')
  })

  it('is never one whose sockets would have paths that the system cuts', async () => {
    const long = join(home, 'ü'.repeat(35))
    await expect(openRunFolder([long])).rejects.toThrow(/is too long for the path of a socket \(\d+ bytes, at most/)
    expect(existsSync(long)).toBe(false)
  })
})

function openFolder(folder: string, mode: number): void {
  mkdirSync(folder)
  chmodSync(folder, mode)
}

describe('what lies in the run folder', () => {
  it('has a short name of its own for each process', () => {
    const { socket } = placeOf(home, { ...me, consumer: 'C'.repeat(500), pidfile: `/${'p'.repeat(500)}` })
    expect(socket).toMatch(/\/[0-9a-f]{16}\.sock$/)
    expect(placeOf(home, { ...me, birth: 'another' }).socket).not.toBe(socket)
    expect(placeOf(home, { ...me, pid: me.pid + 1 }).socket).not.toBe(socket)
  })

  it('says who listens there, and can be read by the user alone', async () => {
    const place = placeOf(home, me)
    await listenAt(place)
    await writeNote(place, me)
    expect(await lookInto(home)).toEqual([{ place, note: me }])
    expect(lstatSync(place.note).mode & 0o777).toBe(0o600)
  })

  it.each(['', 'null', '{"pid":-1}', '{"pid":"1"}', '[]', '{'])(
    'without a note that makes sense (%s) is nobody known',
    async text => {
      const place = placeOf(home, me)
      await listenAt(place)
      writeFileSync(place.note, text)
      expect(await lookInto(home)).toEqual([{ place, note: undefined }])
    },
  )

  it('is removed when its process is dead, and stays as long as it lives, listens or is about to', async () => {
    const dead = placeOf(home, { ...me, pid: NOBODY })
    await abandonedSocket(dead)
    await writeNote(dead, { ...me, pid: NOBODY })
    const reused = placeOf(home, { ...me, birth: 'earlier' })
    await writeNote(reused, { ...me, birth: 'earlier' })
    const unnoted = placeOf(home, { ...me, birth: 'unnoted' })
    await abandonedSocket(unnoted)
    const starting = placeOf(home, me)
    await writeNote(starting, me)
    // In another container its number means nothing here.
    const elsewhere = placeOf(home, { ...me, pid: NOBODY + 1 })
    await listenAt(elsewhere)
    await writeNote(elsewhere, { ...me, pid: NOBODY + 1 })
    writeFileSync(join(home, 'notes.txt'), 'not ours')

    await sweep(home)
    for (const { socket, note } of [dead, reused, unnoted]) expect([socket, note].filter(existsSync)).toEqual([])
    const kept = [starting.note, elsewhere.note, elsewhere.socket, join(home, 'notes.txt')]
    expect(kept.filter(existsSync)).toEqual(kept)
  })
})

describe('a process', () => {
  it('is still the same only when its number and its birth are', () => {
    expect(isStill(me)).toBe(true)
    expect(isStill({ ...me, birth: 'earlier' })).toBe(false)
    expect(isStill({ ...me, pid: NOBODY })).toBe(false)
  })

  it('that has no birth is known by its number alone', () => {
    expect(isStill({ pid: process.pid, birth: null })).toBe(true)
    expect(isStill({ pid: NOBODY, birth: null })).toBe(false)
    expect(birthOf(NOBODY)).toBeUndefined()
    expect(isAlive(NOBODY)).toBe(false)
  })
})
