// Rule 9: an answer that never comes is waited for no longer than its request may take, and for a join no longer than beats show
// that the group has gone on without it.

import { expect, test } from 'vitest'
import { values } from '../../contract/world.ts'
import { Api, type KafkaProxy } from '../../support/proxy.ts'
import { allDone, openTrial } from './member.ts'

const BRISK = { socketTimeout: 1_000, rebalanceTimeout: 120_000 }

/** The next answer is lost, its request carried out. Says whether that has happened. */
function lose(proxy: KafkaProxy, apiKey: number): () => boolean {
  let isLost = false
  proxy.onResponse = head => {
    if (isLost || head.apiKey !== apiKey) return undefined
    isLost = true
    return 'drop'
  }
  return () => isLost
}

for (const api of ['FindCoordinator', 'Metadata', 'OffsetFetch', 'ListOffsets', 'ApiVersions'] as const) {
  test(`a start goes on without the first answer to ${api}`, { timeout: 30_000 }, async () => {
    await using trial = await openTrial()
    for (const partition of [0, 1]) await trial.harness.produce(trial.topic, partition, values(5))
    const { probe, proxy } = await trial.join({ wait: false, settings: BRISK })
    const isLost = lose(proxy, Api[api])
    await probe.started
    expect(isLost()).toBe(true)
    await allDone(trial, [probe], 10)
  })
}

for (const api of ['Heartbeat', 'OffsetCommit', 'Fetch'] as const) {
  test(`a member at work goes on without an answer to ${api}, in the same generation`, {
    timeout: 30_000,
  }, async () => {
    await using trial = await openTrial()
    const { probe, proxy } = await trial.join({ settings: BRISK })
    const isLost = lose(proxy, Api[api])
    for (const partition of [0, 1]) await trial.harness.produce(trial.topic, partition, values(5))
    await trial.harness.until('the loss', isLost)
    const asksAgain = proxy.next(Api[api])
    for (const partition of [0, 1]) await trial.harness.produce(trial.topic, partition, values(5, 5))
    await asksAgain
    await allDone(trial, [probe], 20)
    expect(probe.events('group.joined')).toHaveLength(1)
  })
}

for (const [api, strategy] of [
  ['JoinGroup', 'cooperative-sticky'],
  ['JoinGroup', 'range'],
  ['SyncGroup', 'cooperative-sticky'],
] as const) {
  test(`a rebalance ends although an answer to ${api} never comes: ${strategy}`, { timeout: 40_000 }, async () => {
    const settings = { ...BRISK, sessionTimeout: 3_000 }
    await using trial = await openTrial({ partitions: 4 })
    const { probe: one, proxy } = await trial.join({ strategy, settings })
    const isLost = lose(proxy, Api[api])
    const { probe: two } = await trial.join({ strategy, wait: false, settings })
    await trial.world.balanced([
      [one, 2],
      [two, 2],
    ])
    expect(isLost()).toBe(true)
    for (const partition of [0, 1, 2, 3]) await trial.harness.produce(trial.topic, partition, values(5))
    await allDone(trial, [one, two], 20)
  })
}
