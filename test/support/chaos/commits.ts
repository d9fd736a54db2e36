// Invariant C as the broker tells it: looks again and again at what a group has committed, and holds it against the ledger at the end.

import { setTimeout as wait } from 'node:timers/promises'
import { type Ledger, now, where } from '../ledger.ts'
import type { Scenario } from '../scenario.ts'

const EVERY_MS = 250

interface Look {
  readonly at: number
  readonly committed: ReadonlyMap<string, number>
}

export class Commits {
  readonly #seen: Look[] = []
  readonly #scenario: Scenario
  readonly #looking: Promise<void>
  #isOn = true

  constructor(scenario: Scenario) {
    this.#scenario = scenario
    this.#looking = this.#look()
  }

  get looks(): number {
    return this.#seen.length
  }

  async stop(): Promise<void> {
    this.#isOn = false
    await this.#looking
  }

  wrong(): string[] {
    return wrongAmong(this.#seen, this.#scenario.ledger)
  }

  async #look(): Promise<void> {
    while (this.#isOn) {
      // In an outage nobody answers.
      const committed = await this.#scenario.committed().catch(() => undefined)
      if (committed) this.#seen.push({ at: now(), committed })
      await wait(EVERY_MS)
    }
  }
}

/** Committed offsets that were followed by lower ones, and those that were ahead of what was handled to its end. */
export function wrongAmong(looks: readonly Look[], ledger: Ledger): string[] {
  const firstEnds = new Map<string, number>()
  for (const { end, offset, ...of } of ledger.ended) {
    const place = `${where(of)}@${offset}`
    firstEnds.set(place, Math.min(end!, firstEnds.get(place) ?? Infinity))
  }
  const highest = new Map<string, number>()
  return looks.flatMap(({ at, committed }) =>
    [...committed].flatMap(([partition, offset]) => {
      const before = highest.get(partition) ?? 0
      highest.set(partition, Math.max(before, offset))
      if (offset < before) return before > 0 ? [`${partition}: ${offset} after ${before}`] : []
      return Array.from({ length: offset - before }, (_, i) => before + i)
        .filter(one => (firstEnds.get(`${partition}@${one}`) ?? Infinity) > at)
        .map(one => `${partition}: ${one} was committed before it was handled`)
    }),
  )
}
