// Row 73: what is produced to a partition before anybody knows of it is not lost, even where the topic is read from its end.

import { expect, test } from 'vitest'
import { values } from '../../contract/world.ts'
import { openTrial } from './member.ts'

test('an added partition is read from its start, a topic that was there from its end', async () => {
  await using trial = await openTrial({ partitions: 1 })
  const { harness, topic, world } = trial
  await harness.produce(topic, 0, values(5))
  const subscriptions = [{ topic, startFromBeginning: false, maxBytesPerPartition: 1_048_576 }]
  const { probe } = await trial.join({ settings: { subscriptions } })
  await harness.addPartitions(topic, 3)
  for (const partition of [1, 2]) await harness.produce(topic, partition, values(3))
  await harness.until('what is in them', () => probe.seen.length === 6)
  await harness.produce(topic, 0, values(2, 5))
  await harness.until('what follows', () => probe.values(0).length === 2)
  expect([0, 1, 2].map(partition => probe.beganAt(partition))).toEqual([5, 0, 0])
  await harness.until(
    'committed = end',
    async () => String(await harness.committed(world.groupId(), topic)) === '7,3,3',
  )
})
