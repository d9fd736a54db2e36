// Where the racecars of one user are found while they run: a private folder with a socket for each, and beside it a note of who
// that is, for when the process itself cannot say. Because nobody else can write there, what lies there is believed. Knows
// nothing of what is said over the sockets.

import { createHash } from 'node:crypto'
import { chmod, lstat, mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { listens } from '../lib/listens.ts'
import { belongsTo, strangerAbove } from '../lib/own-file.ts'
import { reasonOf } from '../lib/reason.ts'
import { isStill, type Life } from './process-start.ts'

export interface Identity extends Life {
  /** Several are separated by a comma and a blank. */
  readonly consumer: string
  /** Absolute; null: it has none. */
  readonly pidfile: string | null
  readonly version: string
}

export interface Place {
  readonly socket: string
  readonly note: string
}

export interface Found {
  readonly place: Place
  readonly note: Identity | undefined
}

type Env = Readonly<Record<string, string | undefined>>

/** What a socket's path may have in bytes. Node cuts what is longer without a word. */
const LONGEST = process.platform === 'linux' ? 107 : 103
const HASH_LENGTH = 16
const SOCKET = '.sock'
const NOTE = '.json'

/** The first one that can be used is the one. Both are looked through: a service often has another environment than its user. */
export function runFolders(env: Env): readonly string[] {
  const uid = process.getuid?.()
  if (uid === undefined) return []
  const { XDG_RUNTIME_DIR: own } = env
  const temporary = join(tmpdir(), `racecar-${uid}`)
  return own && isAbsolute(own) ? [join(own, 'racecar'), temporary] : [temporary]
}

/** Makes it where there is none. Throws with what is wrong with all of them. */
export async function openRunFolder(candidates: readonly string[]): Promise<string> {
  const reasons: string[] = []
  for (const folder of candidates) {
    const reason = tooLong(folder) ?? strangerAbove(folder) ?? (await make(folder)) ?? (await distrust(folder))
    if (reason === undefined) return folder
    reasons.push(`${folder} ${reason}`)
  }
  throw new Error(reasons.join('; ') || 'there is no place for its socket on this system')
}

/** Why what lies there is not to be believed; undefined: it may be. */
export async function distrust(folder: string): Promise<string | undefined> {
  try {
    const stat = await lstat(folder)
    if (stat.isSymbolicLink()) return 'is a link'
    if (!stat.isDirectory()) return 'is no folder'
    if (stat.uid !== process.getuid?.()) return belongsTo(stat.uid)
    if ((stat.mode & 0o077) !== 0) return `is open to others (mode ${(stat.mode & 0o777).toString(8)})`
    return strangerAbove(folder)
  } catch (error) {
    return `cannot be looked at: ${reasonOf(error)}`
  }
}

/** Short whatever the names are, and another one for each process. */
export function placeOf(folder: string, { pid, birth }: Identity): Place {
  const hash = createHash('sha256').update(`${pid} ${birth}`).digest('hex').slice(0, HASH_LENGTH)
  return placeNamed(folder, hash)
}

export async function writeNote({ note }: Place, identity: Identity): Promise<void> {
  await writeFile(note, JSON.stringify(identity), { mode: 0o600 })
  // The XDG base directory specification: what carries the sticky bit is not tidied away while it is old.
  await chmod(note, 0o1600).catch(() => {})
}

/** Everything that has a socket there, the dead included; in an order that is always the same. */
export async function lookInto(folder: string): Promise<Found[]> {
  const names = (await readdir(folder)).filter(name => name.endsWith(SOCKET)).sort()
  return Promise.all(
    names.map(async name => {
      const place = placeNamed(folder, name.slice(0, -SOCKET.length))
      return { place, note: await readNote(place.note) }
    }),
  )
}

/** Removes what the dead have left. */
export async function sweep(folder: string): Promise<void> {
  const names = new Set((await readdir(folder)).filter(isOurs).map(name => name.slice(0, HASH_LENGTH)))
  for (const name of names) {
    const place = placeNamed(folder, name)
    // Between the making of its file and its first listening nobody is behind the socket of a living process either.
    const note = await readNote(place.note)
    if ((note && isStill(note)) || (await listens(place.socket))) continue
    await Promise.all([place.socket, place.note].map(file => rm(file, { force: true })))
  }
}

const placeNamed = (folder: string, name: string): Place => ({
  socket: join(folder, `${name}${SOCKET}`),
  note: join(folder, `${name}${NOTE}`),
})

const isOurs = (name: string): boolean => /^[0-9a-f]{16}\.(sock|json)$/.test(name)

function tooLong(folder: string): string | undefined {
  const bytes = Buffer.byteLength(placeNamed(folder, '0'.repeat(HASH_LENGTH)).socket)
  return bytes > LONGEST ? `is too long for the path of a socket (${bytes} bytes, at most ${LONGEST})` : undefined
}

async function make(folder: string): Promise<string | undefined> {
  try {
    await mkdir(folder, { mode: 0o700 })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') return `cannot be made: ${reasonOf(error)}`
  }
  return undefined
}

async function readNote(file: string): Promise<Identity | undefined> {
  try {
    const note = JSON.parse(await readFile(file, 'utf8')) as Partial<Identity> | null
    return isIdentity(note) ? note : undefined
  } catch {
    return undefined
  }
}

function isIdentity(note: Partial<Identity> | null): note is Identity {
  return (
    typeof note === 'object' &&
    note !== null &&
    Number.isSafeInteger(note.pid) &&
    note.pid! > 0 &&
    (note.birth === null || typeof note.birth === 'string') &&
    (note.pidfile === null || typeof note.pidfile === 'string') &&
    typeof note.consumer === 'string' &&
    typeof note.version === 'string'
  )
}
