import { beforeEach, expect, it } from 'vitest'
import { Progress } from '../../src/cli/progress.ts'
import { type Bus, createBus } from '../../src/events/bus.ts'

let bus: Bus
let progress: Progress
let told: number

const begin = (consumers: number) => {
  bus = createBus()
  progress = new Progress(consumers)
  told = 0
  progress.listen(bus)
  progress.watch(() => {
    told += 1
  })
}
beforeEach(() => begin(1))

const started = (consumer: string, workers: number) =>
  bus.publish('primary.started', {
    ...{ pid: 1, version: '1', consumer, workers, groupId: 'g', brokers: [], files: [] },
  })
const up = (slot: string) => bus.publish('slot.up', { slot, pid: 1, afterMs: 1 })
const state = () => [progress.isUp, progress.hasMember, progress.isReady]

it('a start is up with all of its workers, and ready when all of these have been members', () => {
  started('A', 2)
  up('A/0')
  progress.joined('A/0')
  expect(state()).toEqual([false, true, false])
  up('A/1')
  expect(state()).toEqual([true, true, false])
  progress.joined('A/1')
  expect(state()).toEqual([true, true, true])
  expect(told).toBe(4)
})

it('of several consumers all count, those whose class nobody has asked yet as well', () => {
  begin(2)
  started('A', 1)
  up('A/0')
  progress.joined('A/0')
  expect(state()).toEqual([false, true, false])
  started('B', 1)
  up('B/0')
  progress.joined('B/0')
  expect(state()).toEqual([true, true, true])
})

it('what is given up is not waited for, and is none of those that are ready', () => {
  started('A', 2)
  bus.publish('slot.given.up', { slot: 'A/0', crashes: 5, withinMs: 1 })
  expect([state(), progress.givenUp]).toEqual([[false, false, false], ['A/0']])
  up('A/1')
  expect(state()).toEqual([true, false, false])
  progress.joined('A/1')
  expect(state()).toEqual([true, true, true])
})

it('without workers there is one all the same', () => {
  started('A', 0)
  expect(progress.isUp).toBe(false)
  progress.up('A/0')
  progress.joined('A/0')
  expect(state()).toEqual([true, true, true])
})

it('who replaces one that died changes nothing; a stop does', () => {
  started('A', 1)
  up('A/0')
  progress.joined('A/0')
  up('A/0')
  expect(progress.isReady).toBe(true)
  bus.publish('primary.stopping', { reason: 'SIGTERM', graceMs: 1 })
  expect([progress.isEnding, progress.isReady]).toEqual([true, false])
})

it('nor is what was up, and given up before it was ever a member', () => {
  started('A', 2)
  up('A/0')
  up('A/1')
  progress.joined('A/1')
  expect(progress.isReady).toBe(false)
  bus.publish('slot.given.up', { slot: 'A/0', crashes: 5, withinMs: 1 })
  expect(progress.isReady).toBe(true)
})
