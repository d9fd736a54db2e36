// One text that comes again and again: drawn over itself on a terminal, one after the other where it goes elsewhere.

import type { Output } from './ground.ts'

const CLEAR = '\x1b[2J'
const HOME = '\x1b[H'
const END_OF_LINE = '\x1b[K'
const END_OF_SCREEN = '\x1b[J'

export class Screen {
  readonly #out: Output
  #isFirst = true

  constructor(out: Output) {
    this.#out = out
  }

  show(text: string): void {
    const { isTTY = false } = this.#out
    if (isTTY) this.#out.write(`${this.#isFirst ? CLEAR : ''}${this.#frame(text)}`)
    else this.#out.write(`${this.#isFirst ? '' : '\n'}${text}`)
    this.#isFirst = false
  }

  /** No line that the terminal would fold, nor more of them than it has: either would push the rest out of its place. */
  #frame(text: string): string {
    // One that does not know its size says 0.
    const rows = this.#out.rows || 24
    const columns = this.#out.columns || 80
    const all = text.trimEnd().split('\n')
    // The last line is the cursor's.
    const fits = rows - 1
    const shown = all.length <= fits ? all : [...all.slice(0, fits - 1), `… and ${all.length - fits + 1} lines more`]
    const lines = shown.map(line => (line.length > columns ? `${line.slice(0, columns - 1)}…` : line))
    return `${HOME}${lines.map(line => `${line}${END_OF_LINE}\n`).join('')}${END_OF_SCREEN}`
  }
}
