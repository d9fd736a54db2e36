import { beforeEach, expect, it } from 'vitest'
import { UsageMeter } from '../../src/worker/usage.ts'
import { FakeClock } from '../support/fake-clock.ts'

let clock: FakeClock
let cpuMs: number
let delayMs: number
let meter: UsageMeter

beforeEach(() => {
  clock = new FakeClock()
  cpuMs = 100
  delayMs = 0
  meter = new UsageMeter({
    clock,
    cpu: () => ({ user: cpuMs * 900, system: cpuMs * 100 }),
    memoryBytes: () => 7,
    takeDelay: () => delayMs,
  })
})

it('is measured from the start at first, and then from look to look', async () => {
  await clock.advance(4000)
  cpuMs += 100
  delayMs = 12.4
  expect(meter.look()).toEqual({ memoryBytes: 7, cpuPercent: 2.5, loopDelayMs: 12, overMs: 4000 })
  await clock.advance(1000)
  cpuMs += 1500
  delayMs = 0
  expect(meter.look()).toEqual({ memoryBytes: 7, cpuPercent: 150, loopDelayMs: 0, overMs: 1000 })
})

it('is the same for all who look at once, so that nobody is told of a moment', async () => {
  await clock.advance(1000)
  const first = meter.look()
  await clock.advance(499)
  cpuMs += 499
  expect(meter.look()).toBe(first)
  await clock.advance(1)
  expect(meter.look()).toMatchObject({ cpuPercent: 99.8, overMs: 500 })
})

it('of a process that has just begun is nothing yet', () => {
  expect(meter.look()).toMatchObject({ cpuPercent: 0, overMs: 0 })
})
