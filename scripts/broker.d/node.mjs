// One Kafka process: its files, its start, its end, its restart on the same ports and data. Knows the process, not the cluster's
// other nodes beyond their place in its settings. What it knows of itself stands in a file, so any later process can end it.
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { closeSync, copyFileSync, existsSync, mkdirSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { isFree } from './lock.mjs'
import { addressOf, BrokerError, host, isBroker } from './places.mjs'
import { end, gone, identityOf, lives, signal } from './processes.mjs'
import { javaFlags, logging, serverProperties } from './settings.mjs'
import { describeCluster } from './wire.mjs'

export class KafkaNode {
  constructor({ node, cluster, runtime, extra, secured, jvm = 'quick', detached = false, javaOptions = [] }) {
    this.node = node
    this.cluster = cluster
    this.runtime = runtime
    this.extra = extra
    this.secured = secured
    this.jvm = jvm
    this.detached = detached
    this.javaOptions = javaOptions
  }

  get id() {
    return this.node.id
  }

  get ports() {
    return this.node.ports
  }

  get address() {
    return addressOf(this.node)
  }

  get dataFolder() {
    return this.extra?.['log.dirs'] ?? join(this.node.folder, 'data')
  }

  get logFile() {
    return join(this.node.folder, 'kafka.log')
  }

  /** The process that was started last, alive or not. */
  get identity() {
    try {
      return JSON.parse(readFileSync(join(this.node.folder, 'process.json'), 'utf8'))
    } catch {
      return undefined
    }
  }

  get pid() {
    return this.identity?.pid
  }

  alive() {
    return lives(this.identity)
  }

  /** Starts the process on the data it finds, and waits until it answers. Does nothing when it is up. */
  async start(limit = 60_000) {
    if (!this.alive()) await this.launch()
    await this.answering(limit)
  }

  /** Ends it as an operator would, and waits until it is gone. */
  stop() {
    return end(this.identity)
  }

  async kill() {
    const identity = this.identity
    if (signal(identity, 'SIGKILL')) await gone(identity, 5000)
  }

  /** Stops it in its tracks: its sockets stay open and nothing answers. */
  pause() {
    signal(this.identity, 'SIGSTOP')
  }

  resume() {
    signal(this.identity, 'SIGCONT')
  }

  wipe() {
    rmSync(this.dataFolder, { recursive: true, force: true })
  }

  /** Starts the process without waiting for it. */
  async launch() {
    await this.portsFree()
    this.writeFiles()
    const { folder, role } = this.node
    const output = openSync(join(folder, 'kafka.out'), 'w')
    const archive = this.runtime.archive
      ? [`-XX:SharedArchiveFile=${this.runtime.archive}`, '-Xlog:cds=off', '-Xlog:cds+dynamic=off']
      : []
    const args = [
      ...javaFlags({ folder, jvm: this.jvm, role }),
      ...archive,
      ...this.javaOptions,
      '-cp',
      this.runtime.classPath,
    ]
    const child = spawn(this.runtime.java, [...args, 'kafka.Kafka', join(folder, 'server.properties')], {
      cwd: folder,
      detached: this.detached,
      stdio: ['ignore', output, output],
    })
    closeSync(output)
    child.unref()
    await new Promise((resolve, reject) => child.once('spawn', resolve).once('error', reject))
    writeFileSync(join(folder, 'process.json'), JSON.stringify(identityOf(child.pid)))
  }

  /** Waits until the node answers and counts itself among the cluster's brokers; a controller is up when its port is taken. */
  async answering(limit) {
    const end = performance.now() + limit
    while (!(await this.answers())) {
      if (!this.alive()) throw new BrokerError(`Kafka (node ${this.id}) ended while it started: ${this.lastWords()}`)
      if (performance.now() > end)
        throw new BrokerError(`Kafka (node ${this.id}) did not answer within ${limit / 1000} s: ${this.lastWords()}`)
      await delay(50)
    }
  }

  async answers() {
    if (!isBroker(this.node)) return !(await isFree(this.ports.controller))
    const { brokers } = await describeCluster({ port: this.ports.client }).catch(() => ({ brokers: [] }))
    return brokers.some(({ id }) => id === this.id)
  }

  async portsFree() {
    const { client, controller, proxied } = this.ports
    for (const port of isBroker(this.node) ? [client, proxied] : [controller]) {
      if (!(await isFree(port, 2000)))
        throw new BrokerError(`Port ${port} of ${host} is taken by another program: end it, or set KAFKA_TEST_PORT.`)
    }
  }

  writeFiles() {
    const { folder } = this.node
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'server.properties'), serverProperties(this))
    writeFileSync(join(folder, 'log4j2.properties'), logging(folder))
    if (!existsSync(join(this.dataFolder, 'meta.properties'))) this.format()
  }

  // What Kafka's StorageTool writes, without the second that its Java takes to start: its checkpoint is the same for every node.
  format() {
    mkdirSync(this.dataFolder, { recursive: true })
    copyFileSync(this.runtime.checkpoint, join(this.dataFolder, 'bootstrap.checkpoint'))
    const lines = ['version=1', `node.id=${this.id}`, `directory.id=${newId()}`, `cluster.id=${this.cluster.clusterId}`]
    writeFileSync(join(this.dataFolder, 'meta.properties'), `${lines.join('\n')}\n`)
  }

  /** The end of what it wrote, for an error a person reads. */
  lastWords() {
    const text = [this.logFile, join(this.node.folder, 'kafka.out')]
      .filter(existsSync)
      .map(file => readFileSync(file, 'utf8'))
    const lines = text
      .join('\n')
      .split('\n')
      .filter(line => /ERROR|FATAL|Exception|Error/.test(line))
    return `${(lines.at(-1) ?? 'no error in its log').slice(0, 300)} (${this.logFile})`
  }
}

/** A Kafka uuid: 16 random bytes; Kafka never lets one begin with a dash. */
export function newId() {
  const id = randomBytes(16).toString('base64url')
  return id.startsWith('-') ? newId() : id
}
