// Rows 58 and 61: the group's coordinator moves to another broker, and then that broker is killed and comes back. Within the session
// it is nothing to the group: the same generation, nothing lost.

import { expect, test } from 'vitest'
import { values } from '../../contract/world.ts'
import { twoBrokers } from '../../support/broker.ts'
import { allDone, openTrial, type Trial } from './member.ts'

const OFFSETS = '__consumer_offsets'

async function coordinateBy({ harness }: Trial, broker: number): Promise<void> {
  for (const partition of [0, 1, 2, 3, 4]) await harness.topics.move(OFFSETS, partition, [broker])
}

test('a coordinator that moves, is killed and comes back costs no generation and no record', {
  timeout: 90_000,
}, async () => {
  const cluster = await twoBrokers()
  await using trial = await openTrial({ at: cluster.address, replicas: [[1], [2], [1], [2]] })
  const { harness, topic } = trial
  await coordinateBy(trial, 1)
  const settings = { brokers: cluster.address.split(','), sessionTimeout: 30_000 }
  const { probe: one } = await trial.join({ instance: 'one', settings })
  const { probe: two } = await trial.join({ instance: 'two', settings })
  await trial.world.balanced([
    [one, 2],
    [two, 2],
  ])
  const generations = [one.generation, two.generation]
  let produced = 0
  const flows = async (partitions: readonly number[]) => {
    for (const partition of partitions) await harness.produce(topic, partition, values(5, produced))
    produced += 5 * partitions.length
    await harness.until(`${produced} records`, () => new Set([...one.seen, ...two.seen]).size >= produced)
  }

  await flows([0, 1, 2, 3])
  await coordinateBy(trial, 2)
  await flows([0, 1, 2, 3])
  await cluster.brokers[1]!.kill()
  try {
    await flows([0, 2])
  } finally {
    await cluster.brokers[1]!.start()
  }
  await flows([0, 2])
  // By a producer that has not known the topic without its leaders: kafkajs keeps to what it has once heard.
  await harness.topics.renew()
  await flows([0, 1, 2, 3])
  await allDone(trial, [one, two], produced)
  expect([one.generation, two.generation]).toEqual(generations)
  expect([...one.losses, ...two.losses]).toEqual([])
  expect([one.failure, two.failure]).toEqual([undefined, undefined])
})
