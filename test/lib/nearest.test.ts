import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { editDistance, nearest } from '../../src/lib/nearest.ts'

describe('the nearest name', () => {
  const names = ['workers', 'max_wait_time', 'log_level', 'serial']

  it.each([
    ['wokers', 'workers'],
    ['workres', 'workers'],
    ['maxWaitTime', 'max_wait_time'],
    ['max-wait-tine', 'max_wait_time'],
    ['LOG_LEVEL', 'log_level'],
  ])('takes %s for %s', (typed, meant) => {
    expect(nearest(typed, names)).toBe(meant)
  })

  it.each(['', 'x', 'banana', 'brokers_of_somebody_else'])('suggests nothing for %j', typed => {
    expect(nearest(typed, names)).toBeUndefined()
  })

  it('suggests nothing where there is nothing', () => {
    expect(nearest('workers', [])).toBeUndefined()
  })
})

describe('the edit distance', () => {
  it.each([
    ['kitten', 'sitting', 3],
    ['ab', 'ba', 1],
    ['', 'abc', 3],
    ['same', 'same', 0],
  ])('of %s and %s is %i', (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance)
  })

  it('is the same both ways, zero only for equals, and at most the longer length', () => {
    const word = fc.string({ unit: fc.constantFrom('a', 'b', 'c'), maxLength: 8 })
    fc.assert(
      fc.property(word, word, (a, b) => {
        expect(editDistance(a, b)).toBe(editDistance(b, a))
        expect(editDistance(a, b) === 0).toBe(a === b)
        expect(editDistance(a, b)).toBeLessThanOrEqual(Math.max(a.length, b.length))
      }),
    )
  })
})
