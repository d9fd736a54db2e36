// What every contender of rows 1 to 3 counts with, inside its own process: from the first message to the last one.
import { writeSync } from 'node:fs'
import { now } from './clock.mjs'

export class Meter {
  #wanted = Number(process.env.BENCH_MESSAGES)
  #counted = 0
  #since = 0

  count(messages) {
    if (this.#counted === 0) this.#since = now()
    this.#counted += messages
    if (this.#counted >= this.#wanted) this.#report()
  }

  #report() {
    const ms = now() - this.#since
    const { user, system } = process.cpuUsage()
    const result = {
      perSecond: (this.#counted * 1000) / ms,
      cpuPerMillion: (user + system) / this.#counted,
      peakMb: process.resourceUsage().maxRSS / 1024,
    }
    writeSync(1, `BENCH ${JSON.stringify(result)}\n`)
    // More may come: the topic holds a little more than is measured.
    this.#wanted = Number.POSITIVE_INFINITY
  }
}
