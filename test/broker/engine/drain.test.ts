// Rule 1: a rebalance waits for what is in hand, for longer than a session, and the member that finishes it is not put out: it
// beats on with its last generation. What it finished is committed before anybody else begins.

import { expect, test } from 'vitest'
import { deferred } from '../../../src/lib/deferred.ts'
import { SESSION, values } from '../../contract/world.ts'
import { Api } from '../../support/proxy.ts'
import { openTrial } from './member.ts'

for (const strategy of ['range', 'cooperative-sticky'] as const) {
  test(`what is in hand is finished and committed before the next owner begins, however long it takes: ${strategy}`, async () => {
    await using trial = await openTrial({ partitions: 2 })
    const { harness, topic } = trial
    const { probe: busy, proxy } = await trial.join({ strategy })
    for (const partition of [0, 1]) await harness.produce(topic, partition, values(4))
    await harness.until('the first records', () => busy.seen.length === 8)

    const settle = busy.whenRevoked
    const finished = deferred()
    const asked = deferred()
    busy.whenRevoked = async gone => {
      asked.resolve()
      await finished.promise
      await settle(gone)
    }
    const { probe: next } = await trial.join({ strategy, wait: false })
    await asked.promise
    // More beats than a session has: without them the group would go on without it.
    await proxy.next(Api.Heartbeat, Math.ceil((SESSION * 1.3) / 300))
    expect(next.partitions).toEqual([])
    expect(busy.losses).toEqual([])
    finished.resolve()
    await harness.until('each has one', () => next.partitions.length === 1 && busy.partitions.length === 1)
    expect(next.beganAt(next.partitions[0]!)).toBe(4)
    expect(busy.losses).toEqual([])
  })
}
