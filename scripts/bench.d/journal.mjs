// Who has handled a message of which partition when, as the workers have written it down: `pid partition milliseconds`, and ours its
// offset as well.
import { closeSync, openSync, readSync, writeFileSync } from 'node:fs'

const CHUNK = Buffer.alloc(1 << 16)

export class Journal {
  #entries = []
  #read = 0
  #rest = ''

  constructor(file) {
    this.file = file
    writeFileSync(file, '')
  }

  /** All so far, in order; read on from where the last look has ended, so that looking often costs little. */
  entries() {
    const fd = openSync(this.file, 'r')
    for (let length = CHUNK.length; length === CHUNK.length; ) {
      length = readSync(fd, CHUNK, 0, CHUNK.length, this.#read)
      this.#read += length
      this.#rest += CHUNK.toString('latin1', 0, length)
    }
    closeSync(fd)
    const lines = this.#rest.split('\n')
    this.#rest = lines.pop()
    for (const line of lines) {
      const [pid, partition, at, offset] = line.split(' ').map(Number)
      this.#entries.push({ pid, partition, at, offset })
    }
    return this.#entries
  }

  /** From each partition to the process that handled it last, up to `until`. */
  owners(until = Number.POSITIVE_INFINITY) {
    const all = this.entries().filter(({ at }) => at <= until)
    return new Map(all.map(({ partition, pid }) => [partition, pid]))
  }

  /** The longest time between two messages of one of the partitions, of all such times that touch the window. */
  longestGap(partitions, { from, to }) {
    const last = new Map()
    let longest = 0
    for (const { partition, at } of this.entries()) {
      const before = last.get(partition) ?? at
      last.set(partition, at)
      if (partitions.includes(partition) && at >= from && before <= to) longest = Math.max(longest, at - before)
    }
    return longest
  }
}
