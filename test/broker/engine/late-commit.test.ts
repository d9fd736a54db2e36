// Rule 6: a commit of an old generation never lands. One is held back on its way while the partition moves to another member,
// who commits further; when it is let go, what is stored must not go back.

import { expect, test } from 'vitest'
import { deferred } from '../../../src/lib/deferred.ts'
import { values } from '../../contract/world.ts'
import { Api } from '../../support/proxy.ts'
import { openTrial } from './member.ts'

for (const strategy of ['range', 'cooperative-sticky'] as const) {
  test(`a commit that arrives after the partition has moved changes nothing: ${strategy}`, async () => {
    await using trial = await openTrial({ partitions: 2 })
    const { harness, topic, world } = trial
    const { probe: old, proxy } = await trial.join({ strategy })
    for (const partition of [0, 1]) await harness.produce(topic, partition, values(10))
    await harness.until('all are committed', async () =>
      (await harness.committed(world.groupId(), topic)).every(offset => offset === 10),
    )

    const release = deferred()
    let held = 0
    proxy.onRequest = async ({ apiKey }) => {
      if (apiKey !== Api.OffsetCommit) return undefined
      held += 1
      await release.promise
      return undefined
    }
    const late = old.engine.commit([0, 1].map(partition => ({ topic, partition, offset: 3 })))
    await harness.until('the commit is on its way', () => held > 0)
    old.doomed = true
    // It no longer answers for its partitions: the session ends, and the others take over.
    proxy.refuse()
    const { probe: next } = await trial.join({ strategy })
    await harness.until('the next member has both', () => next.partitions.length === 2)
    for (const partition of [0, 1]) await harness.produce(topic, partition, values(5, 10))
    const stored = () => harness.committed(world.groupId(), topic)
    await harness.until('the next member has committed', async () => (await stored()).every(offset => offset === 15))
    release.resolve()
    expect(await late).not.toContain('committed')
    expect(await stored()).toEqual([15, 15])
  })
}
