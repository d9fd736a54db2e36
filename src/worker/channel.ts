// A worker's end of the channel to its primary: what is said arrives, in order, before the process exits. What cannot cross a
// process, such as a function in the fields of a log line, is turned into text instead of ending the worker.

import { inspect } from 'node:util'
import type { EventName } from '../events/events.ts'
import { type Alive, type ForwardedEvent, seal, type ToPrimary } from '../messages.ts'

/** The part of `process` that this needs. */
export interface Port {
  send?(message: unknown, handle: undefined, options: undefined, sent: (error: Error | null) => void): boolean
}

/** A primary that is stopped, or that cannot write its log, takes in nothing: what waits for it must not fill the memory. */
export const MOST_WAITING = 10_000

/** What only the log wants. The others tell the primary how its slot stands in the group, and are few. */
const NEEDED: readonly EventName[] = ['group.joining', 'group.joined', 'group.left', 'worker.failed']

const isDispensable = (message: ToPrimary): boolean => message.type === 'event' && !NEEDED.includes(message.event.name)

export class IpcChannel {
  readonly #port: Port
  readonly #waiting = new Set<Promise<void>>()
  #dropped = 0
  /** A sign of life is on its way: another one behind it would say nothing more. */
  #isAliveWaiting = false

  constructor(port: Port) {
    this.#port = port
  }

  send(message: ToPrimary): void {
    if (this.#waiting.size >= MOST_WAITING && isDispensable(message)) {
      this.#dropped++
      return
    }
    if (message.type === 'alive' && this.#isAliveWaiting && !this.#mayAdd(message)) return
    this.#tellDropped()
    this.#hold(message)
  }

  #mayAdd({ isPrompt = false }: Alive): boolean {
    return isPrompt && this.#waiting.size < MOST_WAITING
  }

  #hold(message: ToPrimary): void {
    const isAlive = message.type === 'alive'
    if (isAlive) this.#isAliveWaiting = true
    const sent = this.#post(message)
    this.#waiting.add(sent)
    void sent.then(() => {
      this.#waiting.delete(sent)
      if (isAlive) this.#isAliveWaiting = false
    })
  }

  /** Resolves when everything said so far is on its way. A primary that is stopped may keep it waiting for ever. */
  async flush(): Promise<void> {
    await Promise.all(this.#waiting)
    this.#tellDropped()
    await Promise.all(this.#waiting)
  }

  #tellDropped(): void {
    if (this.#dropped === 0 || this.#waiting.size >= MOST_WAITING / 2) return
    const message = `${this.#dropped} events of this worker are not in the log: the primary did not take them in time.`
    this.#dropped = 0
    this.#hold({ type: 'event', event: { name: 'line', data: { level: 'warn', message, from: 'log' } } })
  }

  #post(message: ToPrimary): Promise<void> {
    return new Promise(resolve => {
      // A primary that is gone cannot be told anything; the closed channel is news of its own.
      const settle = () => resolve()
      try {
        if (!this.#port.send) settle()
        else this.#port.send(seal(message), undefined, undefined, settle)
      } catch (error) {
        if (message.type !== 'event') throw error
        this.#port.send?.(seal({ type: 'event', event: readable(message.event) }), undefined, undefined, settle)
      }
    })
  }
}

/** The same event with everything in it that is not a plain value as text. */
function readable({ name, data }: ForwardedEvent): ForwardedEvent {
  return { name, data: texts(data) } as ForwardedEvent
}

function texts(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return typeof value === 'function' ? inspect(value) : value
  try {
    return structuredClone(value)
  } catch {
    const isPlain = Object.getPrototypeOf(value) === Object.prototype
    if (!isPlain) return inspect(value)
    return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, texts(part)]))
  }
}
