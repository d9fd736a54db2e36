// Those who wait for their turn, and who of them is next. Whoever asks first is first; or, where only one handler runs at a time,
// topics take turns, and within a topic its partitions. Knows nothing of gates, messages and what a turn is.

import type { Clock } from '../lib/clock.ts'

export interface Waiting {
  readonly topic: string
}

export interface LineUp<T> {
  readonly length: number
  /** Who is in line already must not be added again. */
  push(one: T): void
  /** Only where somebody waits. */
  take(): T
}

export class InOrderOfAsking<T> implements LineUp<T> {
  readonly #all: T[] = []

  get length(): number {
    return this.#all.length
  }

  push(one: T): void {
    this.#all.push(one)
  }

  take(): T {
    return this.#all.shift()!
  }
}

export type TopicStrategy = 'exhaust-topic' | 'round-robin'

/** Milliseconds that exhaust-topic stays with one topic while others wait. */
export const LONGEST_STAY = 10_000

export interface ByTopicParts {
  readonly strategy: TopicStrategy
  readonly clock: Clock
}

export class ByTopic<T extends Waiting> implements LineUp<T> {
  readonly #parts: ByTopicParts
  /** Only topics of which somebody waits, the one whose turn is next first. */
  readonly #topics = new Map<string, T[]>()
  #length = 0
  #current: string | undefined
  /** Since when others wait for it to end, or it is the current one. */
  #since = 0

  constructor(parts: ByTopicParts) {
    this.#parts = parts
  }

  get length(): number {
    return this.#length
  }

  push(one: T): void {
    this.#length++
    const waiting = this.#topics.get(one.topic)
    if (waiting) waiting.push(one)
    else this.#topics.set(one.topic, [one])
  }

  take(): T {
    const topic = this.#next()
    const waiting = this.#topics.get(topic)!
    const one = waiting.shift()!
    this.#length--
    // What is left of it comes behind the other topics.
    this.#topics.delete(topic)
    if (waiting.length > 0) this.#topics.set(topic, waiting)
    return one
  }

  #next(): string {
    const { strategy, clock } = this.#parts
    const [first, second] = this.#topics.keys()
    if (strategy === 'round-robin') return first!
    const current = this.#current
    const now = clock.now()
    const isThere = current !== undefined && this.#topics.has(current)
    const isAlone = this.#topics.size === 1
    if (isThere && !isAlone && now - this.#since < LONGEST_STAY) return current
    this.#since = now
    this.#current = isThere && !isAlone && first === current ? second! : first!
    return this.#current
  }
}
