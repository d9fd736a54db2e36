// A process under measurement: its lines, its end, and the certainty that nothing of it is left when the benchmark ends.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import { now } from './clock.mjs'

const PATIENCE_MS = 120_000
const LOOK_MS = 10
const alive = new Set()

export class Program {
  exit
  startedAt
  #child
  #words = []
  #ended
  #hearers = []

  constructor({ command = process.execPath, args, cwd, env = {} }) {
    this.startedAt = now()
    // A group of its own, so that one signal ends it with all that it has forked.
    this.#child = spawn(command, args, {
      cwd,
      env: { ...process.env, ...env },
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    alive.add(this)
    for (const stream of [this.#child.stdout, this.#child.stderr])
      createInterface({ input: stream }).on('line', line => this.#hear(line))
    this.#ended = new Promise(resolve => {
      this.#child.once('error', error => resolve({ code: null, signal: null, error, at: now() }))
      this.#child.once('exit', (code, signal) => resolve({ code, signal, at: now() }))
    }).then(exit => {
      this.exit = exit
      alive.delete(this)
      return exit
    })
  }

  get pid() {
    return this.#child.pid
  }

  get lastWords() {
    return this.#words.slice(-20).join('\n')
  }

  onLine(hear) {
    this.#hearers.push(hear)
  }

  /** What `condition` answers, once that is something. */
  async until(what, condition, patience = PATIENCE_MS) {
    const deadline = now() + patience
    for (;;) {
      const found = condition()
      if (found) return found
      if (this.exit) throw new Error(`ended (${endOf(this.exit)}) while waiting for ${what}:\n${this.lastWords}`)
      if (now() > deadline) throw new Error(`waited ${patience / 1000} s in vain for ${what}:\n${this.lastWords}`)
      await wait(LOOK_MS)
    }
  }

  signal(name) {
    this.#child.kill(name)
  }

  /** Resolves to its end, with the time of it. */
  ended() {
    return this.#ended
  }

  async stop() {
    if (!this.exit) this.signal('SIGTERM')
    const late = wait(PATIENCE_MS, undefined, { ref: false }).then(() => {
      throw new Error(`has not stopped within ${PATIENCE_MS / 1000} s:\n${this.lastWords}`)
    })
    return Promise.race([this.#ended, late])
  }

  kill() {
    try {
      if (this.pid !== undefined) process.kill(-this.pid, 'SIGKILL')
    } catch {
      // Gone already.
    }
  }

  #hear(line) {
    this.#words.push(line)
    if (this.#words.length > 200) this.#words.shift()
    for (const hear of this.#hearers) hear(line)
  }
}

export const endOf = ({ code, signal, error }) => error?.message ?? signal ?? `exit code ${code}`

/** Ends whatever of ours still runs, at once. */
export function killAll() {
  for (const program of alive) program.kill()
}
