// Workers that give signs of life, or cease to, before a primary that is stopped and woken at random. What was said while it slept
// waits in the channel, and is read only after its timers, as Node does it.

import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { decide, nextWake } from '../../src/supervisor/decide.ts'
import type { SupervisorEvent } from '../../src/supervisor/moves.ts'
import { initially, type State } from '../../src/supervisor/state.ts'
import { policy } from './steps.ts'

/** Milliseconds from a timer to what is read from a channel in the same turn of the event loop. */
const READ_MS = 5

interface Beating {
  readonly slot: number
  nextAt: number
  lastAt: number
  /** From then on it is silent. */
  until: number
  killedAt: number | undefined
}

class Pair {
  state: State
  now = 0
  wakes = 0
  readonly workers: Beating[]
  /** Between one sign of life and the next one, over and over. */
  readonly #gaps: readonly number[]
  #given = 0

  constructor(
    readonly hangTimeoutMs: number,
    ends: readonly number[],
    gaps: readonly number[],
  ) {
    this.state = { ...initially({ ...policy, hangTimeoutMs }), clear: ['C'] }
    this.#gaps = gaps.map(share => (share * hangTimeoutMs) / 100)
    this.workers = ends.map((until, slot) => ({ slot, nextAt: 0, lastAt: 0, until, killedAt: undefined }))
    this.#take({ type: 'sized', consumer: 'C', workers: ends.length })
    for (const { slot } of this.workers) {
      this.#take({ type: 'described', slot, run: slot + 1 })
      this.#take({ type: 'up', slot, run: slot + 1, pid: slot + 1 })
    }
  }

  awake(ms: number): void {
    const end = this.now + ms
    for (;;) {
      const wake = nextWake(this.state) ?? Number.POSITIVE_INFINITY
      const word = Math.min(...this.workers.map(({ nextAt, until }) => (nextAt < until ? nextAt : Infinity)))
      const at = Math.max(this.now, Math.min(wake, word))
      if (at >= end) break
      this.now = at
      if (wake <= word) this.#tick()
      else this.#read()
    }
    this.now = end
  }

  /** As when a container is paused: nobody says anything meanwhile. */
  allAsleep(ms: number): void {
    for (const worker of this.workers) worker.nextAt += ms
    this.asleep(ms)
  }

  asleep(ms: number): void {
    this.now += ms
    if ((nextWake(this.state) ?? Number.POSITIVE_INFINITY) <= this.now) this.#tick()
    this.now += READ_MS
    this.#read()
  }

  #tick(): void {
    this.wakes++
    this.#take({ type: 'tick' })
  }

  #read(): void {
    for (const worker of this.workers) {
      for (; worker.nextAt <= this.now && worker.nextAt < worker.until; worker.nextAt += this.#nextGap()) {
        worker.lastAt = worker.nextAt
        this.#take({ type: 'alive', slot: worker.slot, run: worker.slot + 1, inHand: [], more: 0, memoryBytes: 0 })
      }
    }
  }

  #nextGap(): number {
    return this.#gaps[this.#given++ % this.#gaps.length]!
  }

  #take(event: SupervisorEvent): void {
    const { state, actions } = decide(this.state, event, this.now)
    this.state = state
    for (const action of actions) {
      if (action.do !== 'kill') continue
      const worker = this.workers[action.slot]!
      expect(worker.killedAt, 'killed twice').toBeUndefined()
      worker.killedAt = this.now
    }
  }
}

const limit = fc.constantFrom(400, 1000, 3000, 30_000)
const phase = fc.record({
  isAwake: fc.boolean(),
  /** In hundredths of the limit. */
  share: fc.oneof(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 60, max: 400 })),
})
/** In hundredths of the limit: what is below it is no silence. */
const gaps = fc.array(fc.integer({ min: 5, max: 95 }), { minLength: 1, maxLength: 5 })
const phases = fc.array(phase, { maxLength: 25 })

function live(pair: Pair, some: readonly { isAwake: boolean; share: number }[], sleep = alone): void {
  for (const { isAwake, share } of some) {
    const ms = (share * pair.hangTimeoutMs) / 100
    if (isAwake) pair.awake(ms)
    else sleep(pair, ms)
  }
}

const alone = (pair: Pair, ms: number) => pair.asleep(ms)
const withWorkers = (pair: Pair, ms: number) => {
  pair.allAsleep(ms)
  pair.awake(pair.hangTimeoutMs / 2)
}

describe('whenever the primary itself is stopped and woken', () => {
  it('a worker that gives its signs of life is never killed', () => {
    fc.assert(
      fc.property(limit, fc.integer({ min: 1, max: 3 }), gaps, phases, (hangTimeoutMs, count, gaps, some) => {
        const pair = new Pair(hangTimeoutMs, Array(count).fill(Number.POSITIVE_INFINITY), gaps)
        live(pair, some)
        expect(pair.workers.map(({ killedAt }) => killedAt)).toEqual(Array(count).fill(undefined))
      }),
      { numRuns: 1000 },
    )
  })

  it('and the workers with it, nobody is killed either, who has half the limit to himself', () => {
    const short = fc.array(fc.integer({ min: 5, max: 45 }), { minLength: 1, maxLength: 5 })
    fc.assert(
      fc.property(limit, short, phases, (hangTimeoutMs, gaps, some) => {
        const pair = new Pair(hangTimeoutMs, [Number.POSITIVE_INFINITY], gaps)
        live(pair, some, withWorkers)
        expect(pair.workers[0]!.killedAt).toBeUndefined()
      }),
      { numRuns: 1000 },
    )
  })

  it('a silent one is killed when it has been silent for the limit, seen by a primary that was awake all the while; and never sooner', () => {
    fc.assert(
      fc.property(limit, fc.nat(400), gaps, phases, (hangTimeoutMs, share, gaps, some) => {
        const until = (share * hangTimeoutMs) / 100
        const pair = new Pair(hangTimeoutMs, [until, Number.POSITIVE_INFINITY], gaps)
        live(pair, some)
        pair.awake(Math.max(0, until - pair.now))
        pair.awake(hangTimeoutMs + 200)
        const [silent, other] = pair.workers
        expect(silent!.killedAt).toBeGreaterThanOrEqual(silent!.lastAt + hangTimeoutMs)
        expect(other!.killedAt).toBeUndefined()
      }),
      { numRuns: 1000 },
    )
  })

  it('it looks four times in the limit and once a second, not more often', () => {
    fc.assert(
      fc.property(limit, fc.integer({ min: 1, max: 50 }), (hangTimeoutMs, limits) => {
        const pair = new Pair(hangTimeoutMs, [Number.POSITIVE_INFINITY], [20])
        pair.awake(limits * hangTimeoutMs)
        expect(pair.wakes).toBeLessThanOrEqual((limits * hangTimeoutMs) / Math.min(1000, hangTimeoutMs / 4))
      }),
    )
  })
})
