// What stands for the main loop of other frameworks: a worker that handles many partitions at once has none. Once a max_wait_time it is
// published that the event loop turns, what is in hand, and which partitions rest after a failure. Reads, and changes nothing.

import { keyOf, type TopicPartition } from '../engine/engine.ts'
import type { Bus } from '../events/bus.ts'
import type { Who } from '../events/local-events.ts'
import { type Cancel, type Clock, every } from '../lib/clock.ts'
import type { Attempt } from './attempt.ts'
import type { Lane } from './lane.ts'

export interface LoopParts {
  readonly bus: Bus
  readonly clock: Clock
  readonly who: Who
  /** Milliseconds. */
  readonly period: number
  readonly beatAgo: () => number | null
  readonly running: () => readonly Attempt[]
  readonly lanes: () => readonly (TopicPartition & Pick<Lane, 'snapshot'>)[]
}

/** Milliseconds. */
const SHORTEST = 100

export class Loop {
  readonly #parts: LoopParts
  /** Those that rest, and since when. */
  readonly #resting = new Map<string, { readonly of: TopicPartition; readonly since: number }>()
  #stop: Cancel = () => {}

  constructor(parts: LoopParts) {
    this.#parts = parts
  }

  start(): void {
    const { bus, clock, period } = this.#parts
    const turned = bus.tap('loop.turned')
    const paused = bus.tap('pause.status')
    let last = clock.now()
    const unhear = bus.on('message.failed', ({ topic, partition, next }) => {
      if (next === 'again' || next === 'stop') this.#rests({ topic, partition })
    })
    const cancel = every(clock, Math.max(SHORTEST, period), () => {
      const now = clock.now()
      if (turned.isWanted) turned.publish({ ...this.#figures(now), durationMs: now - last })
      if (this.#resting.size > 0) this.#tellResting(now, status => paused.publish(status))
      last = now
    })
    this.#stop = () => {
      cancel()
      unhear()
    }
  }

  stop(): void {
    this.#stop()
  }

  #rests(of: TopicPartition): void {
    const key = keyOf(of)
    // It may have failed again before anybody saw that it had gone on: one rest is over then, and the next one begins.
    this.#resting.set(key, { of, since: this.#parts.clock.now() })
  }

  #figures(now: number) {
    const { beatAgo, lanes, running, who } = this.#parts
    const inHand = running().map(attempt => attempt.forMs(now))
    const longestInHandMs = Math.max(0, ...inHand)
    return { ...who, partitions: lanes().length, inHand: inHand.length, longestInHandMs, beatAgoMs: beatAgo() }
  }

  #tellResting(now: number, tell: (status: Who & TopicPartition & { pausedMs: number }) => void): void {
    const { lanes, who } = this.#parts
    const paused = new Set(lanes().flatMap(lane => (lane.snapshot().state === 'paused' ? keyOf(lane) : [])))
    for (const [key, { of, since }] of this.#resting) {
      const isResting = paused.has(key)
      if (!isResting) this.#resting.delete(key)
      tell({ ...who, ...of, pausedMs: isResting ? now - since : 0 })
    }
  }
}
