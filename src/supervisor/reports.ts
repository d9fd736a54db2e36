// What workers are doing, asked of them while somebody waits for the answer. A worker that is busy or stopped does not answer in
// time and is not asked again before it has, so that questions cannot pile up in front of it; nor is it waited for again: what it
// answered last, late perhaps, is all there is. What it says is not trusted.

import { type Clock, sleep } from '../lib/clock.ts'
import { type Deferred, deferred } from '../lib/deferred.ts'
import type { LaneReport, Report, Usage } from '../messages.ts'

export interface Told extends Pick<Report, 'lanes' | 'beatAgoMs'> {
  /** null: it makes no sense. */
  readonly usage: Usage | null
}

export interface Answered extends Told {
  readonly at: number
  /** false: it has not answered this time. */
  readonly isNew: boolean
}

/** null: it has never answered. */
export type Answer = Answered | null

/** A loop that is free answers within a few milliseconds. */
export const PATIENCE_MS = 250
/** Texts that are longer are no worker's of ours. */
const LONGEST_TEXT = 1000

type Unsure = Readonly<Partial<Record<keyof Report, unknown>>>

interface Asked {
  readonly at: number
  readonly answer: Deferred<Told | null>
}

export class Reports {
  readonly #clock: Clock
  /** Questions that wait for an answer, by the run of the process that was asked. */
  readonly #asked = new Map<number, Asked>()
  readonly #last = new Map<number, Answered>()

  constructor({ clock }: { readonly clock: Clock }) {
    this.#clock = clock
  }

  /** `isSilent`: it is known to say nothing, and not waited for. */
  async ask(run: number, isSilent: boolean, send: () => void): Promise<Answer> {
    const before = this.#asked.get(run)
    const asked = before ?? { at: this.#clock.now(), answer: deferred<Told | null>() }
    if (!before) {
      this.#asked.set(run, asked)
      send()
    }
    const leftMs = isSilent ? 0 : Math.max(0, asked.at + PATIENCE_MS - this.#clock.now())
    const patience = new AbortController()
    try {
      const late = sleep(this.#clock, leftMs, patience.signal).then(() => null)
      const told = await Promise.race([asked.answer.promise, late])
      const last = this.#last.get(run)
      return last ? { ...last, isNew: told !== null } : null
    } finally {
      patience.abort()
    }
  }

  heard(run: number, { lanes, beatAgoMs, usage }: Unsure): void {
    if (!this.#asked.has(run)) return
    if (!Array.isArray(lanes)) return this.#settle(run, null)
    const told = {
      lanes: lanes.filter(isLaneReport),
      beatAgoMs: isNumber(beatAgoMs) ? (beatAgoMs as number) : null,
      usage: isUsage(usage) ? usage : null,
    }
    this.#last.set(run, { ...told, at: this.#clock.now(), isNew: true })
    this.#settle(run, told)
  }

  /** It will not answer any more. */
  gone(run: number): void {
    this.#last.delete(run)
    this.#settle(run, null)
  }

  #settle(run: number, answer: Told | null): void {
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
