// Row 64: a line that takes everything and gives nothing back, at every stage of a member's life. After it heals the member goes
// on within its socket timeout and a little; and no connection that has gone dead is used for ever.

import { expect, test } from 'vitest'
import { values } from '../../contract/world.ts'
import type { KafkaHarness } from '../../support/kafka-harness.ts'
import { Api, type KafkaProxy } from '../../support/proxy.ts'
import { allDone, openTrial } from './member.ts'

const BRISK = { socketTimeout: 1_500 }
const SLACK = 5_000

/** Lets nothing through as soon as a request of this API is on its way. */
function swallowAt(proxy: KafkaProxy, apiKey: number): Promise<void> {
  return new Promise(resolve => {
    proxy.onRequest = head => {
      if (head.apiKey !== apiKey) return undefined
      proxy.onRequest = undefined
      proxy.blackHole()
      resolve()
      return undefined
    }
  })
}

/** What was sent has been given up: another connection is tried. None of the swallowed ones is seen to end. */
function knocksAgain(harness: KafkaHarness, proxy: KafkaProxy): Promise<void> {
  const before = proxy.connections
  return harness.until('another connection', () => proxy.connections > before)
}

const since = (at: number): number => performance.now() - at

for (const api of ['ApiVersions', 'Metadata', 'FindCoordinator', 'JoinGroup', 'SyncGroup', 'OffsetFetch'] as const) {
  test(`a start into a black hole at ${api} is finished when it heals`, { timeout: 30_000 }, async () => {
    await using trial = await openTrial()
    for (const partition of [0, 1]) await trial.harness.produce(trial.topic, partition, values(5))
    const { probe, proxy } = await trial.join({ wait: false, settings: BRISK })
    await swallowAt(proxy, Api[api])
    await knocksAgain(trial.harness, proxy)
    const healed = performance.now()
    await proxy.heal()
    await allDone(trial, [probe], 10)
    expect(since(healed)).toBeLessThan(BRISK.socketTimeout + SLACK)
    expect(probe.failure).toBeUndefined()
  })
}

for (const api of ['Heartbeat', 'OffsetCommit', 'Fetch'] as const) {
  test(`a member at work that is swallowed at ${api} keeps its place, within a session`, {
    timeout: 30_000,
  }, async () => {
    await using trial = await openTrial()
    const { probe, proxy } = await trial.join({ settings: BRISK })
    for (const partition of [0, 1]) await trial.harness.produce(trial.topic, partition, values(5))
    await swallowAt(proxy, Api[api])
    for (const partition of [0, 1]) await trial.harness.produce(trial.topic, partition, values(5, 5))
    await knocksAgain(trial.harness, proxy)
    const healed = performance.now()
    await proxy.heal()
    await allDone(trial, [probe], 20)
    expect(since(healed)).toBeLessThan(BRISK.socketTimeout + SLACK)
    expect(probe.events('group.joined')).toHaveLength(1)
  })
}

test('connections that have gone dead without a word are replaced, and the session is kept', async () => {
  await using trial = await openTrial()
  const { probe, proxy } = await trial.join({ settings: BRISK })
  for (const partition of [0, 1]) await trial.harness.produce(trial.topic, partition, values(5))
  await allDone(trial, [probe], 10)
  proxy.strand()
  const stranded = performance.now()
  for (const partition of [0, 1]) await trial.harness.produce(trial.topic, partition, values(5, 5))
  await allDone(trial, [probe], 20)
  expect(since(stranded)).toBeLessThan(BRISK.socketTimeout + SLACK)
  expect(probe.events('group.joined')).toHaveLength(1)
  expect(probe.losses).toEqual([])
})

test('a stop in a black hole ends at its deadline', async () => {
  await using trial = await openTrial()
  const { probe, proxy } = await trial.join()
  proxy.blackHole()
  const asked = performance.now()
  await probe.stop(true, 800)
  expect(since(asked)).toBeLessThan(2_000)
  await proxy.heal()
})
