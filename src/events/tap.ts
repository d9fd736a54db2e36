// One event's way to those who listen: to the bus's own subscribers, and to whoever has subscribed to its channel of
// node:diagnostics_channel. Asking whether there is anybody costs a few nanoseconds, so that publishers may ask for each message.

import { channel } from 'node:diagnostics_channel'

/** In front of the event's name. */
export const CHANNELS = 'racecar:'

export class Tap<T> {
  readonly #channel: ReturnType<typeof channel>
  readonly #listeners = new Set<(data: T) => void>()
  readonly #onError: (error: unknown) => void

  constructor(name: string, onError: (error: unknown) => void) {
    this.#channel = channel(CHANNELS + name)
    this.#onError = onError
  }

  /** Somebody listens. */
  get isWanted(): boolean {
    return this.#listeners.size > 0 || this.#channel.hasSubscribers
  }

  on(listener: (data: T) => void): () => void {
    this.#listeners.add(listener)
    return () => this.#listeners.delete(listener)
  }

  /** To the bus's own subscribers. */
  tell(data: T): void {
    for (const listener of this.#listeners) {
      try {
        listener(data)
      } catch (error) {
        this.#onError(error)
      }
    }
  }

  /** To the channel's: strangers, so they come last. What one of them throws Node throws on, in a turn of its own. */
  show(data: T): void {
    if (this.#channel.hasSubscribers) this.#channel.publish(data)
  }

  /** To all of them: what stays in the process. */
  publish(data: T): void {
    this.tell(data)
    this.show(data)
  }
}
