// What a group has committed, held against all that its workers have done, whichever of them it was: nothing is committed of which
// not everything before was handled and everything produced for it stored, no commit goes back, and whoever is given a partition
// begins at its commit, and leaves it alone when another one was given it since.

import { keyOf, type PartitionOffset } from '../../src/engine/engine.ts'
import type { Call } from './ledger.ts'

export class Account {
  /** By partition. */
  readonly committed = new Map<string, number>()
  /** How often each message was handled. */
  readonly handled = new Map<string, number>()
  readonly violations: string[] = []
  /** How often each message is in the topic for dead letters. */
  readonly buried = new Map<string, number>()
  readonly #calls = new Map<string, Call[]>()
  readonly #stored = new Set<string>()
  /** The slots that were given a partition last. */
  readonly #owners = new Map<string, number>()
  readonly #startOf: (at: PartitionOffset) => number

  /** `startOf`: where the group is to begin to read a partition. */
  constructor(startOf: (at: PartitionOffset) => number) {
    this.#startOf = startOf
  }

  done(call: Call): void {
    for (const offset of call.offsets) {
      const message = `${keyOf(call.of)}@${offset}`
      this.handled.set(message, (this.handled.get(message) ?? 0) + 1)
      this.#calls.set(message, [...(this.#calls.get(message) ?? []), call])
    }
  }

  /** A record of this name is in the topic that handlers produce to. */
  stored(name: string): void {
    this.#stored.add(name)
  }

  /** This message (`topic/partition@offset`) is in the topic for dead letters. */
  isBuried(message: string): void {
    this.buried.set(message, (this.buried.get(message) ?? 0) + 1)
  }

  /** The group has these from now on. */
  commits(offsets: readonly PartitionOffset[]): void {
    for (const at of offsets) {
      const key = keyOf(at)
      const before = this.committed.get(key) ?? this.#startOf(at)
      if (at.offset < before) this.violations.push(`${key} is committed at ${at.offset}, and was at ${before}`)
      for (let offset = before; offset < at.offset; offset++) this.#mustBeDone(`${key}@${offset}`)
      this.committed.set(key, at.offset)
    }
  }

  given(at: PartitionOffset, slot: number): void {
    const committed = this.committed.get(keyOf(at))
    if (at.offset !== committed) this.violations.push(`${keyOf(at)} begins at ${at.offset}, committed is ${committed}`)
    this.#owners.set(keyOf(at), slot)
  }

  starts({ of, offsets }: Call, slot: number): void {
    const owner = this.#owners.get(keyOf(of))
    if (owner !== slot)
      this.violations.push(`slot ${slot} starts ${keyOf(of)}@${offsets[0]}, which slot ${owner} was given since`)
  }

  #mustBeDone(message: string): void {
    if (this.buried.has(message)) return
    const calls = this.#calls.get(message) ?? []
    if (calls.length === 0) this.violations.push(`${message} is committed, and was not handled`)
    else if (!calls.some(({ produced }) => produced.every(name => this.#stored.has(name))))
      this.violations.push(`${message} is committed, and what was produced for it is not stored`)
  }
}
