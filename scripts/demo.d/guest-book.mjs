// Reads what the workers have written: one line for each guest, by whichever process handled the greeting.

import { closeSync, openSync, readSync, writeFileSync } from 'node:fs'

/** Milliseconds on the clock that the workers write down. */
export const now = () => Number(process.hrtime.bigint() / 1000n) / 1000

export class GuestBook {
  #guests = []
  #names = new Map()
  #read = 0
  #rest = ''

  constructor(file) {
    this.file = file
    writeFileSync(file, '')
  }

  /** Different guests; one who is greeted twice counts once. */
  get handled() {
    this.read()
    return this.#names.size
  }

  read() {
    const fd = openSync(this.file, 'r')
    const chunk = Buffer.alloc(1 << 20)
    for (let length = 1; length > 0; ) {
      length = readSync(fd, chunk, 0, chunk.length, this.#read)
      this.#read += length
      this.#rest += chunk.toString('utf8', 0, length)
    }
    closeSync(fd)
    const lines = this.#rest.split('\n')
    this.#rest = lines.pop()
    for (const line of lines) this.#add(JSON.parse(line))
    return this.#guests
  }

  /** The first guest after `since` whom another process than `old` handled in its place. */
  firstFrom(pid, old, since) {
    if (pid === undefined || pid === old) return undefined
    return this.read().find(guest => guest.pid === pid && guest.at > since)
  }

  compare(acknowledged) {
    this.read()
    const lost = acknowledged.filter(name => !this.#names.has(name)).length
    const twice = [...this.#names.values()].filter(times => times > 1).length
    return { lost, twice }
  }

  /** Milliseconds between two guests of each partition, the longest that touches the seconds after `moment`. */
  longestGaps(moment) {
    const gaps = new Map()
    const last = new Map()
    for (const { partition, at } of this.read()) {
      const before = last.get(partition)
      last.set(partition, at)
      if (before === undefined || at < moment || before > moment + 3000) continue
      gaps.set(partition, Math.max(gaps.get(partition) ?? 0, at - before))
    }
    return gaps
  }

  #add(guest) {
    this.#guests.push(guest)
    this.#names.set(guest.name, (this.#names.get(guest.name) ?? 0) + 1)
  }
}
