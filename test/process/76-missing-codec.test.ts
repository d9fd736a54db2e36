import { expect, test } from 'vitest'
import { brokers } from '../support/broker.ts'
import { type Acknowledged, where } from '../support/ledger.ts'
import type { RacecarProcess } from '../support/racecar-process.ts'
import { Scenario } from '../support/scenario.ts'

const shim = new URL('../fixtures/without-package.mjs', import.meta.url)
const WITHOUT_LZ4 = { NODE_OPTIONS: `--import=${shim}`, WITHOUT_PACKAGE: 'lz4-napi' }

const taken = (racecar: RacecarProcess) =>
  new Set(racecar.all('partitions.assigned').flatMap(({ partitions }) => (partitions as Acknowledged[]).map(where)))

test('records in a codec that cannot be loaded end racecar with a word on where they are, and are not skipped', async () => {
  await using scenario = await Scenario.open('codec', { kafka: await brokers(), partitions: 2 })
  const { topic, topics } = scenario
  // The broker compresses what it stores as the topic says, whatever a producer sends.
  const packed = await topics.create('packed', { partitions: 2, config: { 'compression.type': 'lz4' } })
  const racecar = scenario.racecar({ workers: 2, env: { TOPICS: `${topic},${packed}`, ...WITHOUT_LZ4 } })
  await racecar.until('all partitions taken', () => taken(racecar).size === 4)
  await scenario.send(Array(10).fill({}))
  await scenario.handledAll()
  await scenario.committedAll()

  await topics.produce(packed, [{ partition: 1, value: JSON.stringify({ seq: -1, pad: 'x'.repeat(1000) }) }])
  expect(await scenario.ended(racecar)).toEqual([78, null])
  const why = 'what is compressed with lz4, but the package lz4-napi cannot be loaded: no binary for this platform'
  expect(racecar.stderr).toContain(`${packed}/1 holds at offset 0 ${why}`)
  expect(racecar.stderr).toContain('Install the packages of racecar anew')
  expect(racecar.all('slot.forked')).toHaveLength(2)
  expect(racecar.all('fetch.failed')).toEqual([])
  expect(await topics.committed(scenario.group, packed)).toEqual([0, 0])
  expect(scenario.ledger.lost(scenario.acknowledged)).toEqual([])
  await scenario.expectNothingLeft()
})

test('a codec for what is produced that cannot be loaded is refused at the start', async () => {
  await using scenario = await Scenario.open('codec', { kafka: await brokers() })
  const racecar = scenario.racecar({ workers: 1, args: ['--producer-compression-codec', 'lz4'], env: WITHOUT_LZ4 })
  expect(await scenario.ended(racecar)).toEqual([78, null])
  expect(racecar.stderr).toContain(
    'producer_compression_codec is lz4, but the package lz4-napi cannot be loaded: no binary for this platform',
  )
  // Before the user's class is made, so that a restart which meets it leaves the old workers in place.
  expect(racecar.all('worker.started')).toEqual([])
  expect(racecar.all('slot.forked')).toHaveLength(1)
  await scenario.expectNothingLeft()
})
