// Signs of life for whoever cannot ask: a file that is touched while this process does its work, so that what does not may be ended
// and started anew. A timer touches it, so a blocked or stopped process does not; nor is it touched for a racecar that can do no
// more for one of its consumers. That brokers are gone, a worker has crashed or a message takes long, is no reason to be ended.

import { type Cancel, type Clock, every } from '../lib/clock.ts'
import { reasonOf } from '../lib/reason.ts'
import { within } from '../lib/within.ts'
import { beyondHelp } from './helpless.ts'
import type { LivenessFile } from './liveness-file.ts'

export interface LivenessParts {
  readonly file: Pick<LivenessFile, 'path' | 'touch' | 'release'>
  /** Whoever looks takes an older file for an end. */
  readonly maxIntervalMs: number
  /** Consumers that nothing more can be done for. */
  readonly helpless: () => readonly string[]
  readonly say: (level: 'info' | 'error', message: string) => void
  readonly clock: Clock
}

const LONGEST_PERIOD_MS = 1000
/** A stop does not wait for a disk that does not answer. */
const PATIENCE_MS = 1000

export class Liveness {
  readonly #parts: LivenessParts
  #touching: Promise<void> | undefined
  #touchedAt: number
  #isSaid = false
  #cancel: Cancel = () => {}

  constructor(parts: LivenessParts) {
    this.#parts = parts
    this.#touchedAt = parts.clock.now()
  }

  start(): void {
    const { clock, maxIntervalMs, file, say } = this.#parts
    say(
      'info',
      `The liveness file ${file.path} says that this racecar lives while it is younger than ${seconds(maxIntervalMs)}.`,
    )
    this.#cancel = every(clock, Math.min(LONGEST_PERIOD_MS, maxIntervalMs / 4), () => this.#turn())
  }

  async stop(): Promise<void> {
    this.#cancel()
    const { file, clock } = this.#parts
    const done = (this.#touching ?? Promise.resolve()).then(() => file.release())
    await within(clock, done, clock.now() + PATIENCE_MS)
  }

  #turn(): void {
    if (this.#touching) return this.#missed('the disk does not answer')
    const why = beyondHelp(this.#parts.helpless())
    if (why !== undefined) return this.#missed(why)
    this.#touching = this.#touch().finally(() => {
      this.#touching = undefined
    })
  }

  async #touch(): Promise<void> {
    const { file, clock } = this.#parts
    try {
      await file.touch(clock.epoch())
      this.#touched()
    } catch (error) {
      this.#missed(reasonOf(error))
    }
  }

  #touched(): void {
    this.#touchedAt = this.#parts.clock.now()
    if (this.#isSaid) this.#parts.say('info', `The liveness file ${this.#parts.file.path} is touched again.`)
    this.#isSaid = false
  }

  /** Said once, when whoever looks may take it for an end. */
  #missed(why: string): void {
    const { clock, maxIntervalMs, file, say } = this.#parts
    const agoMs = clock.now() - this.#touchedAt
    if (this.#isSaid || agoMs < maxIntervalMs) return
    this.#isSaid = true
    say('error', `The liveness file ${file.path} has not been touched for ${seconds(agoMs)}: ${why}.`)
  }
}

const seconds = (ms: number): string => `${Number((ms / 1000).toFixed(1))} s`
