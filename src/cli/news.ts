// What a daemon tells the terminal that it was started from: that all its workers are up, or given up, and that one is a member.

import type { Bus } from '../events/bus.ts'
import type { Terminal } from './daemonize.ts'

export class News {
  readonly #terminal: Terminal
  readonly #consumers: number
  /** How many workers each consumer is to have; missing where its class has not been asked yet. */
  readonly #wanted = new Map<string, number>()
  readonly #up = new Set<string>()
  readonly #givenUp = new Set<string>()

  constructor(terminal: Terminal, consumers: number) {
    this.#terminal = terminal
    this.#consumers = consumers
  }

  listen(bus: Bus): void {
    bus.on('primary.started', ({ consumer, workers }) => {
      this.#wanted.set(consumer, workers)
    })
    bus.on('slot.up', ({ slot }) => {
      this.#up.add(slot)
      this.#look()
    })
    bus.on('slot.given.up', ({ slot }) => {
      this.#givenUp.add(slot)
      this.#look()
    })
  }

  up(): void {
    this.#terminal.tell({ racecar: 'up', givenUp: [...this.#givenUp] })
  }

  joined(): void {
    this.#terminal.tell({ racecar: 'joined' })
  }

  #look(): void {
    const workers = [...this.#wanted.values()].reduce((sum, count) => sum + count, 0)
    const settled = new Set([...this.#up, ...this.#givenUp]).size
    if (this.#wanted.size === this.#consumers && settled >= workers) this.up()
  }
}
