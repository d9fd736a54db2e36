// Topics that change while a group runs.

import { expect } from 'vitest'
import type { Scenario } from './scenario.ts'
import { values } from './world.ts'

export function topics(scenario: Scenario): void {
  scenario('a partition that is added is found and read from its start', async world => {
    const topic = await world.harness.createTopic(1)
    const probe = await world.join({ topic })
    await world.harness.addPartitions(topic, 2)
    await world.harness.produce(topic, 1, values(3))
    await world.harness.until('the new partition', () => probe.values(1).length === 3)
    expect(probe.values()).toEqual(values(3))
    expect(probe.partitions).toEqual([0, 1])
  })

  scenario('a topic that is not there is named and waited for', async world => {
    const topic = `${world.groupId('late')}-topic`
    const probe = await world.begin({ topic })
    await world.harness.until('a word of it', () => probe.events('topic.missing').length > 0)
    expect(probe.events('topic.missing')[0]).toEqual({ topic })
    await world.harness.createTopic(2, topic)
    await world.harness.produce(topic, 1, values(3))
    await world.harness.until('its records', () => probe.values(1).length === 3)
    expect(probe.failure).toBeUndefined()
  })

  scenario('a member for whom there is no partition starts all the same', async world => {
    const topic = await world.harness.createTopic(1)
    await world.join({ topic })
    const idle = await world.join({ topic })
    expect(idle.owned.size).toBe(0)
    expect(idle.engine.mayStart()).toBe(true)
  })
}
