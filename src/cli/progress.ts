// How far a start has come: which workers are up, and which have been members of their group. Whoever is to be told of it watches.

import type { Bus } from '../events/bus.ts'

export class Progress {
  readonly #consumers: number
  /** How many workers each consumer is to have; missing where its class has not been asked yet. */
  readonly #wanted = new Map<string, number>()
  readonly #up = new Set<string>()
  readonly #givenUp = new Set<string>()
  readonly #joined = new Set<string>()
  readonly #watchers: (() => void)[] = []
  #isEnding = false

  constructor(consumers: number) {
    this.#consumers = consumers
  }

  listen(bus: Bus): void {
    bus.on('primary.started', ({ consumer, workers }) => {
      this.#wanted.set(consumer, workers)
    })
    bus.on('slot.up', ({ slot }) => this.up(slot))
    bus.on('slot.given.up', ({ slot }) => {
      this.#givenUp.add(slot)
      this.#tell()
    })
    bus.on('primary.stopping', () => this.ending())
    bus.on('primary.stopped', () => this.ending())
  }

  up(slot: string): void {
    this.#up.add(slot)
    this.#tell()
  }

  joined(slot: string): void {
    this.#joined.add(slot)
    this.#tell()
  }

  ending(): void {
    this.#isEnding = true
    this.#tell()
  }

  /** Called after each step. */
  watch(watcher: () => void): void {
    this.#watchers.push(watcher)
  }

  get givenUp(): readonly string[] {
    return [...this.#givenUp]
  }

  /** All workers have been, but for those that were given up. */
  get isUp(): boolean {
    const wanted = [...this.#wanted.values()].reduce((sum, count) => sum + Math.max(1, count), 0)
    return this.#wanted.size === this.#consumers && new Set([...this.#up, ...this.#givenUp]).size >= wanted
  }

  get hasMember(): boolean {
    return this.#joined.size > 0
  }

  get isEnding(): boolean {
    return this.#isEnding
  }

  /** All that are up have been members, and nothing is about to end. Who takes the place of one that died changes nothing. */
  get isReady(): boolean {
    const isWaitedFor = (slot: string): boolean => !this.#joined.has(slot) && !this.#givenUp.has(slot)
    return this.isUp && this.hasMember && ![...this.#up].some(isWaitedFor) && !this.#isEnding
  }

  #tell(): void {
    for (const watcher of this.#watchers) watcher()
  }
}
