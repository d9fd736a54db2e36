// The Kafkas of one thread: their ports, folders and the one program that serves them all. A program that ends without being asked is
// started again, with what its clusters have written down.

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { lock } from 'proper-lockfile'
import { type LoadGo, Run } from './program.ts'
import type { LogLevel, OpenParams } from './protocol.ts'
import { Sockets } from './sockets.ts'

interface Cluster {
  readonly params: OpenParams
  readonly ports: number[]
  /** Lets others have the directory. */
  readonly release: () => Promise<void>
}

interface ClustersParts {
  readonly module: WebAssembly.Module
  readonly log: (level: LogLevel, line: string) => void
}

/** So many ends within a minute are given up. */
const ENOUGH = 3
const LATELY_MS = 60_000

export class Clusters {
  readonly #parts: ClustersParts
  readonly #clusters = new Map<number, Cluster>()
  readonly #sockets = new Sockets(() => this.#run)
  #starting: Promise<Run> | undefined
  #run: Run | undefined
  #ends: readonly number[] = []

  constructor(parts: ClustersParts) {
    this.#parts = parts
  }

  async call(name: string, params: object): Promise<unknown> {
    if (name === 'open') return this.#open(params as OpenParams)
    if (name === 'close') return this.#close((params as { cluster: number }).cluster)
    if (name === 'listen') return this.#sockets.listen((params as { port: number }).port)
    if (name === 'unlisten') return this.#sockets.unlisten((params as { port: number }).port)
    const run = await this.#started()
    return run.call(name, params)
  }

  async #open(params: OpenParams): Promise<readonly number[]> {
    const ports: number[] = []
    let release = async () => {}
    try {
      for (const port of params.ports) ports.push(await this.#sockets.listen(port))
      if (params.directory) release = await this.#occupy(params.directory)
      const cluster = { params, ports, release }
      await this.#serve(await this.#started(), cluster)
      this.#clusters.set(params.cluster, cluster)
      return ports
    } catch (error) {
      for (const port of ports) this.#sockets.unlisten(port)
      await release()
      throw error
    }
  }

  async #serve(run: Run, { params, ports }: Cluster): Promise<void> {
    const { cluster, directory, partitions, config, topics } = params
    await run.call('open', { cluster, ports, directory, partitions, config })
    try {
      await run.call('createTopics', { cluster, topics, missing: true })
    } catch (error) {
      await run.call('close', { cluster }).catch(() => {})
      throw error
    }
  }

  async #close(id: number): Promise<void> {
    const cluster = this.#clusters.get(id)
    if (!cluster) return
    this.#clusters.delete(id)
    try {
      await (await this.#started()).call('close', { cluster: id })
    } finally {
      for (const port of cluster.ports) this.#sockets.unlisten(port)
      await cluster.release()
    }
  }

  #occupy(directory: string): Promise<() => Promise<void>> {
    mkdirSync(directory, { recursive: true })
    return locked(directory, line => this.#parts.log('error', line))
  }

  #started(): Promise<Run> {
    this.#starting ??= this.#start()
    return this.#starting
  }

  async #start(): Promise<Run> {
    const { module, log } = this.#parts
    const { load } = (await import(new URL('./go.js', import.meta.url).href)) as { load: LoadGo }
    const onEnd = (reason: string) => this.#again(reason)
    const run = await Run.start({ loadGo: load, module, sockets: this.#sockets, log: log as RunLog, onEnd })
    for (const cluster of this.#clusters.values()) await this.#serve(run, cluster)
    this.#run = run
    return run
  }

  #again(reason: string): void {
    this.#run = undefined
    this.#sockets.cut()
    const now = performance.now()
    this.#ends = [...this.#ends.filter(end => now - end < LATELY_MS), now]
    if (this.#ends.length >= ENOUGH) {
      this.#giveUp(`it has ended ${ENOUGH} times within a minute: ${reason}`)
      return
    }
    this.#parts.log('error', `the embedded Kafka has ended and is started again: ${reason}`)
    this.#starting = this.#start()
    this.#starting.catch(error => this.#giveUp(`it cannot be started again: ${error.message}`))
  }

  /** Who connects is refused: better than to be kept waiting. */
  #giveUp(why: string): void {
    const line = `the embedded Kafka is given up: ${why}`
    this.#parts.log('error', line)
    this.#starting = Promise.reject(new Error(line))
    this.#starting.catch(() => {})
    this.#sockets.cut()
    for (const { ports } of this.#clusters.values()) for (const port of ports) this.#sockets.unlisten(port)
  }
}

type RunLog = (level: string, line: string) => void

async function locked(directory: string, complain: (line: string) => void): Promise<() => Promise<void>> {
  try {
    return await lock(directory, {
      lockfilePath: join(directory, '.lock'),
      stale: 3_000,
      update: 1_000,
      // One that was killed leaves its lock behind until it is stale.
      retries: { retries: 30, minTimeout: 200, maxTimeout: 200 },
      onCompromised: error => complain(`the lock of ${directory} is lost: ${error.message}`),
    })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ELOCKED') throw error
    throw Object.assign(new Error(`another embedded Kafka uses ${directory}`), { code: 'ELOCKED' })
  }
}
