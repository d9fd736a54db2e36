// The one subscriber that writes the log. Only the primary has one: what happens in workers comes here as events, so each line
// is whole, has its slot and process id, and a file has one writer. Publishers know nothing of it.

import { closeSync, openSync } from 'node:fs'
import type { Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import winston from 'winston'
import { RacecarError } from '../errors.ts'
import type { Bus } from '../events/bus.ts'
import type { EventName, Events, Level } from '../events/events.ts'
import type { Clock } from '../lib/clock.ts'
import { asJson, asText, type Render, type Speaker } from './line.ts'
import { levelOf, sentences } from './sentences.ts'

export interface LogSettings {
  readonly level: Level
  readonly format: 'auto' | 'text' | 'json'
  /** Written to instead of `out`. */
  readonly file?: string | undefined
  readonly out: Writable & { readonly isTTY?: boolean }
  /** Where it is said that the log itself is in trouble. */
  readonly complain: (sentence: string) => void
  readonly env: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
}

export class Log {
  readonly #settings: LogSettings
  readonly #render: Render
  #transport: winston.transport
  readonly #winston: winston.Logger

  /** Throws CANNOT_CREATE when the file cannot be written. */
  constructor(settings: LogSettings) {
    const { format, file, out, env, level } = settings
    this.#settings = settings
    const terminal = file === undefined && out.isTTY === true
    const text = format === 'text' || (format === 'auto' && terminal)
    this.#render = text ? asText(terminal && !env.NO_COLOR) : asJson
    this.#transport = file === undefined ? toStream(out) : this.#toFile(file)
    this.#winston = winston.createLogger({
      level,
      transports: [this.#transport],
      format: winston.format.printf(({ message }) => String(message)),
    })
  }

  listen(bus: Bus, speaker: Speaker): () => void {
    return bus.onAny((name, data) => this.write(speaker, name, data))
  }

  /** What comes from a worker's channel, which user code may write to as well, need not be what it says it is. */
  write<N extends EventName>(speaker: Speaker, name: N, data: Events[N]): void {
    if (!Object.hasOwn(sentences, name)) return
    try {
      this.#write(speaker, name, data)
    } catch (error) {
      this.#settings.complain(`An event ${name} of ${speaker.slot ?? 'racecar'} makes no line: ${String(error)}`)
    }
  }

  #write<N extends EventName>(speaker: Speaker, name: N, data: Events[N]): void {
    const level = levelOf(name, data)
    // Rendering costs more than asking, and a busy group publishes much that nobody wants to read.
    if (!this.#winston.isLevelEnabled(level)) return
    const epoch = this.#settings.clock.epoch()
    this.#winston.log({ level, message: this.#render({ name, data, speaker, epoch }) })
  }

  /** The file that was opened anew, for whoever has moved the one before; undefined: the log is in none. */
  reopen(): string | undefined {
    const { file, complain } = this.#settings
    if (file === undefined) return undefined
    const before = this.#transport
    try {
      this.#transport = this.#toFile(file)
    } catch (error) {
      complain(`${error instanceof Error ? error.message : String(error)} The one before is written on.`)
      return undefined
    }
    this.#winston.add(this.#transport)
    // What it has taken in it still writes.
    this.#winston.remove(before)
    return file
  }

  /** Resolves when the last line has been handed to the system: nothing of it is lost by an exit right after. */
  async close(): Promise<void> {
    const done = finished(this.#transport).catch(() => {})
    this.#winston.end()
    await done
    const { file, out } = this.#settings
    if (file === undefined && out.writable) await new Promise<void>(resolve => out.write('', () => resolve()))
  }

  #toFile(file: string): winston.transport {
    try {
      // winston would say so only later, and to nobody.
      closeSync(openSync(file, 'a'))
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      throw new RacecarError('CANNOT_CREATE', `The log file ${file} cannot be written: ${why}.`, { cause: error })
    }
    const transport = new winston.transports.File({ filename: file })
    transport.on('error', (error: Error) =>
      this.#settings.complain(`The log file ${file} is in trouble: ${error.message}`),
    )
    return transport
  }
}

const toStream = (out: Writable): winston.transport => new winston.transports.Stream({ stream: out, eol: '\n' })
