import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { FetchedBatch } from '../../src/engine/engine.ts'
import { Queue } from '../../src/runner/queue.ts'
import { property } from '../support/property.ts'

const record = (offset: number) => ({ offset, timestamp: 0, key: null, value: null, headers: [] })

const batch = (offsets: readonly number[], next: number, bytes = 100): FetchedBatch => ({
  topic: 't',
  partition: 0,
  records: offsets.map(record),
  next,
  bytes,
  highWatermark: next,
})

test('an empty batch behind the last record moves the position with it', () => {
  const queue = new Queue(0, { bytes: 0 })
  queue.push(batch([0, 1], 2), 0)
  queue.push(batch([], 5), 0)
  expect(queue.position).toBe(0)
  expect(queue.drop(1)).toBe(1)
  expect(queue.drop(1)).toBe(5)
})

test('a batch in part counts for its share of bytes, in the pool until it is done with', () => {
  const pool = { bytes: 0 }
  const queue = new Queue(0, pool)
  queue.push(batch([0, 1, 2, 3], 4, 400), 0)
  queue.push(batch([4, 5], 6, 100), 0)
  queue.drop(3)
  expect(queue.bytes).toBe(200)
  expect(pool.bytes).toBe(500)
  queue.drop(1)
  expect([queue.bytes, pool.bytes]).toEqual([100, 100])
  queue.restart(6)
  expect([queue.bytes, pool.bytes]).toEqual([0, 0])
})

test('whatever comes in and goes out, order, positions and bytes are those of a plain list', () => {
  const fetched = fc.record({ gaps: fc.array(fc.nat(2), { maxLength: 6 }), tail: fc.nat(3), bytes: fc.nat(1000) })
  const step = fc.oneof(
    fetched.map(data => ({ kind: 'push' as const, ...data })),
    fc.nat(8).map(count => ({ kind: 'drop' as const, count })),
    fc.constant({ kind: 'restart' as const }),
  )
  property(fc.array(step, { maxLength: 100 }), steps => {
    const pool = { bytes: 0 }
    const queue = new Queue(0, pool)
    let waiting: { offset: number; next: number }[] = []
    let position = 0
    let end = 0
    for (const step of steps) {
      switch (step.kind) {
        case 'push': {
          let offset = end - 1
          const offsets = step.gaps.map(gap => {
            offset += 1 + gap
            return offset
          })
          end = offset + 1 + step.tail
          if (offsets.length === 0 && end === offset + 1) break
          queue.push(batch(offsets, end, step.bytes), 0)
          waiting.push(...offsets.map(one => ({ offset: one, next: one + 1 })))
          if (waiting.length > 0) waiting.at(-1)!.next = end
          else position = end
          break
        }
        case 'drop': {
          const count = Math.min(step.count, waiting.length)
          if (count === 0) break
          expect(queue.first().offset).toBe(waiting[0]!.offset)
          expect(queue.offsetOf(count)).toBe(waiting[count - 1]!.offset)
          expect(queue.peek(count).map(({ offset }) => offset)).toEqual(
            waiting.slice(0, count).map(({ offset }) => offset),
          )
          position = waiting[count - 1]!.next
          expect(queue.drop(count)).toBe(position)
          waiting = waiting.slice(count)
          break
        }
        case 'restart':
          queue.restart(position)
          waiting = []
          end = position
          break
        default:
          step satisfies never
      }
      expect(queue.position).toBe(position)
      expect(queue.count).toBe(waiting.length)
      if (waiting.length === 0) expect([queue.bytes, pool.bytes]).toEqual([0, 0])
    }
  })
})
