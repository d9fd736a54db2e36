// What one start of racecar has in hand while it runs, with or without workers: the options as they are known so far, the log,
// what is to be loaded. Options are final once the class has been asked.

import { groupIdOf } from '../config/group.ts'
import { type Loaded, loadConfig } from '../config/load.ts'
import type { Config } from '../config/options.ts'
import { retryTopicsOf } from '../config/retry-topics.ts'
import type { Section } from '../config/sources.ts'
import { RacecarError } from '../errors.ts'
import type { Bus } from '../events/bus.ts'
import type { Clock } from '../lib/clock.ts'
import { reasonOf } from '../lib/reason.ts'
import type { Description, LoadPlan } from '../messages.ts'
import type { Log } from '../observe/log.ts'
import type { Configuration } from '../supervisor/commands.ts'
import type { Pidfile } from '../supervisor/pidfile.ts'
import { type FoundConfig, sourcesOf, wantedBy } from './config.ts'
import type { Embedded } from './embedded.ts'
import { type Inspect, inspectsWorkers, PATIENCE_WARNING } from './inspect.ts'
import { optionsInForce } from './options-in-force.ts'
import type { Progress } from './progress.ts'

export interface SessionParts {
  readonly flags: Readonly<Record<string, unknown>>
  readonly env: Readonly<Record<string, string | undefined>>
  readonly version: string
  readonly err: { write(text: string): void }
  readonly bus: Bus
  readonly log: Log
  /** Of each consumer. */
  readonly plans: readonly LoadPlan[]
  readonly clock: Clock
  /** undefined: there is none. */
  readonly pidfile: Pidfile | undefined
  readonly files: FoundConfig
  readonly inspect?: Inspect | undefined
  readonly forced: readonly Section[]
  readonly progress: Progress
  readonly embedded?: Embedded | undefined
  /** Without the options of the class. */
  readonly loaded: Pick<Loaded, 'config' | 'sources'>
}

export interface Resolved {
  readonly config: Config
  readonly groupId: string
}

/** A process has one consumer at most. */
export const needsWorkers = (consumer: string, source: string): RacecarError =>
  new RacecarError(
    'CONFIG',
    `workers is 0 (${source}), but ${consumer} does not run alone: each consumer needs a worker.`,
  )

export class Session {
  readonly parts: SessionParts
  readonly #warned = new Set<string>()
  #loaded: Pick<Loaded, 'config' | 'sources'>
  #files: FoundConfig
  #forced: readonly Section[]
  /** By consumer, as far as their classes have been asked. */
  readonly #known = new Map<string, Pick<Loaded, 'config' | 'sources'> & Resolved>()

  constructor(parts: SessionParts) {
    this.parts = parts
    this.#loaded = parts.loaded
    this.#files = parts.files
    this.#forced = parts.forced
  }

  get config(): Config {
    return this.#loaded.config
  }

  /** null: no class has been asked yet. */
  get groupId(): string | null {
    const groups = [...this.#known.values()].map(({ groupId }) => groupId)
    return groups.length === 0 ? null : [...new Set(groups)].join(', ')
  }

  get configuration(): Configuration {
    const { config, sources } = this.#loaded
    // Behind a colon may stand how the value came about.
    const names = Object.values(sources).map(source => source.split(':', 1)[0]!)
    const named = (kind: string) => [
      ...new Set(names.filter(name => name.startsWith(kind)).map(name => name.slice(kind.length))),
    ]
    return { files: this.parts.files.names, environment: config.env, variables: named('env '), flags: named('flag ') }
  }

  /** Throws CONFIG when the class's options, or all together, cannot be used. */
  resolve(description: Description): Resolved {
    const { consumer } = description
    const from = {
      ...sourcesOf(this.parts, this.#files),
      ...wantedBy(description, this.#files),
      forced: this.#forced,
    }
    const { config, sources, warnings } = loadConfig(from)
    if (config.workers === 0 && this.parts.plans.length > 1) throw needsWorkers(consumer, sources.workers)
    if (config.workers === 0 && this.parts.inspect) throw inspectsWorkers()
    this.#loaded = { config, sources }
    const groupId = groupIdOf(consumer, config)
    // A class that wants no workers is asked once more, in this process.
    if (!this.#known.has(consumer)) this.#introduce(consumer, groupId, warnings)
    this.#known.set(consumer, { config, sources, groupId })
    return { config, groupId }
  }

  /** What classes want from now on is laid over these files. */
  readAfresh({ files, forced }: { readonly files: FoundConfig; readonly forced: readonly Section[] }): void {
    this.#files = files
    this.#forced = forced
  }

  /** The same, and what the class wants to be there is there. */
  async settle(description: Description): Promise<Resolved> {
    const resolved = this.resolve(description)
    const { config, groupId } = resolved
    const retryTopics = retryTopicsOf(description, config, groupId).map(({ name }) => name)
    await this.parts.embedded?.create([...description.subscriptions.map(({ topic }) => topic), ...retryTopics])
    return resolved
  }

  /** A worker misses a topic, to consume it or to produce to it. */
  missing(topic: string): void {
    const { embedded, bus } = this.parts
    embedded?.create([topic]).catch(error => {
      const message = `The topic ${topic} could not be created: ${reasonOf(error)}.`
      bus.publish('line', { level: 'warn', message, from: 'embedded' })
    })
  }

  showOptions(): void {
    const { err, plans } = this.parts
    if (this.#known.size === 0) err.write(optionsInForce(this.config, this.#loaded.sources))
    for (const [consumer, { config, sources }] of this.#known)
      err.write(`${plans.length > 1 ? `${consumer}:\n` : ''}${optionsInForce(config, sources)}`)
  }

  #introduce(consumer: string, groupId: string, warnings: readonly string[]): void {
    const { bus, version, files, inspect } = this.parts
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
    const all = inspect ? [...warnings, PATIENCE_WARNING] : warnings
    for (const message of all) {
      // Once, however many consumers there are.
      if (this.#warned.has(message)) continue
      this.#warned.add(message)
      bus.publish('line', { level: 'warn', message, from: 'config' })
    }
  }
}
