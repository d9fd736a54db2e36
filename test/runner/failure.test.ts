import { expect, it } from 'vitest'
import { RacecarError } from '../../src/errors.ts'
import { sayFailure } from '../../src/runner/failure.ts'

it.each([
  [new Error('boom'), 'attempt 2 failed: boom'],
  [new TypeError('x is not a function\n    at somewhere'), 'attempt 2 failed: TypeError: x is not a function'],
  [new Error('\n\nwhat failed\r\nand why'), 'attempt 2 failed: what failed'],
  [new Error(''), 'attempt 2 failed: '],
  [new RacecarError('DELIVERY_FAILED', 'it could not be delivered'), 'attempt 2 failed: it could not be delivered'],
  ['just a text', 'attempt 2 failed: just a text'],
  [undefined, 'attempt 2 failed: undefined'],
  [Object.assign(new Error(), { message: { code: 7 } }), 'attempt 2 failed: {"code":7}'],
  [new Error('x'.repeat(500)), `attempt 2 failed: ${'x'.repeat(200)}`],
])('a failure is told in one line: %s', (error, words) => {
  expect(sayFailure(error, 2)).toBe(words)
})
