// Rule 4: a static member is given its old share when it comes back, so it has to notice by itself that its topics, or their
// partitions, are others now, and make the group plan again.

import { expect, test } from 'vitest'
import type { EngineSettings } from '../../../src/engine/engine.ts'
import { values } from '../../contract/world.ts'
import { openTrial } from './member.ts'

const to = (...topics: string[]): Partial<EngineSettings> => ({
  subscriptions: topics.map(topic => ({ topic, startFromBeginning: true, maxBytesPerPartition: 1_048_576 })),
})

for (const strategy of ['cooperative-sticky', 'range', 'roundrobin'] as const) {
  test(`a static member that comes back with a topic more consumes it, and with one less lets it go: ${strategy}`, async () => {
    await using trial = await openTrial({ partitions: 2 })
    const { harness, topic } = trial
    const added = await harness.createTopic(2)
    const { probe: other } = await trial.join({ strategy, instance: 'other', settings: to(topic) })
    const { probe: before } = await trial.join({ strategy, instance: 'slot', settings: to(topic) })
    await harness.until('they share', () => other.owned.size === 1 && before.owned.size === 1)

    await before.stop(false)
    const { probe: more } = await trial.join({ strategy, instance: 'slot', settings: to(topic, added) })
    for (const partition of [0, 1]) await harness.produce(added, partition, values(3))
    await harness.until(
      'the new topic is consumed',
      () => more.seen.filter(record => record.topic === added).length === 6,
    )

    await more.stop(false)
    const { probe: less } = await trial.join({ strategy, instance: 'slot', settings: to(topic) })
    for (const partition of [0, 1]) await harness.produce(topic, partition, values(3))
    const seen = () => [...other.seen, ...less.seen].filter(record => record.topic === topic)
    await harness.until(
      'the old topic flows',
      () => new Set(seen().map(({ partition, offset }) => `${partition}@${offset}`)).size === 6,
    )
    expect(less.seen.filter(record => record.topic === added)).toEqual([])
  })
}

test('partitions that are added while the leader of the group is dead are found by its replacement', async () => {
  await using trial = await openTrial({ partitions: 2 })
  const { harness, topic } = trial
  const { probe: leader } = await trial.join({ instance: 'leader' })
  const { probe: other } = await trial.join({ instance: 'other' })
  await harness.until('they share', () => leader.owned.size === 1 && other.owned.size === 1)
  expect(leader.events('group.joined').at(-1)?.leader).toBe(true)
  await leader.crash()
  await harness.addPartitions(topic, 4)
  for (const partition of [2, 3]) await harness.produce(topic, partition, values(3))
  const { probe: next } = await trial.join({ instance: 'leader' })
  const added = () => [...next.seen, ...other.seen].filter(({ partition }) => partition >= 2)
  await harness.until('the added ones are consumed', () => added().length === 6)
})
