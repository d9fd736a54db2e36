// The file whose time says that a racecar lives. It lies where others may write as well, so it is always made anew, never opened
// where somebody has put something, nor by a link; and only while it is still the same one is it touched, or deleted.

import { lstatSync, rmSync } from 'node:fs'
import { type FileHandle, lstat, open, readFile, rm } from 'node:fs/promises'
import { RacecarError } from '../errors.ts'
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
  static async claim(path: string): Promise<LivenessFile> {
    try {
      await clear(path)
      return new LivenessFile(path, await make(path))
    } catch (cause) {
      const text = `The liveness file ${path} (liveness_probe_file_path) cannot be written: ${reasonOf(cause)}.`
      throw new RacecarError('CANNOT_CREATE', text, { cause })
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
  const handle = await open(path, 'wx', 0o644)
  try {
    await handle.writeFile(`${JSON.stringify(lifeOf(process.pid))}\n`)
    return { handle, place: await handle.stat() }
  } catch (error) {
    await handle.close()
    await rm(path, { force: true })
    throw error
  }
}

/** Takes away what an earlier racecar has left, and nothing else. */
async function clear(path: string): Promise<void> {
  const stat = await lstat(path).catch(unlessMissing)
  if (!stat) return
  if (!stat.isFile()) throw new Error('what is there is no ordinary file')
  if (process.getuid && stat.uid !== process.getuid()) throw new Error('it belongs to another user')
  const owner = ownerIn(stat.size > LONGEST ? '?' : await readFile(path, 'utf8'))
  if (owner === 'nobody') throw new Error('it holds something that no racecar has written')
  if (owner !== 'unknown' && fateOf(owner) === 'alive')
    throw new Error(`the racecar ${owner.pid} touches it, and each needs its own`)
  await rm(path, { force: true })
}

/** Bytes that one of ours may have. */
const LONGEST = 1000

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
