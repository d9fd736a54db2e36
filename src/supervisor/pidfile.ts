// The pidfile: who runs here, and that nobody else does. A lock beside it decides who may write it; the process id in it decides
// whether the holder of a lock that was left behind still lives. A file that is not ours is never deleted nor overwritten.

import { readFileSync, rmSync } from 'node:fs'
import { lstat, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import lockfile from 'proper-lockfile'
import { RacecarError } from '../errors.ts'
import { isAlive, startedAt } from './process-start.ts'

export interface PidfileParts {
  readonly file: string
  readonly pid: number
  /** The lock was taken away while we ran: another process may believe that it is alone. */
  readonly onLost: (error: Error) => void
}

type Content =
  | { readonly kind: 'missing' | 'empty' }
  | { readonly kind: 'pid'; readonly pid: number; readonly writtenAt: number }
  | { readonly kind: 'foreign'; readonly what: string }

/** Far beyond any pause of a live holder: whether it lives is asked of its process id, not of the lock's age. */
const LOCK = { realpath: false, stale: 60_000, update: 15_000, retries: 0 }
/** Starts at the same time wait for each other's turn; each takes milliseconds. */
const TURN = { realpath: false, stale: 5000, retries: 0, onCompromised: () => {} }
const TURN_TRIES = 400

export class Pidfile {
  readonly #parts: PidfileParts
  readonly #file: string
  #release: (() => Promise<void>) | undefined

  private constructor(parts: PidfileParts) {
    this.#parts = parts
    this.#file = resolve(parts.file)
  }

  /** Throws ALREADY_RUNNING when another process lives, CANNOT_CREATE when the file cannot be ours. */
  static async acquire(parts: PidfileParts): Promise<Pidfile> {
    const pidfile = new Pidfile(parts)
    try {
      await pidfile.#acquire()
    } catch (error) {
      throw error instanceof RacecarError ? error : pidfile.#cannot(error)
    }
    return pidfile
  }

  /** Removes the file if it still says what we wrote, then the lock. */
  async release(): Promise<void> {
    const release = this.#release
    if (!release) return
    this.#release = undefined
    process.off('exit', this.#removeNow)
    const content = await this.#read().catch(() => undefined)
    if (content?.kind === 'pid' && content.pid === this.#parts.pid) await rm(this.#file, { force: true })
    await release().catch(() => {})
  }

  /** Without a turn two starts could both find a lock of the dead, and the second remove the first one's new one. */
  async #acquire(): Promise<void> {
    const done = await takeTurn(`${this.#file}.turn`)
    try {
      const content = await this.#read()
      if (content.kind === 'foreign') throw this.#cannot(new Error(content.what))
      this.#release = await this.#lock(content)
      await this.#write()
      process.on('exit', this.#removeNow)
    } finally {
      await done().catch(() => {})
    }
  }

  async #lock(content: Content): Promise<() => Promise<void>> {
    const options = { ...LOCK, onCompromised: this.#parts.onLost }
    const locked = await this.#isLocked()
    if (locked && content.kind === 'pid') {
      if (this.#lives(content)) throw this.#refusal(`the process ${content.pid}`)
      await rm(`${this.#file}.lock`, { recursive: true, force: true })
    }
    try {
      return await lockfile.lock(this.#file, options)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ELOCKED') throw this.#refusal('somebody')
      throw error
    }
  }

  /** Our own number in a file that we have not written, and a process younger than the file, are strangers that got the number. */
  #lives({ pid, writtenAt }: Extract<Content, { kind: 'pid' }>): boolean {
    if (pid === this.#parts.pid || !isAlive(pid)) return false
    const since = startedAt(pid)
    return since === undefined || since <= writtenAt + CLOCK_SLACK_MS
  }

  async #isLocked(): Promise<boolean> {
    return (await lstat(`${this.#file}.lock`).catch(() => undefined)) !== undefined
  }

  async #read(): Promise<Content> {
    const stat = await lstat(this.#file).catch((error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return undefined
      throw error
    })
    if (!stat) return { kind: 'missing' }
    if (!stat.isFile()) return { kind: 'foreign', what: 'it is there, and is no ordinary file' }
    const text = (await readFile(this.#file, 'utf8')).trim()
    if (text === '') return { kind: 'empty' }
    if (!/^[1-9][0-9]{0,9}$/.test(text)) return { kind: 'foreign', what: 'it holds something that is no process id' }
    return { kind: 'pid', pid: Number(text), writtenAt: stat.mtimeMs }
  }

  /** Whole or not at all: a reader never sees half of it. */
  async #write(): Promise<void> {
    const draft = `${this.#file}.${this.#parts.pid}`
    try {
      await writeFile(draft, `${this.#parts.pid}\n`, { flag: 'w', mode: 0o644 })
      await rename(draft, this.#file)
    } catch (error) {
      await rm(draft, { force: true }).catch(() => {})
      await this.#release?.().catch(() => {})
      throw error
    }
  }

  /** For an end that nobody had time for. The lock's own library removes the lock then. */
  readonly #removeNow = (): void => {
    try {
      if (readFileSync(this.#file, 'utf8').trim() === String(this.#parts.pid)) rmSync(this.#file)
    } catch {
      // It is gone, or not ours to read: then it is not ours to delete either.
    }
  }

  #refusal(who: string): RacecarError {
    return new RacecarError('ALREADY_RUNNING', `Another racecar runs: ${who} holds the pidfile ${this.#file}.`)
  }

  #cannot(error: unknown): RacecarError {
    const why = error instanceof Error ? error.message : String(error)
    return new RacecarError('CANNOT_CREATE', `The pidfile ${this.#file} cannot be written: ${why}.`, { cause: error })
  }
}

async function takeTurn(file: string): Promise<() => Promise<void>> {
  for (let left = TURN_TRIES; ; left--) {
    try {
      return await lockfile.lock(file, TURN)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ELOCKED' || left === 0) throw error
      await setTimeout(10 + Math.random() * 30)
    }
  }
}

/** Boot times are whole seconds, and file systems round. */
const CLOCK_SLACK_MS = 2000
