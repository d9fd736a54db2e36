import { describe, expect, it } from 'vitest'
import { type NewRecord, PartitionLog, sizeOf } from '../../../src/engine/memory/log.ts'

const record = (value: string): NewRecord => ({ key: null, value: Buffer.from(value), headers: [], timestamp: 0 })

const filled = (count: number): PartitionLog => {
  const log = new PartitionLog()
  for (let index = 0; index < count; index++) log.append(record(`v${index}`))
  return log
}

const offsetsOf = (log: PartitionLog, position: number, bytes = Infinity): unknown => {
  const answer = log.read(position, bytes)
  return answer.kind === 'read' ? [answer.records.map(({ offset }) => offset), answer.next] : answer
}

describe('a partition in memory', () => {
  it('gives records from the position on, and the position after them', () => {
    expect(offsetsOf(filled(5), 2)).toEqual([[2, 3, 4], 5])
    expect(offsetsOf(filled(5), 5)).toEqual([[], 5])
  })

  it('stops before the record that exceeds the bytes, and gives one record whatever its size', () => {
    const size = sizeOf(record('v0'))
    expect(offsetsOf(filled(5), 0, size * 3)).toEqual([[0, 1, 2], 3])
    expect(offsetsOf(filled(5), 0, 1)).toEqual([[0], 1])
  })

  it('steps over offsets that hold no record, in the middle and at the end', () => {
    const log = filled(2)
    log.skip(3)
    expect(offsetsOf(log, 2)).toEqual([[], 5])
    log.append(record('after'))
    expect(offsetsOf(log, 0)).toEqual([[0, 1, 5], 6])
    expect(offsetsOf(log, 3)).toEqual([[5], 6])
  })

  it('keeps the offsets of what compaction leaves', () => {
    const log = filled(6)
    log.compact(({ offset }) => offset % 2 === 1)
    expect(offsetsOf(log, 0)).toEqual([[1, 3, 5], 6])
  })

  it('says where it starts and ends to whoever asks for what is deleted, or for what is not there yet', () => {
    const log = filled(5)
    log.deleteBefore(3)
    expect(offsetsOf(log, 2)).toEqual({ kind: 'out of range', start: 3, end: 5 })
    expect(offsetsOf(log, 6)).toEqual({ kind: 'out of range', start: 3, end: 5 })
    expect(offsetsOf(log, 3)).toEqual([[3, 4], 5])
    log.deleteBefore(1)
    expect(log.start).toBe(3)
    log.deleteBefore(100)
    expect([log.start, log.end]).toEqual([5, 5])
  })

  it('wakes a waiting reader with the next record, and does not let one wait who is not at the end', async () => {
    const log = filled(2)
    await log.beyond(1)
    let awake = false
    const waiting = log.beyond(2).then(() => {
      awake = true
    })
    await Promise.resolve()
    expect(awake).toBe(false)
    log.append(record('news'))
    await waiting
    expect(awake).toBe(true)
  })
})
