import fc from 'fast-check'
import { expect, test } from 'vitest'
import { InOrder } from '../../src/runner/offsets.ts'
import { property } from '../support/property.ts'

test('without deliveries everything handled may be committed', () => {
  const offsets = new InOrder(5)
  expect(offsets.committable(0)).toBe(5)
  offsets.handled(6, 0)
  offsets.handled(9, 0)
  expect(offsets.committable(0)).toBe(9)
  expect(offsets.awaits).toBe(0)
})

test('a message waits for everything that was queued up to the end of its handler', () => {
  const offsets = new InOrder(0)
  offsets.handled(1, 2)
  offsets.handled(2, 2)
  offsets.handled(3, 5)
  expect(offsets.committable(1)).toBe(0)
  expect(offsets.awaits).toBe(5)
  expect(offsets.committable(2)).toBe(2)
  expect(offsets.committable(4)).toBe(2)
  expect(offsets.committable(5)).toBe(3)
})

test('what waits for a lost record counts as not handled, and what does not stays', () => {
  const offsets = new InOrder(0)
  offsets.handled(1, 2)
  offsets.handled(2, 3)
  offsets.handled(3, 7)
  expect(offsets.undo(3)).toBe(true)
  expect(offsets.handledUpTo).toBe(1)
  expect(offsets.undo(3)).toBe(false)
  expect(offsets.committable(7)).toBe(1)
})

/** As slow and plain as the rule is stated. */
class Plain {
  committed = 0
  waiting: { next: number; mark: number }[] = []

  committable(delivered: number): number {
    while (this.waiting.length > 0 && this.waiting[0]!.mark <= delivered) this.committed = this.waiting.shift()!.next
    return this.committed
  }

  get handledUpTo(): number {
    return this.waiting.at(-1)?.next ?? this.committed
  }
}

test('whatever the order of handling, delivering, failing and asking, it agrees with the plain rule', () => {
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.record({ kind: fc.constant('handle' as const), produce: fc.nat(2), gap: fc.nat(2) }) },
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('deliver' as const), count: fc.nat(4) }) },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('fail' as const) }) },
    { weight: 2, arbitrary: fc.record({ kind: fc.constant('ask' as const) }) },
  )
  property(fc.array(step, { maxLength: 200 }), steps => {
    const offsets = new InOrder(0)
    const plain = new Plain()
    let queued = 0
    let delivered = 0
    let last = 0
    for (const step of steps) {
      switch (step.kind) {
        case 'handle': {
          queued += step.produce
          const next = plain.handledUpTo + 1 + step.gap
          offsets.handled(next, queued)
          plain.waiting.push({ next, mark: queued })
          break
        }
        case 'deliver':
          delivered = Math.min(queued, delivered + step.count)
          break
        case 'fail': {
          if (delivered === queued) break
          const before = plain.waiting.length
          // As in life: everything before the failed record is delivered, and asked for or not.
          plain.committable(delivered)
          offsets.committable(delivered)
          const kept = plain.waiting.filter(({ mark }) => mark < delivered + 1)
          expect(offsets.undo(delivered + 1)).toBe(kept.length < plain.waiting.length)
          expect(kept.length).toBeLessThanOrEqual(before)
          plain.waiting = kept
          delivered++
          break
        }
        case 'ask':
          expect(offsets.committable(delivered)).toBe(plain.committable(delivered))
          break
        default:
          step satisfies never
      }
      expect(offsets.handledUpTo).toBe(plain.handledUpTo)
      expect(offsets.committable(delivered)).toBeGreaterThanOrEqual(last)
      last = offsets.committable(delivered)
      plain.committable(delivered)
    }
    expect(offsets.committable(queued)).toBe(plain.committable(queued))
  })
})

test('a million messages that each wait for their own record take no time to speak of', () => {
  const offsets = new InOrder(0)
  for (let round = 0; round < 1000; round++) {
    for (let index = 1; index <= 1000; index++) offsets.handled(round * 1000 + index, round * 1000 + index)
    expect(offsets.committable(round * 1000 + 500)).toBe(round * 1000 + 500)
  }
  expect(offsets.committable(1_000_000)).toBe(1_000_000)
})
