// One checker for every scenario: what was acknowledged to the producer, what the handlers wrote down (obedient-consumer.ts), and
// what the group has committed, held against each other. Times are milliseconds on the machine's monotonic clock, comparable
// between processes.

import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { groupBy } from '../../src/lib/group-by.ts'

export interface Acknowledged {
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly key: string | null
  readonly seq: number
}

export interface Handling extends Acknowledged {
  readonly pid: number
  readonly start: number
  /** Undefined when it never ended well. */
  end: number | undefined
  /** When it ended in an error: from then on it is in nobody's hand. */
  failed?: number
}

interface Owning {
  readonly pid: number
  readonly at: number
  readonly partition: string
}

/** A process that was killed, or stopped for so long that others took over, with the committed offsets of that moment. */
export interface Death {
  readonly pid: number
  readonly at: number
  /** It is only known that it was not later. */
  readonly isLatest?: boolean
  readonly committed: ReadonlyMap<string, number>
}

interface Line {
  readonly what: 'own' | 'start' | 'end' | 'fail' | 'teardown' | 'exit'
  readonly pid: number
  readonly at: number
  readonly code: number
  readonly topic: string
  readonly partition: number
  readonly offset: number
  readonly key: string | null
  readonly seq: number
  readonly partitions: readonly { topic: string; partition: number }[]
}

export const now = (): number => Number(process.hrtime.bigint() / 1000n) / 1000

export const where = ({ topic, partition }: { topic: string; partition: number }) => `${topic}/${partition}`
export const exactly = ({ topic, partition, offset }: Acknowledged) => `${topic}/${partition}@${offset}`

const isNextAttempt = (before: Handling, { pid }: Handling) =>
  before.failed !== undefined || (before.pid === pid && before.end === undefined)
const explains = ({ pid, at, committed }: Death, handling: Handling) =>
  pid === handling.pid && handling.start <= at && handling.offset >= (committed.get(where(handling)) ?? 0)

export class Ledger {
  readonly handlings: Handling[] = []
  readonly ownings: Owning[] = []
  readonly teardowns: { pid: number; at: number }[] = []
  /** Processes that have ended by themselves, with their exit codes. */
  readonly exits: { pid: number; at: number; code: number }[] = []
  readonly #open = new Map<string, Handling>()
  #bytesRead = 0

  static read(file: string): Ledger {
    const ledger = new Ledger()
    ledger.readOn(file)
    return ledger
  }

  /** Takes in what the file holds beyond what was read before; a line that is being written waits for the next time. */
  readOn(file: string): void {
    const fresh = readFrom(file, this.#bytesRead)
    const whole = fresh.subarray(0, fresh.lastIndexOf(10) + 1)
    this.#bytesRead += whole.length
    for (const line of whole.toString('utf8').split('\n')) if (line !== '') this.add(parsed(line))
  }

  /** A topic is gone: what was handled of it is nothing to one that is made under the same name. */
  forget(topic: string): void {
    const kept = this.handlings.filter(handling => handling.topic !== topic)
    this.handlings.splice(0, this.handlings.length, ...kept)
  }

  get ended(): Handling[] {
    return this.handlings.filter(({ end }) => end !== undefined)
  }

  /** How often each acknowledged message was handled to its end. */
  counts(): Map<string, number> {
    const counts = new Map<string, number>()
    for (const handling of this.ended) counts.set(exactly(handling), (counts.get(exactly(handling)) ?? 0) + 1)
    return counts
  }

  lost(acknowledged: readonly Acknowledged[]): Acknowledged[] {
    const counts = this.counts()
    return acknowledged.filter(message => !counts.has(exactly(message)))
  }

  /** Handlings beyond the first of each message. */
  repeated(): Handling[] {
    const seen = new Set<string>()
    return this.ended.filter(handling => {
      const repeated = seen.has(exactly(handling))
      seen.add(exactly(handling))
      return repeated
    })
  }

  /**
   * Invariant D: what was started again although it had been handled or was in hand, unless the process that had started it
   * is among the dead and had not committed it.
   */
  unexplained(deaths: readonly Death[] = []): string[] {
    const last = new Map<string, Handling>()
    return this.handlings
      .toSorted((a, b) => a.start - b.start)
      .flatMap(handling => {
        const before = last.get(exactly(handling))
        last.set(exactly(handling), handling)
        if (!before || isNextAttempt(before, handling) || deaths.some(death => explains(death, before))) return []
        return [`${exactly(handling)}: started by ${before.pid} and again by ${handling.pid}`]
      })
  }

  /** Invariant O: within an ownership offsets only rise, but for the attempts at the same message. */
  outOfOrder(): string[] {
    return this.#byOwnership().flatMap(([name, handlings]) =>
      handlings.flatMap((handling, i) => {
        const before = handlings[i - 1]
        return before && handling.offset < before.offset ? [`${name}: ${handling.offset} after ${before.offset}`] : []
      }),
    )
  }

  /** Offsets that were jumped over within an ownership although they exist. */
  skipped(acknowledged: readonly Acknowledged[]): string[] {
    const exists = new Set(acknowledged.map(exactly))
    return this.#byOwnership().flatMap(([name, handlings]) =>
      handlings.flatMap((handling, i) => {
        const before = handlings[i - 1]
        if (!before || handling.offset <= before.offset + 1) return []
        const gap = Array.from({ length: handling.offset - before.offset - 1 }, (_, j) => before.offset + 1 + j)
        return gap
          .filter(offset => exists.has(exactly({ ...handling, offset })))
          .map(offset => `${name}: ${offset} was skipped`)
      }),
    )
  }

  /** Invariant X: nobody starts on a partition after the next owner has started, unless it was assigned to him again. */
  trespasses(): string[] {
    const found: string[] = []
    for (const [partition, handlings] of this.#byPartition()) {
      const past = new Map<number, number>()
      let owner: number | undefined
      for (const { pid, start, offset } of handlings) {
        if (pid === owner) continue
        const left = past.get(pid)
        const again = this.ownings.some(
          own => own.pid === pid && own.partition === partition && own.at > (left ?? 0) && own.at <= start,
        )
        if (left !== undefined && !again)
          found.push(`${partition}: ${pid} started ${offset} after ${owner} had taken over`)
        if (owner !== undefined) past.set(owner, start)
        owner = pid
      }
    }
    return found
  }

  /** Two handlers at once on one partition, unless the first one's process is among the dead, and was not seen to go on there. */
  overlaps(deaths: readonly Death[] = []): string[] {
    return this.#byPartition().flatMap(([partition, handlings]) =>
      handlings.flatMap((handling, i) => {
        const before = handlings[i - 1]
        if (!before) return []
        const until = before.end ?? before.failed ?? (before.pid === handling.pid ? handling.start : Infinity)
        if (until <= handling.start) return []
        const next = handlings.find(({ pid, start }, j) => j >= i && pid === before.pid && start > before.start)
        const isExcused = ({ pid, at, isLatest }: Death) =>
          pid === before.pid && at >= before.start && (isLatest ? at < (next?.start ?? Infinity) : at <= handling.start)
        return deaths.some(isExcused)
          ? []
          : [`${partition}: ${handling.offset} started while ${before.offset} was in hand`]
      }),
    )
  }

  /** Longest time between two handlings of each partition that touches [from, to], milliseconds. */
  longestGaps(from: number, to: number): Map<string, number> {
    const gaps = new Map<string, number>()
    for (const [partition, handlings] of this.#byPartition()) {
      const starts = handlings.map(({ start }) => start)
      const around = starts.flatMap((start, i) =>
        i > 0 && start >= from && starts[i - 1]! <= to ? [start - starts[i - 1]!] : [],
      )
      gaps.set(partition, Math.max(0, ...around))
    }
    return gaps
  }

  add(line: Line): void {
    const { what, pid, at, topic, partition, offset, key, seq } = line
    if (what === 'own') for (const p of line.partitions) this.ownings.push({ pid, at, partition: where(p) })
    if (what === 'teardown') this.teardowns.push({ pid, at })
    if (what === 'exit') this.exits.push({ pid, at, code: line.code })
    if (what !== 'start' && what !== 'end' && what !== 'fail') return
    const inHand = `${pid} ${topic}/${partition}@${offset}`
    if (what === 'start') {
      const handling = { pid, topic, partition, offset, key, seq, start: at, end: undefined }
      this.handlings.push(handling)
      this.#open.set(inHand, handling)
      return
    }
    const open = this.#open.get(inHand)
    if (open) open[what === 'end' ? 'end' : 'failed'] = at
    this.#open.delete(inHand)
  }

  #byPartition(): [string, Handling[]][] {
    return [...groupBy(this.handlings, where)].map(([name, all]) => [name, all.sort((a, b) => a.start - b.start)])
  }

  #byOwnership(): [string, Handling[]][] {
    const ownings = groupBy(this.ownings, ({ pid, partition }) => `${partition} of ${pid}`)
    return this.#byPartition().flatMap(([partition, handlings]) => {
      const named = handlings.map(handling => {
        const owner = `${partition} of ${handling.pid}`
        const taken = ownings.get(owner)?.findLast(({ at }) => at <= handling.start)
        return { handling, name: `${owner} since ${taken?.at ?? 'the beginning'}` }
      })
      return [...groupBy(named, ({ name }) => name)].map(([name, all]): [string, Handling[]] => [
        name,
        all.map(({ handling }) => handling),
      ])
    })
  }
}

/** A SIGKILL may cut a write off in the middle, where it crosses a page: another process's line goes on from there. */
const parsed = (line: string) => JSON.parse(line.slice(line.lastIndexOf('{"what"'))) as Line

function readFrom(file: string, position: number): Buffer {
  const fd = openSync(file, 'r')
  try {
    const bytes = Buffer.alloc(fstatSync(fd).size - position)
    return bytes.subarray(0, readSync(fd, bytes, { position }))
  } finally {
    closeSync(fd)
  }
}
