// An embedded Kafka with the same handles as a real one: a process that tests can stop, kill, freeze and start again, on the port and
// the data it had. For the tests that run on both.

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { KafkaNode, Ports, PrivateCluster } from '../../scripts/broker.d/index.mjs'
import { isAlive } from './racecar-process.ts'

const program = fileURLToPath(new URL('../fixtures/embedded-kafka.mjs', import.meta.url))

/** As the real ones for tests have them. */
const config = { 'group.min.session.timeout.ms': '1000' }

class EmbeddedNode implements KafkaNode {
  readonly id = 0
  readonly dataFolder = mkdtempSync(join(tmpdir(), 'embedded-node-'))
  readonly logFile = ''
  #port = 0
  #child: ChildProcess | undefined

  /** It has one listener: what tells clients of a proxy is the proxy itself. */
  get ports(): Ports {
    return { client: this.#port, controller: this.#port, proxied: this.#port, proxy: 0, secured: 0 }
  }

  get address(): string {
    return `127.0.0.1:${this.#port}`
  }

  get pid(): number | undefined {
    return this.#child?.pid
  }

  alive(): boolean {
    return this.pid !== undefined && isAlive(this.pid)
  }

  async start(): Promise<void> {
    const options = { port: this.#port, directory: this.dataFolder, config }
    const child = fork(program, [JSON.stringify(options)], {
      execArgv: [],
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
    this.#child = child
    const early = once(child, 'exit').then(() => Promise.reject(new Error('the embedded Kafka ended at its start')))
    early.catch(() => {})
    const [{ port }] = (await Promise.race([once(child, 'message'), early])) as [{ port: number }]
    this.#port = port
    // It keeps no test waiting, and ends with it.
    child.unref()
    child.channel?.unref()
  }

  async stop(): Promise<void> {
    await this.#end('SIGTERM')
  }

  async kill(): Promise<void> {
    await this.#end('SIGKILL')
  }

  pause(): void {
    this.#child?.kill('SIGSTOP')
  }

  resume(): void {
    this.#child?.kill('SIGCONT')
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child
    if (!child || child.exitCode !== null || child.signalCode !== null) return
    child.ref()
    child.kill(signal)
    await once(child, 'exit')
  }
}

export class EmbeddedCluster implements PrivateCluster {
  readonly #node = new EmbeddedNode()

  static async start(): Promise<EmbeddedCluster> {
    const cluster = new EmbeddedCluster()
    await cluster.start()
    return cluster
  }

  get address(): string {
    return this.#node.address
  }

  get brokers(): readonly KafkaNode[] {
    return [this.#node]
  }

  get controller(): KafkaNode {
    return this.#node
  }

  start(): Promise<void> {
    return this.#node.start()
  }

  stop(): Promise<void> {
    return this.#node.stop()
  }

  async remove(): Promise<void> {
    this.#node.resume()
    await this.#node.stop()
    rmSync(this.#node.dataFolder, { recursive: true, force: true })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.remove()
  }
}
