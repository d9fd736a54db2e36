import { expect, it } from 'vitest'
import { asSentence, withCure } from '../../src/lib/sentence.ts'

it('ends a text that has no end, and no other', () => {
  expect(asSentence('failed: nobody answers')).toBe('failed: nobody answers.')
  for (const text of ['It failed.', 'It failed!', 'Did it fail?', 'It waits …']) expect(asSentence(text)).toBe(text)
})

it('joins what happened and what to do about it', () => {
  expect(withCure('another process has joined as fixed-0', 'Each needs its own.')).toBe(
    'another process has joined as fixed-0. Each needs its own.',
  )
  expect(withCure('There is no topic.', 'Create it.')).toBe('There is no topic. Create it.')
  expect(withCure('It failed', '')).toBe('It failed')
})
