import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { Progress } from '../../../../src/cli/ctl/dead-letter/progress.ts'
import { property } from '../../../support/property.ts'

const of = { topic: 'lost', partition: 0 }
const log = { ...of, start: 10, end: 1000 }
const marked = (offset: number, note = '') => Progress.of(log, { ...of, offset, note })

describe('what was replayed', () => {
  it('is nothing at first, and what is deleted counts as done', () => {
    const progress = Progress.of(log)
    expect([progress.position, progress.has(9), progress.has(10), progress.mark?.note]).toEqual([10, true, false, ''])
  })

  it('is a position, and single ones beyond it that join it when the gap is closed', () => {
    const some = Progress.of(log).with(12, 13).with(14, 16)
    expect(some.mark).toEqual({ ...of, offset: 10, note: 'racecar 12,14-15' })
    expect([some.beyond, some.has(13), some.has(14)]).toEqual([3, false, true])
    const more = some.with(10, 12)
    expect(more.mark).toEqual({ ...of, offset: 13, note: 'racecar 14-15' })
    expect(more.with(13, 14).mark).toEqual({ ...of, offset: 16, note: '' })
  })

  it('is what was written down, as far as the log still holds it', () => {
    expect(marked(12, 'racecar 14-15,20').mark).toEqual({ ...of, offset: 12, note: 'racecar 14-15,20' })
    expect(marked(5).position).toBe(10)
    expect(marked(5, 'racecar 10-11').position).toBe(12)
  })

  it.each([
    ['a mark beyond the end, of a topic that was made anew', 1001, ''],
    ['words of somebody else', 10, 'leader epoch 3'],
    ['words that are none', 10, 'racecar one,two-three,1-2-3'],
    ['ranges beyond the end', 10, 'racecar 999-1000'],
  ])('is not known by %s', (_, offset, note) => {
    expect(marked(offset, note).mark).toEqual({ ...of, offset: 10, note: '' })
  })

  it('is too much to be written down where the word would be longer than a broker takes', () => {
    const far = { ...of, start: 1_000_000, end: 2_000_000 }
    let long = Progress.of(far)
    for (let i = 0; i < 600; i++) long = long.with(1_000_002 + 2 * i, 1_000_003 + 2 * i)
    expect(long.mark).toBe(undefined)
  })

  it('is the same after it was written down and read, whatever was replayed in whatever order', () => {
    property(fc.array(fc.integer({ min: 10, max: 60 })), offsets => {
      const progress = offsets.reduce((before, offset) => before.with(offset, offset + 1), Progress.of(log))
      const again = Progress.of(log, progress.mark)
      for (let offset = 10; offset < 70; offset++)
        expect([progress.has(offset), again.has(offset)]).toEqual(Array(2).fill(offsets.includes(offset)))
      expect(again.mark).toEqual(progress.mark)
    })
  })
})
