// The command of the user's that gets tickets: when it is due, what stands in it, and its run by the shell, which ends in time with
// all that it has started. Knows no Kafka and no ticket.

import { spawn } from 'node:child_process'
import type { Socket } from 'node:net'
import type { Clock } from '../lib/clock.ts'
import { cut } from '../lib/reason.ts'
import { asSentence } from '../lib/sentence.ts'
import { within } from '../lib/within.ts'
import { KerberosError, troubleOf } from './kerberos-trouble.ts'

export interface KinitParts {
  readonly command: () => string
  /** Milliseconds for which a run that went well is enough; 0: for ever. */
  readonly againMs: number
  readonly clock: Clock
  /** It went well before, and not this time. */
  readonly warn: (why: string) => void
  /** Rejects with KerberosError. */
  readonly run?: (command: string, clock: Clock) => Promise<void>
}

/** Milliseconds that a run may take. */
export const KINIT_MS = 30_000
/** Of its last words. */
const LONGEST = 500
/** For what is still in the pipe when it has ended; whoever it left in the background may hold that open for ever. */
const REST_MS = 200

export class Kinit {
  readonly #parts: KinitParts
  #wentWellAt: number | undefined
  #running: Promise<void> | undefined

  constructor(parts: KinitParts) {
    this.#parts = parts
  }

  /** Resolves when it need not be run, or went well. Rejects with KerberosError while it never did. */
  fresh(): Promise<void> {
    if (this.#isFresh) return Promise.resolve()
    this.#running ??= this.#again().finally(() => {
      this.#running = undefined
    })
    return this.#running
  }

  get #isFresh(): boolean {
    const { againMs, clock } = this.#parts
    if (this.#wentWellAt === undefined) return false
    return againMs === 0 || clock.now() - this.#wentWellAt < againMs
  }

  async #again(): Promise<void> {
    const { command, clock, warn, run = runInShell } = this.#parts
    try {
      await run(command(), clock)
      this.#wentWellAt = clock.now()
    } catch (error) {
      // The ticket of the last time may hold for hours.
      if (this.#wentWellAt === undefined || !(error instanceof KerberosError)) throw error
      warn(`${asSentence(error.message)} Going on with the tickets that are there.`)
    }
  }
}

export async function runInShell(command: string, clock: Clock): Promise<void> {
  // A group of its own, and no terminal that it could ask somebody at.
  const child = spawn('/bin/sh', ['-c', command], { detached: true, stdio: ['ignore', 'ignore', 'pipe'] })
  let words = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    words = (words + text).slice(-LONGEST)
  })
  const closed = new Promise<void>(resolve => child.once('close', () => resolve()))
  const ended = new Promise<string>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => resolve(code === null ? `been ended by ${signal}` : `ended with ${code}`))
  })
  if (!(await within(clock, ended, clock.now() + KINIT_MS))) {
    end(child.pid!)
    throw new KerberosError(`sasl_kerberos_kinit_cmd took longer than ${KINIT_MS / 1000} s, and was ended`, {
      isRefusal: false,
    })
  }
  const how = await ended
  // Nor do they keep this process.
  ;(child.stderr as Socket).unref()
  if (how === 'ended with 0') return
  await within(clock, closed, clock.now() + REST_MS)
  throw failure(how, words.trim())
}

/** Its last line is what it says of it; it may be a script that says more. */
function failure(how: string, words: string): KerberosError {
  const { message, isRefusal } = troubleOf(words.split('\n').at(-1)!, 'command')
  const why = words === '' ? 'without a word' : message
  return new KerberosError(`sasl_kerberos_kinit_cmd has ${how}: ${cut(why, 2 * LONGEST)}`, { isRefusal })
}

function end(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended this moment.
  }
}
