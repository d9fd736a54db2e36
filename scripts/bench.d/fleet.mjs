// Workers under a primary, ours or kafkajs's under bare node:cluster, seen alike: which process has which partitions.

import { ours, peer } from './contenders.mjs'
import { Journal } from './journal.mjs'
import { PARTITIONS } from './kafka.mjs'
import { temporaryFile } from './temporary.mjs'

export class Fleet {
  /** From the pid of a worker to its partitions. */
  shares = new Map()
  /** From the name of one of our slots to its pid. */
  slots = new Map()
  /** How often a worker of it has joined the group. */
  joins = 0

  constructor({ bench, kind, topic, workers, env = {}, journal = new Journal(temporaryFile('journal')), ...more }) {
    this.journal = journal
    const start = { ours: startOurs, kafkajs: startKafkajs }[kind]
    const all = { BENCH_TOPIC: topic, BENCH_JOURNAL: this.journal.file, ...env }
    this.program = start({ bench, workers, env: all, ...more })
    this.program.onLine(line => this.#hear(line))
  }

  /** Resolves when all partitions are shared out over so many workers. */
  sharedBy(workers) {
    return this.program.until(`${workers} workers to share the partitions`, () => {
      const shares = [...this.shares.values()].filter(partitions => partitions.length > 0)
      return shares.length === workers && new Set(shares.flat()).size === PARTITIONS
    })
  }

  /** Resolves when so many workers are members. */
  joinedBy(workers) {
    return this.program.until(`${workers} workers to join`, () => this.shares.size === workers)
  }

  /** Resolves when so many workers have handled something, and every partition was handled. */
  handledBy(workers) {
    return this.program.until(`${workers} workers to handle all partitions`, () => {
      const owners = this.journal.owners()
      return owners.size === PARTITIONS && new Set(owners.values()).size === workers
    })
  }

  async stop() {
    const { code, signal, at } = await this.program.stop()
    if (code !== 0) throw new Error(`ended with ${signal ?? code}:\n${this.program.lastWords}`)
    return at
  }

  #hear(line) {
    if (!line.startsWith('{')) return
    const { event, slot, pid, partitions } = JSON.parse(line)
    if (event === 'slot.forked') this.slots.set(slot, pid)
    if (event === 'slot.exited') this.shares.delete(pid)
    if (event === 'joined') this.shares.set(pid, partitions)
    if (event === 'group.joined') {
      this.joins++
      this.shares.set(
        pid,
        partitions.map(({ partition }) => partition),
      )
    }
  }
}

const startOurs = ({ bench, workers, env, group, flags }) =>
  ours({ bench, consumer: 'JournalConsumer', workers, env, group, flags })

const startKafkajs = ({ bench, workers, env, session }) =>
  peer({
    bench,
    script: 'workers.mjs',
    args: [String(workers)],
    env: { ...env, ...(session === undefined ? {} : { BENCH_SESSION: String(session) }) },
  })
