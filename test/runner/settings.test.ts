import { expect, test } from 'vitest'
import { engineSettings } from '../../src/runner/settings.ts'
import { defaults, describe } from './rig.ts'

const MEGABYTE = 1_048_576
const identity = { groupId: 'orders-consumer', instanceId: null }
const one = { startFromBeginning: true, maxBytesPerPartition: MEGABYTE }

test('what a subscription says by librdkafka’s names goes before what consumer says, and that before the class', () => {
  const subscriptions = [
    { ...one, topic: 'a' },
    { ...one, topic: 'b', additionalConfig: { 'max.partition.fetch.bytes': '512' } },
    { ...one, topic: 'c', additionalConfig: { 'auto.offset.reset': 'earliest', 'check.crcs': 'true' } },
  ]
  const config = { ...defaults, consumer: ['auto.offset.reset=latest', 'max.partition.fetch.bytes=4096'] }
  const later = { name: 'b.later', of: 'b', delay: 5000, stage: 0, next: undefined }
  const declared = {
    ...describe('process'),
    subscriptions,
    retryTopics: [later],
    deadLetterTopics: ['a.dead-letter', 'all.dead', 'all.dead'],
  }
  expect(engineSettings(config, declared as never, identity).subscriptions).toEqual([
    { topic: 'a', startFromBeginning: false, maxBytesPerPartition: 4096 },
    { topic: 'b', startFromBeginning: false, maxBytesPerPartition: 512 },
    { topic: 'c', startFromBeginning: true, maxBytesPerPartition: 4096 },
    { topic: 'b.later', startFromBeginning: true, maxBytesPerPartition: 512 },
  ])
  const { writes } = engineSettings(config, declared as never, identity)
  expect(writes).toEqual(['b.later', 'a.dead-letter', 'all.dead'])
  expect(engineSettings(defaults, declared as never, identity).subscriptions.slice(0, 2)).toEqual([
    { ...one, topic: 'a' },
    { ...one, topic: 'b', maxBytesPerPartition: 512 },
  ])
})
