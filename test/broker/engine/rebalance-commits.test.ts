// Rule 6: in a cooperative rebalance the partitions that stay go on, and their commits too. One that the coordinator refuses because
// it waits for the plan of the leader is asked for again under the new generation, and lands.

import { expect, test } from 'vitest'
import { deferred } from '../../../src/lib/deferred.ts'
import { values } from '../../contract/world.ts'
import { Api } from '../../support/proxy.ts'
import { allDone, openTrial } from './member.ts'

test('commits of what stays land, although some of them came in the middle of a rebalance', async () => {
  await using trial = await openTrial({ partitions: 4 })
  const { harness, topic } = trial
  const { probe: leader, proxy } = await trial.join()
  // The group has its new generation, and waits: whoever commits now is told to.
  const plan = deferred()
  const isPlanned = deferred()
  proxy.onRequest = async ({ apiKey }) => {
    if (apiKey !== Api.SyncGroup) return undefined
    isPlanned.resolve()
    await plan.promise
    return undefined
  }
  const { probe: other } = await trial.join({ wait: false })
  await isPlanned.promise
  for (const partition of [0, 1, 2, 3]) await harness.produce(topic, partition, values(5))
  await harness.until('the records, at the one that keeps them for now', () => leader.seen.length === 20)
  const offsets = [0, 1, 2, 3].map(partition => ({ topic, partition, offset: 5 }))
  expect(new Set(await leader.engine.commit(offsets))).toEqual(new Set(['retry']))
  expect(leader.losses).toEqual([])
  plan.resolve()
  await harness.until('they share', () => leader.owned.size === 2 && other.owned.size === 2)
  await allDone(trial, [leader, other], 20)
  expect(leader.seen).toHaveLength(20)
  expect(other.seen).toHaveLength(0)
})
