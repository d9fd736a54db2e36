// Looks now and then whether the subscribed topics are still what the assignment was made from. Partitions are added while a
// group runs, and topics come late.

import type { Bus } from '../../events/bus.ts'
import type { Cancel, Clock } from '../../lib/clock.ts'
import { Unreachable } from './link.ts'
import type { Remote } from './remote.ts'

export interface TopicWatchParts {
  readonly remote: Remote
  readonly clock: Clock
  readonly bus: Bus
  readonly topics: readonly string[]
  readonly maxAge: number
  readonly seen: (layout: string) => void
}

export class TopicWatch {
  readonly #parts: TopicWatchParts
  #cancel: Cancel | undefined
  #stopped = false

  constructor(parts: TopicWatchParts) {
    this.#parts = parts
  }

  /** Now, and from now on once in each `maxAge`. */
  look(): void {
    this.#cancel?.()
    if (this.#stopped) return
    this.#cancel = this.#parts.clock.after(this.#parts.maxAge, () => this.look())
    void this.#ask()
  }

  stop(): void {
    this.#stopped = true
    this.#cancel?.()
  }

  async #ask(): Promise<void> {
    const { remote, bus, topics, seen } = this.#parts
    try {
      const { layout, missing } = await remote.call(cluster => ({
        layout: cluster.layout(topics),
        missing: topics.filter(topic => !cluster.has(topic)),
      }))
      if (this.#stopped) return
      for (const topic of missing) bus.publish('topic.missing', { topic })
      seen(layout)
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error
    }
  }
}
