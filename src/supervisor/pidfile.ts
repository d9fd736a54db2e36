// The pidfile: who runs here, and that nobody else does. A lock beside it decides who may write it; the process in it, with what
// the slots file knows of it, decides whether the holder of a lock that was left behind still lives. A file that is not ours is
// never deleted nor overwritten.

import { rmSync } from 'node:fs'
import { lstat, rm, rmdir } from 'node:fs/promises'
import { resolve } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import lockfile from 'proper-lockfile'
import { RacecarError } from '../errors.ts'
import { readOwn, replaceOwn } from '../lib/own-file.ts'
import { reasonOf } from '../lib/reason.ts'
import { isAlive, startedAt } from './process-start.ts'
import {
  fateOf,
  isFromHere,
  lifeOf,
  readSlots,
  removeSlots,
  type SlotRecord,
  type SlotsRecord,
  writeSlots,
} from './slots-file.ts'

export interface PidfileParts {
  readonly file: string
  readonly pid: number
  /** What an operator should know, as whole sentences. */
  readonly say: (sentence: string) => void
}

type Content = { readonly kind: 'missing' | 'empty' } | Written | { readonly kind: 'foreign'; readonly what: string }

interface Written {
  readonly kind: 'pid'
  readonly pid: number
  readonly writtenAt: number
}

/** Far beyond any pause of a live holder: whether it lives is asked of its process id, not of the lock's age. */
const LOCK = { realpath: false, stale: 60_000, update: 15_000, retries: 0 }
/** Starts at the same time wait for each other's turn; each takes milliseconds. */
const TURN = { realpath: false, stale: 5000, retries: 0, onCompromised: () => {} }
const TURN_TRIES = 400

export class Pidfile {
  readonly #parts: PidfileParts
  readonly #file: string
  readonly #slotsFile: string
  #release: (() => Promise<void>) | undefined
  #left: readonly SlotRecord[] = []
  #slots: readonly SlotRecord[] = []

  private constructor(parts: PidfileParts) {
    this.#parts = parts
    this.#file = resolve(parts.file)
    this.#slotsFile = `${this.#file}.slots`
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

  /** Workers of earlier primaries that ended without having taken leave of the group. */
  get left(): readonly SlotRecord[] {
    return this.#left
  }

  /** Nothing of them is in the group any more. */
  forgetLeft(): void {
    this.#left = []
    this.#writeSlots()
  }

  /** Which workers may be members from now on. */
  noteSlots(slots: readonly SlotRecord[]): void {
    this.#slots = slots
    this.#writeSlots()
  }

  /** Removes the file if it still says what we wrote, then the lock. */
  async release(): Promise<void> {
    const release = this.#release
    if (!release) return
    this.#release = undefined
    process.off('exit', this.#removeNow)
    try {
      await this.#remove()
    } catch (error) {
      this.#parts.say(`The pidfile ${this.#file} cannot be removed: ${reasonOf(error)}.`)
    }
    await release().catch(() => {})
  }

  async #remove(): Promise<void> {
    const content = this.#read()
    if (!this.#isOurs(content))
      this.#parts.say(`The pidfile ${this.#file} was ${content.kind === 'missing' ? 'deleted' : 'changed'} meanwhile.`)
    this.#slots = []
    if (this.#left.length > 0) this.#writeSlots()
    else removeSlots(this.#slotsFile)
    if (this.#isOurs(content)) await rm(this.#file, { force: true })
  }

  #isOurs(content: Content): boolean {
    return content.kind === 'pid' && content.pid === this.#parts.pid
  }

  /** Without a turn two starts could both find a lock of the dead, and the second remove the first one's new one. */
  async #acquire(): Promise<void> {
    const done = await takeTurn(`${this.#file}.turn`)
    try {
      const content = this.#read()
      if (content.kind === 'foreign') throw this.#cannot(new Error(`it ${content.what}`))
      const record = readSlots(this.#slotsFile)
      this.#release = await this.#lock(content, record)
      this.#left = record?.slots ?? []
      await this.#write()
      this.#writeSlots()
      process.on('exit', this.#removeNow)
    } finally {
      await done().catch(() => {})
    }
  }

  async #lock(content: Content, record: SlotsRecord | undefined): Promise<() => Promise<void>> {
    const onCompromised = ({ message }: Error) =>
      this.#parts.say(`The lock of the pidfile ${this.#file} was taken away: ${message}`)
    const options = { ...LOCK, onCompromised }
    const isLocked = await this.#isLocked()
    // Without a file and a lock an earlier primary has released both, or somebody has tidied them away under one that lives.
    const mayHold = isLocked || (record !== undefined && fateOf(record.primary) === 'alive')
    const holder = content.kind === 'pid' ? content : mayHold ? writtenBy(record) : undefined
    if (holder) await this.#takeOver(holder, record, isLocked)
    try {
      return await lockfile.lock(this.#file, options)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ELOCKED') throw this.#refusal('somebody')
      throw error
    }
  }

  /** A lock that somebody has tidied away does not make its holder dead: who is proved to live keeps the file. */
  async #takeOver(holder: Written, record: SlotsRecord | undefined, isLocked: boolean): Promise<void> {
    const { pid } = holder
    const gone = this.#whyGone(holder, record)
    const isProved = record?.primary.pid === pid && fateOf(record.primary) === 'alive'
    if (gone === undefined && (isLocked || isProved)) throw this.#refusal(`the process ${pid}`)
    this.#parts.say(
      `The pidfile ${this.#file} is taken over: ${gone ?? `nobody has locked it for the process ${pid}`}.`,
    )
    // The lock is an empty folder: one that holds something is nobody's lock, and not ours to delete.
    if (isLocked) await rmdir(`${this.#file}.lock`)
  }

  /** undefined: who wrote it lives. Our own number in a file that we have not written is another container's. */
  #whyGone({ pid, writtenAt }: Written, record: SlotsRecord | undefined): string | undefined {
    const known = record?.primary.pid === pid ? record.primary : undefined
    if (known && !isFromHere(known)) return `the process ${pid} that wrote it ran on the host ${known.host}`
    if (pid === this.#parts.pid)
      return `its process id ${pid} is our own, so it is from before this container was started`
    if (!isAlive(pid)) return `the process ${pid} is gone`
    if (known ? fateOf(known) === 'dead' : isYoungerThan(writtenAt, pid)) return `${pid} is another process by now`
    return undefined
  }

  async #isLocked(): Promise<boolean> {
    return (await lstat(`${this.#file}.lock`).catch(() => undefined)) !== undefined
  }

  #read(): Content {
    try {
      const found = readOwn(this.#file)
      if (!found) return { kind: 'missing' }
      const text = found.text.trim()
      if (text === '') return { kind: 'empty' }
      if (!/^[1-9][0-9]{0,9}$/.test(text)) return { kind: 'foreign', what: 'holds something that is no process id' }
      return { kind: 'pid', pid: Number(text), writtenAt: found.stat.mtimeMs }
    } catch (error) {
      return { kind: 'foreign', what: reasonOf(error) }
    }
  }

  /** Without it all works, only a start after an accident is slower: no reason to end. */
  #writeSlots(): void {
    try {
      writeSlots(this.#slotsFile, { primary: lifeOf(this.#parts.pid), slots: [...this.#left, ...this.#slots] })
    } catch (error) {
      this.#parts.say(`${this.#slotsFile} cannot be written: ${reasonOf(error)}.`)
    }
  }

  async #write(): Promise<void> {
    try {
      replaceOwn(this.#file, `${this.#parts.pid}\n`)
    } catch (error) {
      await this.#release?.().catch(() => {})
      throw error
    }
  }

  /** For an end that nobody had time for: workers may live on. The lock's own library removes the lock then. */
  readonly #removeNow = (): void => {
    try {
      if (this.#left.length + this.#slots.length === 0) removeSlots(this.#slotsFile)
      if (this.#isOurs(this.#read())) rmSync(this.#file)
    } catch {
      // It is gone, or not ours to read: then it is not ours to delete either.
    }
  }

  #refusal(who: string): RacecarError {
    return new RacecarError('ALREADY_RUNNING', `Another racecar runs: ${who} holds the pidfile ${this.#file}.`)
  }

  #cannot(error: unknown): RacecarError {
    return new RacecarError('CANNOT_CREATE', `The pidfile ${this.#file} cannot be written: ${reasonOf(error)}.`, {
      cause: error,
    })
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

/** Somebody may have tidied the pidfile away, and nothing else. */
const writtenBy = (record: SlotsRecord | undefined): Written | undefined =>
  record && { kind: 'pid', pid: record.primary.pid, writtenAt: Number.POSITIVE_INFINITY }

/** Boot times are whole seconds, and file systems round. */
const CLOCK_SLACK_MS = 2000

/** For files without a slots file: the wall clock may lie, so births go before this. */
function isYoungerThan(writtenAt: number, pid: number): boolean {
  const since = startedAt(pid)
  return since !== undefined && since > writtenAt + CLOCK_SLACK_MS
}
