// What workers are doing, asked of them while somebody waits for the answer. A worker that is busy or stopped does not answer in
// time and is not asked again before it has, so that questions cannot pile up in front of it. What it says is not trusted.

import { type Clock, sleep } from '../lib/clock.ts'
import { type Deferred, deferred } from '../lib/deferred.ts'
import type { LaneReport } from '../messages.ts'

/** null: no answer in time. */
export type Lanes = readonly LaneReport[] | null

const PATIENCE_MS = 1000

export class Reports {
  readonly #clock: Clock
  /** Questions that wait for an answer, by the run of the process that was asked. */
  readonly #asked = new Map<number, Deferred<Lanes>>()

  constructor({ clock }: { readonly clock: Clock }) {
    this.#clock = clock
  }

  async ask(run: number, send: () => void): Promise<Lanes> {
    const before = this.#asked.get(run)
    const asked = before ?? deferred<Lanes>()
    if (!before) {
      this.#asked.set(run, asked)
      send()
    }
    const patience = new AbortController()
    try {
      return await Promise.race([asked.promise, sleep(this.#clock, PATIENCE_MS, patience.signal).then(() => null)])
    } finally {
      patience.abort()
    }
  }

  heard(run: number, lanes: unknown): void {
    this.#settle(run, Array.isArray(lanes) ? lanes.filter(isLaneReport) : null)
  }

  /** It will not answer any more. */
  gone(run: number): void {
    this.#settle(run, null)
  }

  #settle(run: number, lanes: Lanes): void {
    this.#asked.get(run)?.resolve(lanes)
    this.#asked.delete(run)
  }
}

const isNumber = (value: unknown): boolean => typeof value === 'number' && Number.isFinite(value)
const isNumberOrNull = (value: unknown): boolean => value === null || isNumber(value)

function isLaneReport(value: unknown): value is LaneReport {
  if (typeof value !== 'object' || value === null) return false
  const { topic, state, partition, position, committed, lag, waiting, inHandForMs, pausedForMs, quiet, why } =
    value as LaneReport
  return (
    typeof topic === 'string' &&
    typeof state === 'string' &&
    typeof quiet === 'boolean' &&
    (why === null || typeof why === 'string') &&
    [partition, position, committed, lag, waiting].every(isNumber) &&
    [inHandForMs, pausedForMs].every(isNumberOrNull)
  )
}
