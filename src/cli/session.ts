// What one start of racecar has in hand while it runs, with or without workers: the options as they are known so far, the log,
// what is to be loaded. Options are final once the class has been asked.

import { groupIdOf } from '../config/group.ts'
import { type Loaded, loadConfig } from '../config/load.ts'
import type { Config } from '../config/options.ts'
import type { Bus } from '../events/bus.ts'
import type { Clock } from '../lib/clock.ts'
import type { Description, LoadPlan } from '../messages.ts'
import type { Log } from '../observe/log.ts'
import type { Pidfile } from '../supervisor/pidfile.ts'
import { type FoundConfig, readFile } from './config.ts'
import { optionsInForce } from './options-in-force.ts'

export interface SessionParts {
  readonly flags: Readonly<Record<string, unknown>>
  readonly env: Readonly<Record<string, string | undefined>>
  readonly version: string
  readonly err: { write(text: string): void }
  readonly bus: Bus
  readonly log: Log
  readonly plan: LoadPlan
  readonly clock: Clock
  /** undefined: there is none. */
  readonly pidfile: Pidfile | undefined
  readonly files: FoundConfig
  /** Without the options of the class. */
  readonly loaded: Pick<Loaded, 'config' | 'sources'>
}

export interface Resolved {
  readonly config: Config
  readonly groupId: string
}

export class Session {
  readonly parts: SessionParts
  #loaded: Pick<Loaded, 'config' | 'sources'>
  #groupId: string | null = null

  constructor(parts: SessionParts) {
    this.parts = parts
    this.#loaded = parts.loaded
  }

  get config(): Config {
    return this.#loaded.config
  }

  /** null: the class has not been asked yet. */
  get groupId(): string | null {
    return this.#groupId
  }

  /** Throws CONFIG when the class's options, or all together, cannot be used. */
  resolve({ consumer, options }: Description): Resolved {
    const { files, env, flags } = this.parts
    const from = { files: files.sections, classOptions: options, consumer, env, readFile, flags }
    const { config, sources, warnings } = loadConfig(from)
    this.#loaded = { config, sources }
    const groupId = groupIdOf(consumer, config)
    this.#groupId = groupId
    this.#introduce(consumer, groupId, warnings)
    return { config, groupId }
  }

  showOptions(): void {
    this.parts.err.write(optionsInForce(this.config, this.#loaded.sources))
  }

  #introduce(consumer: string, groupId: string, warnings: readonly string[]): void {
    const { bus, version, files } = this.parts
    const { workers, brokers } = this.config
    bus.publish('primary.started', {
      pid: process.pid,
      version,
      consumer,
      workers,
      groupId,
      brokers,
      files: files.names,
    })
    for (const message of warnings) bus.publish('line', { level: 'warn', message, from: 'config' })
  }
}
