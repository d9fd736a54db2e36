// What workers are doing, asked of them while somebody waits for the answer. A worker that is busy or stopped does not answer in
// time and is not asked again before it has, so that questions cannot pile up in front of it; nor is it waited for again. What it
// says is not trusted.

import { type Clock, sleep } from '../lib/clock.ts'
import { type Deferred, deferred } from '../lib/deferred.ts'
import type { LaneReport, Usage } from '../messages.ts'

export interface Told {
  readonly lanes: readonly LaneReport[]
  /** null: it makes no sense. */
  readonly usage: Usage | null
}

/** null: no answer in time. */
export type Answer = Told | null

/** A loop that is free answers within a few milliseconds. */
export const PATIENCE_MS = 250
/** Texts that are longer are no worker's of ours. */
const LONGEST_TEXT = 1000

interface Asked {
  readonly at: number
  readonly answer: Deferred<Answer>
}

export class Reports {
  readonly #clock: Clock
  /** Questions that wait for an answer, by the run of the process that was asked. */
  readonly #asked = new Map<number, Asked>()

  constructor({ clock }: { readonly clock: Clock }) {
    this.#clock = clock
  }

  /** `isSilent`: it is known to say nothing, and not waited for. */
  async ask(run: number, isSilent: boolean, send: () => void): Promise<Answer> {
    const before = this.#asked.get(run)
    const asked = before ?? { at: this.#clock.now(), answer: deferred<Answer>() }
    if (!before) {
      this.#asked.set(run, asked)
      send()
    }
    const leftMs = isSilent ? 0 : Math.max(0, asked.at + PATIENCE_MS - this.#clock.now())
    const patience = new AbortController()
    try {
      return await Promise.race([asked.answer.promise, sleep(this.#clock, leftMs, patience.signal).then(() => null)])
    } finally {
      patience.abort()
    }
  }

  heard(run: number, { lanes, usage }: { readonly lanes: unknown; readonly usage: unknown }): void {
    const told = { lanes: Array.isArray(lanes) ? lanes.filter(isLaneReport) : [], usage: isUsage(usage) ? usage : null }
    this.#settle(run, Array.isArray(lanes) ? told : null)
  }

  /** It will not answer any more. */
  gone(run: number): void {
    this.#settle(run, null)
  }

  #settle(run: number, answer: Answer): void {
    this.#asked.get(run)?.answer.resolve(answer)
    this.#asked.delete(run)
  }
}

const isNumber = (value: unknown): boolean => typeof value === 'number' && Number.isFinite(value)
const isNumberOrNull = (value: unknown): boolean => value === null || isNumber(value)
const isText = (value: unknown): boolean => typeof value === 'string' && value.length <= LONGEST_TEXT

function isUsage(value: unknown): value is Usage {
  if (typeof value !== 'object' || value === null) return false
  const { memoryBytes, cpuPercent, loopDelayMs, overMs } = value as Usage
  return [memoryBytes, cpuPercent, loopDelayMs, overMs].every(isNumber)
}

function isLaneReport(value: unknown): value is LaneReport {
  if (typeof value !== 'object' || value === null) return false
  const { topic, state, partition, position, committed, lag, waiting, quiet, why } = value as LaneReport
  const { inHandOffset, inHandLastOffset, inHandForMs, pausedForMs } = value as LaneReport
  return (
    isText(topic) &&
    isText(state) &&
    (why === null || isText(why)) &&
    typeof quiet === 'boolean' &&
    [partition, position, committed, lag, waiting].every(isNumber) &&
    [inHandOffset, inHandLastOffset, inHandForMs, pausedForMs].every(isNumberOrNull)
  )
}
