// How a membership ends when it is told to.

import { expect } from 'vitest'
import { deferred } from '../../src/lib/deferred.ts'
import type { Probe } from './probe.ts'
import type { Scenario } from './scenario.ts'
import { range, values } from './world.ts'

export function lifecycle(scenario: Scenario): void {
  scenario('a stop before the start is finished ends it, and nothing is assigned any more', async world => {
    const topic = await world.harness.createTopic(2)
    const held = deferred()
    const hold = (probe: Probe) => {
      probe.whenRevoked = () => held.promise
    }
    // Under the eager protocol nobody is let in before all have given up what they have.
    const first = await world.join({ topic, strategy: 'range', prepare: hold })
    const second = await world.begin({ topic, strategy: 'range' })
    await world.harness.until('the first to give up', () => first.revocations.length > 0)
    await second.stop(true)
    await world.harness.when(second.started.catch(() => {}))
    held.resolve()
    await world.balanced([[first, 2]])
    for (const partition of range(0, 2)) await world.harness.produce(topic, partition, values(3))
    await world.harness.until('records', () => first.seen.length === 6)
    expect(second.assignments).toEqual([])
    expect(second.failure).toBeUndefined()
  })

  scenario('a stop at once after the start leaves nobody in the group', async world => {
    const topic = await world.harness.createTopic(2)
    const first = await world.begin({ topic })
    await first.stop(true)
    await world.harness.when(first.started.catch(() => {}))
    const since = world.harness.clock.now()
    const second = await world.join({ topic })
    expect(second.partitions).toEqual([0, 1])
    expect(world.harness.clock.now() - since).toBeLessThan(3_000)
    expect(first.assignments).toEqual([])
  })

  scenario('a second stop is the first one', async world => {
    const topic = await world.harness.createTopic(1)
    const probe = await world.join({ topic })
    await Promise.all([probe.stop(true), probe.stop(true)])
    await probe.stop(false)
    const took = [...probe.events('group.joined'), ...probe.events('group.left')].map(({ durationMs }) => durationMs)
    expect(took).toHaveLength(2)
    for (const ms of took) expect(ms).toBeGreaterThanOrEqual(0)
    expect(Math.max(...took)).toBeLessThan(10_000)
  })

  scenario('after a stop nothing is handed over, committed or started any more', async world => {
    const topic = await world.harness.createTopic(1)
    await world.harness.produce(topic, 0, values(3))
    const before = await world.join({ topic })
    await world.harness.until('the records', () => before.seen.length === 3)
    await before.stop(true)
    expect(before.engine.mayStart()).toBe(false)
    expect(await world.harness.when(before.engine.commit([{ topic, partition: 0, offset: 2 }]))).toEqual(['lost'])
    before.engine.demandChanged()
    before.engine.seek({ topic, partition: 0, offset: 0 })
    const after = await world.join({ topic })
    await world.harness.produce(topic, 0, values(3, 3))
    await world.harness.until('the records', () => after.seen.length === 6)
    expect(before.seen).toHaveLength(3)
  })

  scenario('a stop without brokers gives up at its deadline', async world => {
    const topic = await world.harness.createTopic(1)
    const probe = await world.join({ topic, breakable: true })
    await world.harness.cut(probe.engine)
    const since = world.harness.clock.now()
    await probe.stop(true, 1_000)
    expect(world.harness.clock.now() - since).toBeLessThan(3_000)
    expect(probe.events('group.left')).toEqual([])
  })

  scenario('a stop before the brokers were ever reached ends the start', async world => {
    const topic = await world.harness.createTopic(1)
    let made: Probe | undefined
    const prepare = (probe: Probe) => {
      made = probe
    }
    const unreachable = { brokers: ['127.0.0.1:1'] }
    const probe = await world.begin({ topic, breakable: true, prepare, settings: unreachable })
    await world.harness.cut(probe.engine)
    await world.harness.until('it to be noticed', () => probe.events('broker.unreachable').length > 0)
    await probe.stop(true, 1_000)
    await world.harness.when(probe.started.catch(() => {}))
    expect(made?.assignments).toEqual([])
  })
}
