// What the viewer sees: on a terminal a picture that is drawn over, elsewhere a line now and then.

const EVERY_MS = 2000

export class Screen {
  #drawn = 0
  #shownAt = 0
  #live = process.stdout.isTTY

  say(text) {
    this.#clear()
    console.log(`› ${text}`)
  }

  show(lines) {
    if (!this.#live && Date.now() - this.#shownAt < EVERY_MS) return
    this.#shownAt = Date.now()
    this.#clear()
    for (const line of lines) console.log(`    ${line}`)
    this.#drawn = this.#live ? lines.length : 0
  }

  /** What is on the screen stays. */
  end() {
    this.#drawn = 0
  }

  table(rows) {
    const width = Math.max(...rows.map(([name]) => name.length))
    console.log()
    for (const [name, value] of rows) console.log(`  ${name.padEnd(width)}  ${value}`)
    console.log()
  }

  #clear() {
    if (this.#drawn > 0) process.stdout.write(`\x1b[${this.#drawn}A\x1b[J`)
    this.#drawn = 0
  }
}
