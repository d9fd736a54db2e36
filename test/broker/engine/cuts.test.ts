// Row 63: connections that are cut again and again. Progress goes on, nothing is lost, and nobody is put out of the group.

import { expect, test } from 'vitest'
import { values } from '../../contract/world.ts'
import { allDone, openTrial } from './member.ts'

const CUTS = 20
const EVERY_MS = 200

for (const how of ['rst', 'fin'] as const) {
  test(`connections that are cut every ${EVERY_MS} ms: ${how}`, { timeout: 40_000 }, async () => {
    await using trial = await openTrial()
    const { harness, topic } = trial
    const { probe, proxy } = await trial.join({ instance: 'cut' })
    let cuts = 0
    const cutting = setInterval(() => {
      proxy.cut(how)
      if (++cuts === CUTS) clearInterval(cutting)
    }, EVERY_MS)
    let produced = 0
    while (cuts < CUTS) {
      for (const partition of [0, 1]) await harness.produce(topic, partition, values(5, produced / 2))
      produced += 10
      const wanted = cuts + 1
      await harness.until('the next cut', () => cuts >= Math.min(wanted, CUTS))
    }
    await allDone(trial, [probe], produced)
    expect(produced).toBeGreaterThan(CUTS)
    expect(probe.losses).toEqual([])
    expect(probe.events('group.joined')).toHaveLength(1)
    expect(probe.seen).toHaveLength(produced)
  })
}
