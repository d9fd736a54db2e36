// A narrow line, on which an answer takes longer than a request may wait in silence: it gets through all the same, and heartbeats
// do not stand in line behind it.

import { expect, test } from 'vitest'
import { allDone, openTrial } from './member.ts'

const BYTES_PER_SECOND = 300_000
const RECORDS = 12
const RECORD_BYTES = 100_000

test('a large answer on a narrow line arrives, and the session is kept meanwhile', { timeout: 40_000 }, async () => {
  await using trial = await openTrial({ partitions: 2 })
  const { harness, topic } = trial
  const settings = { socketTimeout: 1_000, sessionTimeout: 3_000 }
  const { probe, proxy } = await trial.join({ settings })
  proxy.rate(BYTES_PER_SECOND)
  const record = 'x'.repeat(RECORD_BYTES)
  await harness.produce(topic, 0, Array<string>(RECORDS / 2).fill(record))
  await harness.produce(topic, 0, Array<string>(RECORDS / 2).fill(record))
  const began = performance.now()
  await harness.until('the records', () => probe.seen.length === RECORDS)
  expect(performance.now() - began).toBeGreaterThan(settings.sessionTimeout)
  await harness.produce(topic, 1, ['one more'])
  await allDone(trial, [probe], RECORDS + 1)
  expect(probe.seen).toHaveLength(RECORDS + 1)
  expect(probe.events('group.joined')).toHaveLength(1)
})
