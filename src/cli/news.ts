// What a daemon tells the terminal that it was started from: that all its workers are up, and that one is a member.

import type { Bus } from '../events/bus.ts'
import type { Terminal } from './daemonize.ts'

export class News {
  readonly #terminal: Terminal
  readonly #up = new Set<string>()
  /** Consumers whose classes have not been asked yet: how many workers they want is not known. */
  #unknown: number
  #wanted = 0

  constructor(terminal: Terminal, consumers: number) {
    this.#terminal = terminal
    this.#unknown = consumers
  }

  listen(bus: Bus): void {
    bus.on('primary.started', ({ workers }) => {
      this.#unknown--
      this.#wanted += workers
    })
    bus.on('slot.up', ({ slot }) => {
      this.#up.add(slot)
      if (this.#unknown === 0 && this.#up.size >= this.#wanted) this.up()
    })
  }

  up(): void {
    this.#terminal.tell({ racecar: 'up' })
  }

  joined(): void {
    this.#terminal.tell({ racecar: 'joined' })
  }
}
