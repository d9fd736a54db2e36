// `--embedded`: a Kafka for development in the primary's own process, where the option brokers says. It is a package of its own,
// racecar-embedded, which nobody has in production. Several racecars of a project share the first one's.

import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Config } from '../config/options.ts'
import { RacecarError } from '../errors.ts'
import type { Bus } from '../events/bus.ts'
import type { Clock } from '../lib/clock.ts'
import { importOptional } from '../lib/import-optional.ts'
import { reasonOf } from '../lib/reason.ts'

/** Of what racecar-embedded exports. */
interface Package {
  startKafka(options: {
    readonly port: number
    readonly directory: string
    readonly log: (level: 'warn' | 'error', line: string) => void
  }): Promise<{ stop(): Promise<void> }>
}

interface EmbeddedParts {
  readonly config: Pick<Config, 'brokers' | 'clientId' | 'workers'>
  readonly cwd: string
  readonly bus: Bus
  readonly clock: Clock
}

/** By which one of ours is known. */
const CLUSTER_ID = 'racecar-embedded'
const PATIENCE_MS = 5_000
/** Enough for some workers, where nobody has said how many. */
const PARTITIONS = 6

export class Embedded {
  readonly #parts: EmbeddedParts
  readonly #kafka: { stop(): Promise<void> } | undefined

  private constructor(parts: EmbeddedParts, kafka: { stop(): Promise<void> } | undefined) {
    this.#parts = parts
    this.#kafka = kafka
  }

  /** Throws CONFIG where the package, the port or the folder cannot be had. */
  static async start(parts: EmbeddedParts): Promise<Embedded> {
    const { startKafka } = await importPackage(parts.cwd)
    const address = parts.config.brokers[0]!
    const folder = join(parts.cwd, '.racecar')
    try {
      hide(folder)
      const directory = join(folder, 'kafka')
      const kafka = await startKafka({
        port: portOf(address),
        directory,
        log: (level, line) => say(parts, line, level),
      })
      say(
        parts,
        `An embedded Kafka listens at ${address}, with its data in .racecar/kafka: for development, not for production.`,
      )
      return new Embedded(parts, kafka)
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException
      if (code !== 'EADDRINUSE') throw new RacecarError('CONFIG', `No embedded Kafka can be had: ${reasonOf(error)}.`)
      if (!(await isOurs(parts))) throw taken(address)
      say(parts, `An embedded Kafka of another racecar answers at ${address} and is used. It ends with that one.`)
      return new Embedded(parts, undefined)
    }
  }

  /** Makes those that are missing. */
  async create(topics: readonly string[]): Promise<void> {
    const { createTopics } = await import('../engine/kafkajs/admin.ts')
    const partitions = Math.max(PARTITIONS, this.#parts.config.workers)
    for (const topic of await createTopics(admin(this.#parts), topics, partitions))
      say(this.#parts, `The topic ${topic} is created, with ${partitions} partitions.`, 'info')
  }

  /** One that has given up has said so. */
  async stop(): Promise<void> {
    await this.#kafka?.stop().catch(() => {})
  }
}

const admin = ({ config: { brokers, clientId }, bus, clock }: EmbeddedParts) => ({
  ...{ brokers, clientId, tls: null, sasl: null, bus, clock },
  timeoutMs: PATIENCE_MS,
})

const say = ({ bus }: EmbeddedParts, message: string, level: 'info' | 'warn' | 'error' = 'warn'): void =>
  bus.publish('line', { level, message, from: 'embedded' })

const portOf = (address: string): number => Number(address.slice(address.lastIndexOf(':') + 1))

async function isOurs(parts: EmbeddedParts): Promise<boolean> {
  const { clusterId } = await import('../engine/kafkajs/admin.ts')
  return (await clusterId(admin(parts)).catch(() => null)) === CLUSTER_ID
}

const taken = (address: string): RacecarError =>
  new RacecarError(
    'CONFIG',
    `embedded is true, but something else listens at ${address}: stop it, or name another port by --brokers localhost:PORT.`,
  )

async function importPackage(cwd: string): Promise<Package> {
  const imported = await importOptional('racecar-embedded', cwd)
  if (imported) return imported as unknown as Package
  throw new RacecarError(
    'CONFIG',
    'embedded is true, but the package racecar-embedded is not installed: npm install --save-dev racecar-embedded.',
  )
}

/** Its data is nobody's business but this folder's, and its owner's. */
function hide(folder: string): void {
  const ignore = join(folder, '.gitignore')
  if (existsSync(ignore)) return
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  writeFileSync(ignore, '*\n')
}
