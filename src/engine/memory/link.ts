// The way between one client and the cluster: each request and each answer takes its time, and either may be lost on the way.
// Knows nothing of what is asked.

import type { Clock } from '../../lib/clock.ts'

/** The request may have been carried out all the same. */
export class Unreachable extends Error {
  constructor() {
    super('the cluster cannot be reached')
    this.name = 'Unreachable'
  }
}

export interface LinkParts {
  readonly clock: Clock
  /** Milliseconds each way. */
  readonly latency: number
  readonly clusterIsUp: () => boolean
}

export class Link {
  readonly #parts: LinkParts
  readonly #underWay = new Set<(error: Unreachable) => void>()
  #state: 'open' | 'cut' | 'dead' = 'open'

  constructor(parts: LinkParts) {
    this.#parts = parts
  }

  call<T>(request: () => T | Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      if (!this.#hears) return
      const fail = (error: unknown) => {
        if (this.#underWay.delete(fail) && this.#hears) reject(error)
      }
      this.#underWay.add(fail)
      const answer = (value: T) => this.#hop(fail, () => this.#underWay.delete(fail) && this.#hears && resolve(value))
      this.#hop(fail, () => {
        // A broken connection's request may have left before it broke, but what has not arrived by then does not arrive.
        if (this.#underWay.has(fail)) Promise.resolve().then(request).then(answer, fail)
      })
    })
  }

  /** Connections break and none can be made, until `heal`. */
  cut(): void {
    if (this.#state === 'open') this.#state = 'cut'
    this.breakOff()
  }

  heal(): void {
    if (this.#state === 'cut') this.#state = 'open'
  }

  /** As if the client's process had ended this instant: it never hears anything again, but what it has sent arrives. */
  kill(): void {
    this.#state = 'dead'
  }

  breakOff(): void {
    for (const fail of this.#underWay) fail(new Unreachable())
  }

  get #hears(): boolean {
    return this.#state !== 'dead'
  }

  #hop(fail: (error: Unreachable) => void, arrive: () => void): void {
    this.#parts.clock.after(this.#parts.latency, () => {
      if (this.#state === 'cut' || !this.#parts.clusterIsUp()) fail(new Unreachable())
      else arrive()
    })
  }
}
