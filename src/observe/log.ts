// The one subscriber that writes the log. Only the primary has one: what happens in workers comes here as events, so each line
// is whole, has its slot and process id, and a file has one writer. Publishers know nothing of it.

import type { Writable } from 'node:stream'
import { finished } from 'node:stream/promises'
import winston from 'winston'
import type { Bus } from '../events/bus.ts'
import type { EventName, Events, Level } from '../events/events.ts'
import type { Clock } from '../lib/clock.ts'
import { reasonOf } from '../lib/reason.ts'
import { asJson, asText, type Render, type Speaker } from './line.ts'
import { LogFile } from './log-file.ts'
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

/** Bytes that may wait for somebody who reads the output, and has stopped to. */
const MOST_WAITING = 8 * 1024 * 1024

export class Log {
  readonly #settings: LogSettings
  readonly #render: Render
  readonly #file: LogFile | undefined
  readonly #transport: winston.transport
  readonly #winston: winston.Logger
  #isOutputLost = false
  /** Lines that nobody has taken. */
  #lost = 0

  /** Throws CANNOT_CREATE when the file cannot be written. */
  constructor(settings: LogSettings) {
    const { format, file, out, env, level } = settings
    this.#settings = settings
    const terminal = file === undefined && out.isTTY === true
    const text = format === 'text' || (format === 'auto' && terminal)
    this.#render = text ? asText(terminal && !env.NO_COLOR) : asJson
    this.#file = file === undefined ? undefined : this.#openFile(file)
    if (!this.#file) out.on('error', error => this.#complainOfOutput(error))
    this.#transport = new winston.transports.Stream({ stream: this.#file ?? out, eol: '\n' })
    this.#winston = winston.createLogger({
      level,
      transports: [this.#transport],
      format: winston.format.printf(({ message }) => String(message)),
    })
  }

  /** Once: whatever else is written there is lost as well. */
  #complainOfOutput({ message }: Error): void {
    if (this.#isOutputLost) return
    this.#isOutputLost = true
    this.#settings.complain(`Standard output cannot be written, and the log is lost: ${message}.`)
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
    if (!this.#file && this.#settings.out.writableLength > MOST_WAITING) {
      this.#lost++
      return
    }
    this.#tellLost()
    const epoch = this.#settings.clock.epoch()
    this.#winston.log({ level, message: this.#render({ name, data, speaker, epoch }) })
  }

  #tellLost(): void {
    const lost = this.#lost
    if (lost === 0) return
    this.#lost = 0
    const message = `${lost} lines of this log were lost while nobody read them.`
    this.write({ pid: process.pid }, 'line', { level: 'warn', message, from: 'log' })
  }

  /** Opens the file of that name, which may be another one by now. `file` undefined: the log is in none. */
  reopen(): { readonly file: string | undefined; readonly isOpen: boolean } {
    const { file, complain } = this.#settings
    try {
      this.#file?.reopen()
      return { file, isOpen: true }
    } catch (error) {
      const why = reasonOf(error)
      complain(`${why} The one before is written on.`)
      return { file, isOpen: false }
    }
  }

  /** Resolves when the last line has been handed to the system: nothing of it is lost by an exit right after. */
  async close(): Promise<void> {
    const done = finished(this.#transport).catch(() => {})
    this.#winston.end()
    await done
    const { out } = this.#settings
    if (this.#file) await new Promise<void>(resolve => this.#file?.end(resolve))
    else if (out.writable) await new Promise<void>(resolve => out.write('', () => resolve()))
  }

  #openFile(file: string): LogFile {
    const recovered = (lost: number) => {
      const message = `${lost} lines of this log were lost while it could not be written.`
      this.write({ pid: process.pid }, 'line', { level: 'warn', message, from: 'log' })
    }
    return new LogFile({ file, complain: this.#settings.complain, recovered })
  }
}
