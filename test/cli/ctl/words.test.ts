import { expect, it } from 'vitest'
import { span } from '../../../src/cli/ctl/words.ts'

it.each([
  [-5, '0 s'],
  [0, '0 s'],
  [999, '0 s'],
  [1000, '1 s'],
  [59_999, '59 s'],
  [60_000, '1 min'],
  [200_000, '3 min 20 s'],
  [3_600_000, '1 h'],
  [7_500_000, '2 h 5 min'],
  [86_400_000 * 4 + 3_600_000 * 3 + 59_000, '4 d 3 h'],
])('%i ms are %s', (ms, text) => {
  expect(span(ms)).toBe(text)
})
