// Who has handled a message of which partition when, as the workers have written it down: `pid partition milliseconds`.
import { readFileSync, writeFileSync } from 'node:fs'

export class Journal {
  constructor(file) {
    this.file = file
    writeFileSync(file, '')
  }

  entries() {
    const lines = readFileSync(this.file, 'utf8').split('\n')
    // The last line may be under way.
    return lines.slice(0, -1).map(line => {
      const [pid, partition, at] = line.split(' ').map(Number)
      return { pid, partition, at }
    })
  }

  /** From each partition to its entries, in order. */
  byPartition() {
    const all = new Map()
    for (const entry of this.entries()) all.set(entry.partition, [...(all.get(entry.partition) ?? []), entry])
    return all
  }

  /** From each partition to the process that handled it last, up to `until`. */
  owners(until = Number.POSITIVE_INFINITY) {
    return new Map(
      this.entries()
        .filter(({ at }) => at <= until)
        .map(({ partition, pid }) => [partition, pid]),
    )
  }

  /** The longest time between two messages of one of the partitions, of all such times that touch the window. */
  longestGap(partitions, { from, to }) {
    const all = this.byPartition()
    const gaps = partitions.flatMap(partition =>
      (all.get(partition) ?? []).map(({ at }, i, entries) => {
        const before = i === 0 ? at : entries[i - 1].at
        return at < from || before > to ? 0 : at - before
      }),
    )
    return Math.max(0, ...gaps)
  }
}
