// Keeps its own account of what a runner does with its messages, and says so the moment something is not as promised: order
// within an ownership, nothing skipped, one handler at a time on a partition, nothing started without the right to it, and no
// offset committed of which not everything before was handled and everything produced for it stored.

import { keyOf, type PartitionOffset, type TopicPartition } from '../../src/engine/engine.ts'

export interface Call {
  readonly of: TopicPartition
  readonly offsets: readonly number[]
  /** The names of the records that it produced. */
  readonly produced: string[]
  readonly ownership: Ownership | undefined
}

interface Ownership {
  readonly start: number
  /** Where the next handler must begin. */
  expected: number
  /** A delivery has failed: it may begin before that. */
  mayGoBack: boolean
  committed: number
  isEnding: boolean
  hasEnded: boolean
}

export class Ledger {
  readonly #owned = new Map<string, Ownership>()
  readonly #running = new Set<string>()
  /** Calls that succeeded, by partition and offset. */
  readonly #handled = new Map<string, Call[]>()
  readonly #stored = new Set<string>()
  readonly #serial: boolean
  readonly #mayStart: () => boolean
  /** What was not as promised. Kept, not thrown: whoever calls from a handler would only see it fail and try again. */
  readonly violations: string[] = []
  handledTwice = 0

  constructor({ serial, mayStart }: { serial: boolean; mayStart: () => boolean }) {
    this.#serial = serial
    this.#mayStart = mayStart
  }

  assigned({ topic, partition, offset }: PartitionOffset): void {
    this.#owned.set(keyOf({ topic, partition }), {
      start: offset,
      expected: offset,
      mayGoBack: false,
      committed: offset,
      isEnding: false,
      hasEnded: false,
    })
  }

  /** From now on nothing may be started; commits may still come. */
  revoking(of: TopicPartition): void {
    const ownership = this.#owned.get(keyOf(of))
    if (ownership) ownership.isEnding = true
  }

  gone(of: TopicPartition): void {
    const ownership = this.#owned.get(keyOf(of))
    if (ownership) ownership.hasEnded = true
    this.#owned.delete(keyOf(of))
  }

  owns(of: TopicPartition): boolean {
    return this.#owned.has(keyOf(of))
  }

  deliveryFailed(): void {
    for (const ownership of this.#owned.values()) ownership.mayGoBack = true
  }

  begin(of: TopicPartition, offsets: readonly number[]): Call {
    const key = keyOf(of)
    const ownership = this.#owned.get(key)
    this.#must(ownership !== undefined, `a handler started on ${key}, which is not owned`)
    this.#must(!ownership?.isEnding, `a handler started on ${key}, which is being given up`)
    this.#must(this.#mayStart(), 'a handler started without a lease')
    this.#must(!this.#running.has(key), `two handlers at once on ${key}`)
    if (this.#serial) this.#must(this.#running.size === 0, 'two handlers at once, although serial')
    if (ownership) this.#inOrder(key, ownership, offsets)
    this.#running.add(key)
    return { of, offsets, produced: [], ownership }
  }

  end(call: Call, how: 'handled' | 'failed'): void {
    const key = keyOf(call.of)
    this.#running.delete(key)
    const { ownership, offsets } = call
    if (!ownership || ownership.hasEnded) return
    if (how === 'failed') return
    for (const offset of offsets) if (this.#handled.has(`${key}@${offset}`)) this.handledTwice++
    this.#isDone(call, ownership)
  }

  stored(name: string): void {
    this.#stored.add(name)
  }

  /** It was given up, and is dealt with. */
  passed(of: TopicPartition, offset: number): void {
    const ownership = this.#owned.get(keyOf(of))
    if (!ownership) return
    const { mayGoBack } = ownership
    this.#inOrder(keyOf(of), ownership, [offset])
    // What was handled before it may have to be handled again all the same.
    ownership.mayGoBack = mayGoBack
    this.#isDone({ of, offsets: [offset], produced: [], ownership }, ownership)
  }

  /** The engine is asked to store these. Answers with the ownerships under which that is. */
  committing(offsets: readonly PartitionOffset[]): readonly (Ownership | undefined)[] {
    return offsets.map(({ topic, partition, offset }) => {
      const key = keyOf({ topic, partition })
      const ownership = this.#owned.get(key)
      this.#must(ownership !== undefined, `a commit for ${key}, which is not owned`)
      if (!ownership) return undefined
      this.#must(offset >= ownership.committed, `a commit for ${key} goes backwards`)
      for (let before = ownership.committed; before < offset; before++) this.#mustBeDone(key, before)
      return ownership
    })
  }

  /** The engine has stored these. */
  committed({ topic, partition, offset }: PartitionOffset): void {
    const ownership = this.#owned.get(keyOf({ topic, partition }))
    if (ownership) ownership.committed = offset
  }

  #isDone(call: Call, ownership: Ownership): void {
    ownership.expected = call.offsets.at(-1)! + 1
    for (const offset of call.offsets) {
      const message = `${keyOf(call.of)}@${offset}`
      this.#handled.set(message, [...(this.#handled.get(message) ?? []), call])
    }
  }

  #inOrder(key: string, ownership: Ownership, offsets: readonly number[]): void {
    const [first] = offsets as [number]
    const { committed, expected } = ownership
    const hasGaps = offsets.some((offset, index) => offset !== first + index)
    this.#must(!hasGaps, `a batch of ${key} with gaps: ${offsets}`)
    if (ownership.mayGoBack) {
      this.#must(first >= committed, `${key} goes back to ${first}, before its commit at ${committed}`)
      this.#must(first <= expected, `${key} begins at ${first} and skips ${expected}`)
    } else this.#must(first === expected, `${key} begins at ${first} instead of ${expected}`)
    ownership.mayGoBack = false
    ownership.expected = first
  }

  #mustBeDone(key: string, offset: number): void {
    const calls = this.#handled.get(`${key}@${offset}`) ?? []
    const isDelivered = calls.some(({ produced }) => produced.every(name => this.#stored.has(name)))
    this.#must(calls.length > 0, `${key} is committed past ${offset}, which was not handled`)
    this.#must(isDelivered, `${key} is committed past ${offset}, whose records are not delivered`)
  }

  #must(holds: boolean, otherwise: string): void {
    if (!holds) this.violations.push(otherwise)
  }
}
