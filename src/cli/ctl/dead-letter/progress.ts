// What of a partition was replayed: everything below a position, and single ones beyond it. It is written down as the offset of a
// group that has no members, so that other tools show as its lag what is left; and what lies beyond as the word beside that offset.

import type { TopicPartition } from '../../../engine/engine.ts'
import type { Bounds } from '../../../engine/kafkajs/reader.ts'

export interface Mark extends TopicPartition {
  readonly offset: number
  readonly note: string
}

/** From an offset to another, that one not included. */
type Range = readonly [from: number, to: number]

const SIGN = 'racecar '
/** What a broker takes by default (offset.metadata.max.bytes). */
const LONGEST = 4096

export class Progress {
  readonly #of: TopicPartition
  /** In order; none touches another. The first begins at 0. */
  readonly #ranges: readonly [Range, ...Range[]]

  private constructor(of: TopicPartition, ranges: readonly [Range, ...Range[]]) {
    this.#of = of
    this.#ranges = ranges
  }

  /** `mark`: what was written down, if anything was. */
  static of({ topic, partition, start, end }: Bounds, mark?: Mark): Progress {
    const nothing = new Progress({ topic, partition }, [[0, start]])
    // One beyond the end is of a topic that was made anew.
    if (!mark || mark.offset > end) return nothing
    return parse(mark.note)
      .filter(([, to]) => to <= end)
      .reduce((progress, [from, to]) => progress.with(from, to), nothing.with(0, mark.offset))
  }

  /** Everything below it was replayed, or is no more. */
  get position(): number {
    return this.#ranges[0][1]
  }

  /** Offsets beyond the position that were replayed. */
  get beyond(): number {
    return this.#beyond.reduce((sum, [from, to]) => sum + to - from, 0)
  }

  /** undefined: it is too much to be written down. */
  get mark(): Mark | undefined {
    const beyond = this.#beyond.map(([from, to]) => (to === from + 1 ? `${from}` : `${from}-${to - 1}`))
    const note = beyond.length === 0 ? '' : `${SIGN}${beyond.join(',')}`
    return note.length > LONGEST ? undefined : { ...this.#of, offset: this.position, note }
  }

  has(offset: number): boolean {
    return this.#ranges.some(([from, to]) => from <= offset && offset < to)
  }

  /** These were replayed as well. */
  with(from: number, to: number): Progress {
    if (to <= from) return this
    const touches = (range: Range) => range[0] <= to && from <= range[1]
    const touched = [...this.#ranges.filter(touches), [from, to] as const]
    const whole: Range = [Math.min(...touched.map(([low]) => low)), Math.max(...touched.map(([, high]) => high))]
    const ranges = [...this.#ranges.filter(range => !touches(range)), whole].sort(([one], [other]) => one - other)
    return new Progress(this.#of, ranges as [Range, ...Range[]])
  }

  get #beyond(): readonly Range[] {
    return this.#ranges.slice(1)
  }
}

function parse(note: string): Range[] {
  if (!note.startsWith(SIGN)) return []
  return note
    .slice(SIGN.length)
    .split(',')
    .flatMap(text => {
      const [, from, to = from] = /^(\d{1,16})(?:-(\d{1,16}))?$/.exec(text) ?? []
      return from === undefined ? [] : [[Number(from), Number(to) + 1] as const]
    })
}
