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

  scenario('a partition that is added is read from its start where its topic is read from its end', async world => {
    const topic = await world.harness.createTopic(1)
    await world.harness.produce(topic, 0, values(5))
    const probe = await world.join({ topic, startFromBeginning: false })
    await world.harness.addPartitions(topic, 3)
    for (const partition of [1, 2]) await world.harness.produce(topic, partition, values(3))
    await world.harness.until('what is in them', () => probe.seen.length === 6)
    await world.harness.produce(topic, 0, values(2, 5))
    await world.harness.until('what follows', () => probe.values(0).length === 2)
    expect([0, 1, 2].map(partition => probe.beganAt(partition))).toEqual([5, 0, 0])
  })

  scenario('a partition that was added while nobody was there is read from its start as well', async world => {
    const topic = await world.harness.createTopic(2)
    for (const partition of [0, 1]) await world.harness.produce(topic, partition, values(5))
    const before = await world.join({ topic, startFromBeginning: false })
    await world.harness.until('both', () => before.partitions.length === 2)
    await world.harness.produce(topic, 0, values(2, 5))
    await world.harness.until('what follows', () => before.values(0).length === 2)
    await before.leave()
    await world.harness.addPartitions(topic, 4)
    for (const partition of [0, 1, 2, 3]) await world.harness.produce(topic, partition, values(3))
    const after = await world.join({ topic, startFromBeginning: false })
    await world.harness.until('what came meanwhile', () => after.seen.length === 12)
    expect([0, 1, 2, 3].map(partition => after.beganAt(partition))).toEqual([7, 5, 0, 0])
  })

  scenario(
    'a topic is made with as many partitions as another one, and one that is there is left as it is',
    async world => {
      const topic = await world.harness.createTopic(3)
      const probe = await world.join({ topic })
      const made = `${topic}.dead-letter`
      await world.harness.when(probe.engine.createTopic(made, topic))
      await world.harness.when(probe.engine.createTopic(made, made))
      const reader = await world.join({ topic: made, group: 'reader' })
      await world.harness.until('its partitions', () => reader.partitions.length === 3)
      expect(probe.failure).toBeUndefined()
    },
  )

  scenario('a topic that comes late is read from its start where it is read from its end', async world => {
    const topic = `${world.groupId('later')}-topic`
    const probe = await world.join({ topic, startFromBeginning: false })
    await world.harness.createTopic(2, topic)
    for (const partition of [0, 1]) await world.harness.produce(topic, partition, values(3))
    await world.harness.until('its records', () => probe.seen.length === 6)
    expect(probe.failure).toBeUndefined()
  })

  scenario('a topic that came while nobody was there is read from its start as well', async world => {
    const topic = await world.harness.createTopic(1)
    const later = `${world.groupId('since')}-topic`
    const subscriptions = [topic, later].map(name => {
      return { topic: name, startFromBeginning: false, maxBytesPerPartition: 1_048_576 }
    })
    const before = await world.join({ topic, settings: { subscriptions } })
    await world.harness.until('the topic that is there', () => before.partitions.length === 1)
    await before.leave()
    await world.harness.createTopic(2, later)
    for (const partition of [0, 1]) await world.harness.produce(later, partition, values(3))
    const after = await world.join({ topic, settings: { subscriptions } })
    await world.harness.until('what came meanwhile', () => after.seen.length === 6)
  })

  scenario('a topic that comes just before a member is read from its start by that one, too', async world => {
    const topic = `${world.groupId('since')}-topic`
    const before = await world.begin({ topic, startFromBeginning: false })
    await world.harness.until('a word of it', () => before.events('topic.missing').length > 0)
    await world.harness.when(before.started)
    await world.harness.createTopic(4, topic)
    for (const partition of [0, 1, 2, 3]) await world.harness.produce(topic, partition, values(3))
    const after = await world.begin({ topic, startFromBeginning: false })
    await world.harness.until('all of it', () => before.seen.length + after.seen.length === 12)
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
