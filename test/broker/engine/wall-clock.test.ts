// Row 54: the wall clock jumps by an hour, forth and back. Nothing here is measured by it.

import { afterEach, expect, test, vi } from 'vitest'
import { values } from '../../contract/world.ts'
import { Api } from '../../support/proxy.ts'
import { allDone, openTrial } from './member.ts'

const HOUR = 3_600_000

afterEach(() => {
  vi.restoreAllMocks()
})

test('a wall clock that jumps by an hour, both ways, changes nothing', { timeout: 40_000 }, async () => {
  await using trial = await openTrial()
  const { harness, topic } = trial
  const { probe, proxy } = await trial.join()
  const real = Date.now.bind(Date)
  let produced = 0
  for (const shift of [HOUR, -HOUR, 0]) {
    vi.spyOn(Date, 'now').mockImplementation(() => real() + shift)
    const beats = proxy.next(Api.Heartbeat, 4)
    for (const partition of [0, 1]) await harness.produce(topic, partition, values(5, produced / 2))
    produced += 10
    await harness.until('the records', () => probe.seen.length === produced)
    await beats
    expect(probe.engine.mayStart()).toBe(true)
  }
  await allDone(trial, [probe], produced)
  expect(probe.events('group.joined')).toHaveLength(1)
})
