import { beforeEach, describe, expect, it } from 'vitest'
import type { InHand } from '../../src/events/events.ts'
import { type Alive, isToPrimary, MOST_IN_HAND, seal } from '../../src/messages.ts'
import { Beats, periodOf } from '../../src/worker/beats.ts'
import { FakeClock } from '../support/fake-clock.ts'

let clock: FakeClock
let said: (Alive & { at: number })[]
let inHand: InHand[]
let beats: Beats

const message = (offset: number, forMs = 0): InHand => ({
  topic: 't',
  partition: 1,
  offset,
  lastOffset: offset,
  forMs,
})
const times = () => said.map(({ at }) => at)
const offsets = () => said.map(({ inHand: told }) => told.map(({ offset }) => offset))

beforeEach(() => {
  clock = new FakeClock()
  said = []
  inHand = []
  beats = new Beats({
    clock,
    send: alive => said.push({ ...alive, at: clock.now() }),
    flush: async () => {},
    inHand: () => inHand,
    memoryBytes: () => 7,
  })
})

/** As the runner does: in hand first, then the handler is called. */
function begin(offset: number): void {
  inHand = [message(offset)]
  void beats.begins(false)
}

describe('a worker’s signs of life', () => {
  it('come once a period while nothing happens, and end with it', async () => {
    beats.start(1000)
    await clock.advance(3000)
    expect(times()).toEqual([0, 1000, 2000, 3000])
    expect(said[0]).toMatchObject({ type: 'alive', inHand: [], more: 0, memoryBytes: 7 })
    beats.stop()
    expect(clock.pending).toBe(0)
    void beats.begins(false)
    expect(said).toHaveLength(5)
  })

  it('tell how late the event loop was, once', async () => {
    beats.start(1000)
    await clock.advance(2500)
    expect(beats.takeDelay()).toBe(0)
    // Nothing turns meanwhile: the one that is due at 3000 is sent at 3700.
    await clock.jump(1200)
    expect(beats.takeDelay()).toBe(700)
    expect(beats.takeDelay()).toBe(0)
    beats.stop()
  })

  it('fit several times into the limit, and are never further apart than a second', () => {
    expect([0, 30_000, 1000].map(periodOf)).toEqual([1000, 1000, 200])
  })

  it('tell of a message before its handler is called', async () => {
    beats.start(1000)
    await clock.advance(300)
    begin(17)
    expect(offsets()).toEqual([[], [17]])
    expect(times()).toEqual([0, 300])
    await clock.advance(999)
    expect(times(), 'the period begins anew').toEqual([0, 300])
    await clock.advance(1)
    expect(times()).toEqual([0, 300, 1300])
    beats.stop()
  })

  it('tell at once of a message that begins right after one that no message gave rise to', async () => {
    beats.start(1000)
    begin(1)
    inHand = []
    await clock.advance(1050)
    expect(times()).toEqual([0, 0, 1000])
    begin(2)
    expect(offsets()).toEqual([[], [1], [], [2]])
    beats.stop()
    expect(clock.pending).toBe(0)
  })

  it('tell under load of one message in 50 ms, the next that begins, and of one that stays in hand by then', async () => {
    beats.start(1000)
    await clock.advance(100)
    for (let offset = 0; offset < 100; offset++) {
      begin(offset)
      inHand = []
      await clock.advance(1)
    }
    expect(offsets()).toEqual([[], [0], [50]])
    begin(100)
    expect(offsets().at(-1)).toEqual([100])
    begin(101)
    await clock.advance(50)
    expect(offsets().at(-1), 'it began too early to be told at once').toEqual([101])
    beats.stop()
  })

  it('tell at once of a message that must be known of, and for ten seconds of those that follow it', async () => {
    beats.start(1000)
    inHand = [message(1)]
    expect(beats.begins(true), 'the next one waits for that').toBeInstanceOf(Promise)
    for (const offset of [2, 3]) begin(offset)
    expect(offsets()).toEqual([[], [1], [2], [3]])
    expect(said.map(({ isPrompt }) => isPrompt)).toEqual([undefined, true, true, true])
    await clock.advance(10_000)
    begin(4)
    const before = said.length
    inHand = [message(5)]
    expect(beats.begins(false)).toBeUndefined()
    expect(said).toHaveLength(before)
    beats.stop()
  })

  it('tell after a crash of every message, for ten seconds from the first one on', async () => {
    beats.beEager()
    beats.start(1000)
    await clock.advance(60_000)
    const before = said.length
    for (let offset = 0; offset < 100; offset++) {
      begin(offset)
      inHand = []
      await clock.advance(1)
    }
    expect(offsets().slice(before)).toEqual(Array.from({ length: 100 }, (_, offset) => [offset]))
    expect(said.slice(before).every(({ isPrompt }) => isPrompt)).toBe(true)
    await clock.advance(10_000)
    const calm = said.length
    for (let offset = 100; offset < 200; offset++) {
      begin(offset)
      inHand = []
      await clock.advance(1)
    }
    expect(said.length - calm, 'one in 50 ms').toBe(2)
    expect(said.at(-1)).not.toHaveProperty('isPrompt')
    beats.stop()
    expect(clock.pending).toBe(0)
  })

  it('tell at the end what is left in hand, so that what was finished does not pass for lost', () => {
    beats.start(1000)
    beats.stop()
    expect(offsets()).toEqual([[], []])
    const never = new Beats({
      clock,
      send: alive => said.push({ ...alive, at: 0 }),
      flush: async () => {},
      inHand: () => [],
      memoryBytes: () => 0,
    })
    never.stop()
    void never.begins(false)
    expect(said, 'nothing from a worker that never ran').toHaveLength(2)
  })

  it('are bounded: the newest are named, the others counted', () => {
    inHand = Array.from({ length: MOST_IN_HAND + 3 }, (_, index) => message(index, 1000 - index))
    beats.start(1000)
    expect(said[0]!.more).toBe(3)
    expect(said[0]!.inHand).toHaveLength(MOST_IN_HAND)
    expect(said[0]!.inHand[0]).toMatchObject({ offset: MOST_IN_HAND + 2 })
    beats.stop()
  })
})

describe('what passes for a sign of life', () => {
  const alive: Alive = { type: 'alive', inHand: [message(1)], more: 0, memoryBytes: 1 }

  it('is what can be taken apart, and no more of it than can be', () => {
    expect(isToPrimary(seal(alive))).toBe(true)
    const wrong = [
      { ...alive, inHand: 'much' },
      { ...alive, inHand: [{ ...message(1), offset: '1' }] },
      { ...alive, inHand: [null] },
      { ...alive, inHand: Array(MOST_IN_HAND + 1).fill(message(1)) },
      { ...alive, more: Number.NaN },
      { ...alive, memoryBytes: undefined },
    ]
    for (const one of wrong) expect(isToPrimary({ ...one, channel: 'racecar' })).toBe(false)
  })
})
