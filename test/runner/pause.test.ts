import { expect, test } from 'vitest'
import { pauseAfter } from '../../src/runner/pause.ts'
import { Retries } from '../../src/runner/retries.ts'

const plain = { pauseTimeout: 10, pauseWithExponentialBackoff: false, maxPauseTimeout: undefined }
const doubling = { ...plain, pauseTimeout: 2, pauseWithExponentialBackoff: true }

test('a pause lasts as long as pause_timeout says, however often it has failed', () => {
  expect([1, 2, 50].map(failures => pauseAfter(failures, plain))).toEqual(Array(3).fill({ kind: 'rest', ms: 10_000 }))
})

test('with exponential backoff it doubles, up to the longest where one is set', () => {
  const lengths = (options: typeof plain) =>
    [1, 2, 3, 4, 5].map(failures => pauseAfter(failures, options)).map(pause => (pause.kind === 'rest' ? pause.ms : -1))
  expect(lengths(doubling)).toEqual([2000, 4000, 8000, 16_000, 32_000])
  expect(lengths({ ...doubling, maxPauseTimeout: 10 as never })).toEqual([2000, 4000, 8000, 10_000, 10_000])
})

test('0 is no pause, and what is below is for good, with or without backoff', () => {
  for (const options of [plain, doubling]) {
    expect(pauseAfter(1, { ...options, pauseTimeout: 0 })).toEqual({ kind: 'fail' })
    expect(pauseAfter(1, { ...options, pauseTimeout: -1 })).toEqual({ kind: 'for good' })
  }
})

test('failures are counted for a stretch of offsets, and begin anew behind it', () => {
  const retries = new Retries()
  expect(retries.of(0)).toBe(0)
  expect(retries.failed(3, 5)).toBe(1)
  expect(retries.failed(3, 5)).toBe(2)
  expect([3, 4, 5, 6].map(offset => retries.of(offset))).toEqual([2, 2, 2, 0])
  expect(retries.failed(4, 4)).toBe(3)
  expect(retries.of(5)).toBe(3)
  expect(retries.failed(6, 6)).toBe(1)
  expect(retries.of(6)).toBe(1)
})
