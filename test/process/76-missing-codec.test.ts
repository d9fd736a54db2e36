import { expect, test } from 'vitest'
import { brokers } from '../support/broker.ts'
import { type Acknowledged, where } from '../support/ledger.ts'
import type { RacecarProcess } from '../support/racecar-process.ts'
import { Scenario } from '../support/scenario.ts'

const taken = (racecar: RacecarProcess) =>
  new Set(racecar.all('partitions.assigned').flatMap(({ partitions }) => (partitions as Acknowledged[]).map(where)))

// The broker compresses what it stores as the topic says, whatever a producer sends.
for (const codec of ['snappy', 'lz4', 'zstd']) {
  test(`records in a codec that is not installed end racecar with a word on where they are, and are not skipped: ${codec}`, async () => {
    await using scenario = await Scenario.open('codec', { kafka: await brokers(), partitions: 2 })
    const { topic, topics } = scenario
    const packed = await topics.create('packed', { partitions: 2, config: { 'compression.type': codec } })
    const racecar = scenario.racecar({ workers: 2, env: { TOPICS: `${topic},${packed}` } })
    await racecar.until('all partitions taken', () => taken(racecar).size === 4)
    await scenario.send(Array(10).fill({}))
    await scenario.handledAll()
    await scenario.committedAll()

    await topics.produce(packed, [{ partition: 1, value: JSON.stringify({ seq: -1, pad: 'x'.repeat(1000) }) }])
    expect(await scenario.ended(racecar)).toEqual([78, null])
    expect(racecar.stderr).toContain(`${packed}/1 holds at offset 0 what is compressed with ${codec}`)
    expect(racecar.stderr).toContain('Set compression.type')
    expect(racecar.all('slot.forked')).toHaveLength(2)
    expect(racecar.all('fetch.failed')).toEqual([])
    expect(await topics.committed(scenario.group, packed)).toEqual([0, 0])
    expect(scenario.ledger.lost(scenario.acknowledged)).toEqual([])
    await scenario.expectNothingLeft()
  })
}
