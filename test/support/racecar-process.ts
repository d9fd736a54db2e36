// A racecar started as a user starts it, and what its log tells: process scenarios wait for its lines, send it signals and see it
// end. Knows nothing of Kafka.

import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { now } from './ledger.ts'

/** The program itself. */
export const bin = fileURLToPath(new URL('../../bin/racecar.js', import.meta.url))

const RACECAR = [process.execPath, bin, '--log-format', 'json', '--log-level', 'debug']

export interface LogLine {
  readonly event: string
  readonly message: string
  readonly slot?: string
  readonly pid: number
  /** When it was read, on the clock of the ledger. */
  readonly at: number
  readonly [field: string]: unknown
}

export type Exit = readonly [code: number | null, signal: NodeJS.Signals | null]

export interface ProcessOptions {
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  /** A command, with its arguments, that runs it: under another user, or in a container. */
  readonly under?: readonly string[]
  /** Instead of racecar, with a log that can be read here: what starts it in the end, and sees to the log. */
  readonly program?: readonly string[]
}

interface Waiter {
  readonly isEnough: () => boolean
  readonly resolve: () => void
}

export class RacecarProcess {
  readonly lines: LogLine[] = []
  /** Its own end; its workers may live on. */
  readonly exited: Promise<Exit>
  /** Nobody is left who could say anything: all lines are here. */
  readonly closed: Promise<Exit>
  exit: Exit | undefined
  stderr = ''
  readonly #child: ChildProcess
  readonly #waiters = new Set<Waiter>()

  constructor({ args, env, cwd, under = [], program = RACECAR }: ProcessOptions) {
    const [command, ...rest] = [...under, ...program, ...args]
    this.#child = spawn(command!, rest, {
      cwd,
      // A run folder of its own: what one test starts, another one's racecarctl must not find.
      env: { ...process.env, XDG_RUNTIME_DIR: cwd, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    createInterface({ input: this.#child.stdout! }).on('line', line => this.#hear(line))
    this.#child.stderr!.on('data', (chunk: Buffer) => {
      this.stderr += chunk.toString()
    })
    this.closed = new Promise(resolve => this.#child.on('close', () => resolve(this.exit!)))
    this.exited = new Promise(resolve => {
      this.#child.on('exit', (code, signal) => {
        this.exit = [code, signal]
        resolve(this.exit)
        this.#wake()
      })
    })
  }

  get pid(): number {
    return this.#child.pid!
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  all(event: string, matches: (line: LogLine) => boolean = () => true): LogLine[] {
    return this.lines.filter(line => line.event === event && matches(line))
  }

  /** The processes that have a slot and are not known to be gone, by slot number. */
  workers(): number[] {
    const gone = new Set(this.all('slot.exited').map(({ pid }) => pid))
    const up = new Set(this.all('slot.up').map(({ pid }) => pid))
    const bySlot = new Map<string, number>()
    for (const { slot, pid, beside } of this.all('slot.forked').filter(line => !gone.has(line.pid)))
      if (!beside || up.has(pid) || !bySlot.has(slot!)) bySlot.set(slot!, pid)
    return [...bySlot].sort(([a], [b]) => a.localeCompare(b)).map(([, pid]) => pid)
  }

  /** Every process that was ever forked. */
  forks(): number[] {
    return this.all('slot.forked').map(({ pid }) => pid)
  }

  /** Resolves with the first line from `since` on of this event that matches. */
  async line(event: string, matches: (line: LogLine) => boolean = () => true, since = 0): Promise<LogLine> {
    const find = () => this.lines.slice(since).find(line => line.event === event && matches(line))
    await this.until(`a line ${event}`, () => find() !== undefined)
    return find()!
  }

  /** Resolves when the log, as far as it was read, makes the condition true. */
  async until(what: string, isEnough: () => boolean, limit = 30_000): Promise<void> {
    if (isEnough()) return
    let timer: NodeJS.Timeout | undefined
    let waiter: Waiter | undefined
    try {
      await new Promise<void>((resolve, reject) => {
        waiter = { isEnough, resolve }
        this.#waiters.add(waiter)
        timer = setTimeout(() => reject(this.#inVain(what, limit)), limit)
        void this.exited.then(() => {
          if (!isEnough()) reject(this.#inVain(what, 0))
        })
      })
    } finally {
      clearTimeout(timer)
      if (waiter) this.#waiters.delete(waiter)
    }
  }

  /** The last of what it said, for the message of a failure. */
  lastWords(count = 40): string {
    const spoken = this.lines.filter(({ level }) => level !== 'debug')
    const said = spoken.slice(-count).map(({ at, slot, pid, event, message }) => {
      return `  ${at.toFixed(0)} ${slot ?? 'racecar'} (${pid}) ${event}: ${message}`
    })
    return [...said, this.stderr && `  stderr: ${this.stderr}`, this.exit && `  ended: ${this.exit}`]
      .filter(Boolean)
      .join('\n')
  }

  #hear(text: string): void {
    const parsed = text.startsWith('{') ? (JSON.parse(text) as LogLine) : { event: '', message: text, pid: this.pid }
    this.lines.push({ ...parsed, at: now() })
    this.#wake()
  }

  #wake(): void {
    for (const { isEnough, resolve } of this.#waiters) if (isEnough()) resolve()
  }

  #inVain(what: string, limit: number): Error {
    const after = this.exit ? `before racecar ended with ${this.exit}` : `within ${limit / 1000} s`
    return new Error(`${what} did not come ${after}; it said:\n${this.lastWords()}`)
  }
}

/** What racecars that were started in this folder have left in their run folder. */
export function leftToRun(cwd: string): string[] {
  const folder = join(cwd, 'racecar')
  return existsSync(folder) ? readdirSync(folder) : []
}

/** A dead process that nobody has asked about yet still has an entry. */
export function isAlive(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1')
    return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3) !== 'Z'
  } catch {
    return false
  }
}
