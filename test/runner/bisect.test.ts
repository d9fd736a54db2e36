// Batches that fail: given up as a whole, or halved until the message is found that is why.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Message } from '../../src/consumer/message.ts'
import { asyncProperty } from '../support/property.ts'
import { p, Rig, type RigOptions, values } from './rig.ts'

const SIZE = 8

/** Fails where one of the batch is bad. */
async function batches(
  bad: readonly string[],
  options: RigOptions['config'] = {},
  more: Omit<RigOptions, 'config'> = {},
) {
  const calls: string[] = []
  const handled: string[] = []
  const processBatch = (all: readonly Message[]) => {
    const given = all.map(({ value }) => value!)
    calls.push(given.join(' '))
    const found = given.find(value => bad.includes(value))
    if (found !== undefined) throw new TypeError(`${found} is bad`)
    handled.push(...given)
  }
  const config = { fetchMessages: SIZE, maxWaitTime: 0.1, pauseTimeout: 1, retryTimes: 1, ...options }
  const rig = await Rig.started({ processBatch }, { ...more, config })
  return { rig, calls, handled }
}

test('a batch is given up as a whole, in order, message by message', async () => {
  const { rig, calls, handled } = await batches(['v2'], { retryThen: 'dead-letter' })
  rig.engine.append(p(0), values(12))
  await rig.clock.advance(5000)
  const [first, rest] = [values(SIZE).join(' '), values(4, SIZE).join(' ')]
  expect(calls).toEqual([first, first, rest])
  expect(rig.engine.produced.map(({ value }) => value!.toString())).toEqual(values(SIZE))
  expect(rig.of('message.dead.lettered').map(({ offset, times }) => [offset, times])).toEqual(
    values(SIZE).map((_, offset) => [offset, 2]),
  )
  expect(handled).toEqual(values(4, SIZE))
  expect(rig.engine.committed(p(0))).toBe(12)
})

test('with bisect a batch that has used up its retries is halved at once, and the one that is bad is given up alone', async () => {
  const { rig, calls, handled } = await batches(['v5'], { retryThen: 'skip', bisect: true })
  rig.engine.append(p(0), values(12))
  await rig.clock.advance(5000)
  const all = values(SIZE).join(' ')
  expect(calls).toEqual([all, all, 'v0 v1 v2 v3', 'v4 v5 v6 v7', 'v4 v5', 'v4', 'v5', 'v6 v7', 'v8 v9 v10 v11'])
  expect(handled).toEqual(values(12).filter(value => value !== 'v5'))
  expect(rig.of('message.skipped').map(({ offset }) => offset)).toEqual([5])
  expect(rig.engine.committed(p(0))).toBe(12)
  expect(rig.of('message.failed').map(({ next, offset, lastOffset }) => [next, offset, lastOffset])).toEqual([
    ['again', 0, 7],
    ['halves', 0, 7],
    ['halves', 4, 7],
    ['halves', 4, 5],
    ['skip', 5, 5],
  ])
})

test('a fatal error has it halved at once; another one in a half is tried again as long as the batch would have been', async () => {
  const { rig, calls } = await batches(
    ['v3'],
    { bisect: true, retryTimes: 5 },
    { retry: { fatal: [TypeError], andThen: 'skip' } },
  )
  rig.engine.append(p(0), values(4))
  await rig.clock.advance(1000)
  expect(calls).toEqual(['v0 v1 v2 v3', 'v0 v1', 'v2 v3', 'v2', 'v3'])
  expect(rig.engine.committed(p(0))).toBe(4)
})

test('stop: its partition stands before the one that is bad, with the others of its batch before it handled', async () => {
  const bad = ['v2']
  const { rig, handled } = await batches(bad, { bisect: true })
  rig.engine.append(p(0), values(4))
  await rig.clock.advance(5000)
  expect(handled).toEqual(['v0', 'v1'])
  expect(rig.engine.committed(p(0))).toBe(2)
  expect(rig.runner.snapshot().lanes).toMatchObject([{ state: 'paused', pausedForMs: null, position: 2 }])
  bad.length = 0
  rig.runner.resume([])
  await rig.clock.advance(1000)
  expect(handled).toEqual(values(4))
  expect(rig.engine.committed(p(0))).toBe(4)
})

test('whichever messages are bad, they alone are given up, in order, in a bounded number of calls', async () => {
  const history = fc.record({
    count: fc.integer({ min: 1, max: 40 }),
    size: fc.integer({ min: 1, max: 16 }),
    bad: fc.uniqueArray(fc.nat(39), { maxLength: 6 }),
    times: fc.nat(2),
    andThen: fc.constantFrom('skip' as const, 'dead-letter' as const),
  })
  await asyncProperty(
    history,
    async ({ count, size, bad, times, andThen }) => {
      const given = values(count)
      const isBad = (value: string) => bad.includes(given.indexOf(value))
      const options = { retryTimes: times, retryThen: andThen, bisect: true, fetchMessages: size }
      const { rig, calls, handled } = await batches(given.filter(isBad), options)
      rig.engine.append(p(0), given)
      await rig.clock.advance(120_000)
      expect(handled).toEqual(given.filter(value => !isBad(value)))
      const letGo = andThen === 'skip' ? rig.of('message.skipped') : rig.of('message.dead.lettered')
      expect(letGo.map(({ offset }) => given[offset])).toEqual(given.filter(isBad))
      expect(rig.engine.committed(p(0))).toBe(count)
      const [batchCount, found] = [Math.ceil(count / size), given.filter(isBad).length]
      expect(calls.length).toBeLessThanOrEqual(batchCount + found * (times + 2 * Math.ceil(Math.log2(size)) + 1))
      expect(await rig.clock.when(rig.stop())).toEqual({ clean: true })
      expect(rig.clock.pending).toBe(0)
    },
    200,
  )
})
