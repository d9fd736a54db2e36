// The racecar of the demo: the command that a user would type, and what its log tells about the workers.

import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('../..', import.meta.url))

export class Racecar {
  exit
  #slots = new Map()
  #words = []
  #child
  #ended

  constructor({ brokers, workers, book, group }) {
    const args = ['--workers', String(workers), '--brokers', brokers, '--group-id', group, 'WelcomeConsumer']
    this.command = `racecar --workers ${workers} WelcomeConsumer`
    this.#child = spawn(process.execPath, [`${root}bin/racecar.js`, '--log-format', 'json', ...args], {
      cwd: `${root}examples/welcome`,
      env: { ...process.env, GUEST_BOOK: book },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    for (const stream of [this.#child.stdout, this.#child.stderr])
      createInterface({ input: stream }).on('line', line => this.#hear(line))
    this.#ended = new Promise(resolve =>
      this.#child.on('close', (code, signal) => {
        this.exit = { code, signal }
        resolve(this.exit)
      }),
    )
  }

  /** How many workers have partitions. */
  get sharedBy() {
    return this.workers().filter(({ partitions }) => partitions.length > 0).length
  }

  get lastWords() {
    return this.#words.slice(-20).join('\n')
  }

  workers() {
    return [...this.#slots.values()].sort((a, b) => a.slot.localeCompare(b.slot))
  }

  pick() {
    return { ...this.workers().find(({ partitions }) => partitions.length > 0) }
  }

  pidOf(slot) {
    return this.#slots.get(slot)?.pid
  }

  async stop(patience) {
    this.#child.kill('SIGTERM')
    const late = wait(patience, undefined, { ref: false }).then(() => {
      throw new Error(`racecar has not stopped within ${patience / 1000} s:\n${this.lastWords}`)
    })
    return Promise.race([this.#ended, late])
  }

  kill() {
    if (!this.exit) this.#child.kill('SIGKILL')
  }

  #hear(line) {
    this.#words.push(line)
    if (!line.startsWith('{')) return
    const { event, slot, pid, partitions } = JSON.parse(line)
    if (event === 'slot.forked') this.#slots.set(slot, { slot, pid, partitions: [] })
    if (event === 'group.joined' && this.#slots.has(slot)) {
      this.#slots.get(slot).partitions = partitions.map(({ partition }) => partition).sort((a, b) => a - b)
    }
  }
}
