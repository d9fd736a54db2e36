// The cluster as one client sees it: requests that may not get through, tried again with growing pauses where that is wanted,
// and told to the bus when it begins and ends. Knows nothing of what is asked.

import type { Bus } from '../../events/bus.ts'
import { errorData } from '../../events/error-data.ts'
import { backoff } from '../../lib/backoff.ts'
import { type Clock, sleep } from '../../lib/clock.ts'
import type { MemoryCluster } from './cluster.ts'
import { type Link, Unreachable } from './link.ts'

export type Request<T> = (cluster: MemoryCluster) => T | Promise<T>

export interface RemoteParts {
  readonly cluster: MemoryCluster
  readonly link: Link
  readonly broker: string
  readonly bus: Bus
  readonly clock: Clock
}

const RETRY = { first: 100, most: 1000 }

export class Remote {
  readonly #parts: RemoteParts
  /** Since when nothing has got through. */
  #silentSince: number | undefined

  constructor(parts: RemoteParts) {
    this.#parts = parts
  }

  /** One attempt; throws Unreachable. */
  async call<T>(request: Request<T>): Promise<T> {
    const { cluster, link } = this.#parts
    try {
      const answer = await link.call(() => request(cluster))
      this.#heard()
      return answer
    } catch (error) {
      if (error instanceof Unreachable) this.#silent(error)
      throw error
    }
  }

  /** Until it gets through, or `goOn` says no: then undefined. */
  async persist<T>(request: Request<T>, goOn: () => boolean): Promise<T | undefined> {
    for (let failures = 1; goOn(); failures++) {
      try {
        return await this.call(request)
      } catch (error) {
        if (!(error instanceof Unreachable)) throw error
        await this.pause(failures)
      }
    }
    return undefined
  }

  /** The wait after so many failures in a row. */
  pause(failures: number): Promise<void> {
    return sleep(this.#parts.clock, backoff(failures, RETRY))
  }

  #silent(error: Unreachable): void {
    if (this.#silentSince !== undefined) return
    const { bus, broker, clock } = this.#parts
    this.#silentSince = clock.now()
    bus.publish('broker.unreachable', { broker, error: errorData(error), waitingMs: RETRY.first })
  }

  #heard(): void {
    if (this.#silentSince === undefined) return
    const { bus, clock } = this.#parts
    const afterMs = clock.now() - this.#silentSince
    this.#silentSince = undefined
    bus.publish('broker.reachable', { afterMs })
  }
}
