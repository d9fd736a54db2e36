// The file whose time says that a racecar lives. It lies where others may write as well, so it is always made anew, never opened
// where somebody has put something, nor by a link; and only while it is still the same one is it touched, or deleted.

import { randomUUID } from 'node:crypto'
import { lstatSync, rmSync } from 'node:fs'
import { type FileHandle, link, lstat, open, rename, rm } from 'node:fs/promises'
import { RacecarError } from '../errors.ts'
import { type Clock, sleep } from '../lib/clock.ts'
import { belongsTo, type OwnFile, PRIVATE, readOwn } from '../lib/own-file.ts'
import { reasonOf } from '../lib/reason.ts'
import { fateOf, isPrimary, lifeOf } from './slots-file.ts'

interface Place {
  readonly dev: number
  readonly ino: number
}

export class LivenessFile {
  readonly path: string
  #handle: FileHandle
  #place: Place

  private constructor(path: string, { handle, place }: Made) {
    this.path = path
    this.#handle = handle
    this.#place = place
    process.on('exit', this.#removeNow)
  }

  /** Throws CANNOT_CREATE where it cannot be ours. */
  static async claim(path: string, watch: Watch): Promise<LivenessFile> {
    const aside = `${path}.${randomUUID()}`
    try {
      const old = await judge(path, watch)
      if (old) await takeAway(path, aside, old)
      return new LivenessFile(path, await make(path))
    } catch (cause) {
      const why = (cause as NodeJS.ErrnoException).code === 'EEXIST' ? OVERTAKEN : reasonOf(cause)
      const text = `The liveness file ${path} (liveness_probe_file_path) cannot be written: ${why}.`
      throw new RacecarError('CANNOT_CREATE', text, { cause })
    } finally {
      // Not before the new one is made, which could look like this one otherwise.
      await rm(aside, { force: true })
    }
  }

  /** `epoch`: the time that it is to have, in milliseconds. Rejects where the file is not ours any more. */
  async touch(epoch: number): Promise<void> {
    const there = await placeOf(this.path)
    if (!there) {
      await this.#handle.close()
      const { handle, place } = await make(this.path)
      this.#handle = handle
      this.#place = place
    } else if (!isSame(there, this.#place)) throw new Error('somebody else has put a file in its place')
    await this.#handle.utimes(epoch / 1000, epoch / 1000)
  }

  async release(): Promise<void> {
    process.off('exit', this.#removeNow)
    const there = await placeOf(this.path)
    if (there && isSame(there, this.#place)) await rm(this.path, { force: true })
    await this.#handle.close()
  }

  /** For an end that nobody had time for. */
  readonly #removeNow = (): void => {
    try {
      if (isSame(lstatSync(this.path), this.#place)) rmSync(this.path)
    } catch {
      // It is gone already.
    }
  }
}

interface Made {
  readonly handle: FileHandle
  readonly place: Place
}

/** Fails where there is anything, be it a link that leads nowhere. */
async function make(path: string): Promise<Made> {
  const handle = await open(path, 'wx', PRIVATE)
  try {
    await handle.writeFile(`${JSON.stringify(lifeOf(process.pid))}\n`)
    return { handle, place: await handle.stat() }
  } catch (error) {
    await handle.close()
    await rm(path, { force: true })
    throw error
  }
}

export interface Watch {
  readonly clock: Clock
  /** Whoever lives touches it more often. */
  readonly maxIntervalMs: number
}

/** Twice what whoever lives lets pass between two touches. */
const WATCH_MS = 2000
const OVERTAKEN = 'another racecar that starts has just made it, and each needs its own'

/** What an earlier racecar has left; undefined: nothing. Fails where it is anything else. */
async function judge(path: string, { clock, maxIntervalMs }: Watch): Promise<Place | undefined> {
  const found = look(path)
  if (!found) return undefined
  const { stat, text } = found
  const owner = ownerIn(text)
  if (owner === 'nobody') throw new Error('it holds something that no racecar has written')
  if (owner !== 'unknown' && fateOf(owner) === 'alive')
    throw new Error(`the racecar ${owner.pid} touches it, and each needs its own`)
  // Of one in another container, whose processes cannot be seen here, only the file can tell.
  if (Math.abs(clock.epoch() - stat.mtimeMs) >= maxIntervalMs) return stat
  await sleep(clock, WATCH_MS)
  const later = await lstat(path).catch(unlessMissing)
  if (later && (later.mtimeMs !== stat.mtimeMs || !isSame(later, stat)))
    throw new Error('another racecar touches it, in another container perhaps, and each needs its own')
  return later
}

function look(path: string): OwnFile | undefined {
  try {
    const found = readOwn(path)
    if (found && process.getuid && found.stat.uid !== process.getuid()) throw new Error(belongsTo(found.stat.uid))
    return found
  } catch (error) {
    throw new Error(`what is there ${reasonOf(error)}`, { cause: error })
  }
}

/** By a rename, as two that start at once must not each take away what the other has made. */
async function takeAway(path: string, aside: string, old: Place): Promise<void> {
  await rename(path, aside).catch(unlessMissing)
  const taken = await placeOf(aside)
  if (!taken || isSame(taken, old)) return
  // Where it cannot be put back, its owner makes it anew.
  await link(aside, path).catch(() => {})
  throw new Error(OVERTAKEN)
}

function ownerIn(text: string) {
  if (text === '') return 'unknown'
  try {
    const read: unknown = JSON.parse(text)
    return isPrimary(read) ? read : 'nobody'
  } catch {
    return 'nobody'
  }
}

const placeOf = (path: string): Promise<Place | undefined> => lstat(path).catch(unlessMissing)

const isSame = (a: Place, b: Place): boolean => a.ino === b.ino && a.dev === b.dev

function unlessMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error
}
