import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { brokers } from '../support/broker.ts'
import { letter, testDeadLetters } from '../support/dead-letter-command.ts'
import { racecarctl } from '../support/racecarctl.ts'
import { TestTopics } from '../support/topics.ts'

describe('racecarctl dead-letter on Apache Kafka', () => testDeadLetters(brokers))

test('purge says why the broker deletes nothing of a compacted topic, and nothing is deleted: 1', async () => {
  const address = await brokers()
  const topics = await TestTopics.open(address)
  onTestFinished(() => topics.close())
  const folder = mkdtempSync(join(tmpdir(), 'racecarctl-dead-letter-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const to = await topics.create('ctl-dead-letter-compacted', {
    partitions: 2,
    config: { 'cleanup.policy': 'compact' },
  })
  await topics.produce(to, [letter('orders', 0)])
  const args = ['--dead-letter-topic', to, '--before', '0/1', '--yes', '--brokers', address]
  const { code, stdout, stderr } = await racecarctl(folder, 'dead-letter', 'purge', ...args)
  expect([code, stdout]).toEqual([1, `${to}: nothing is deleted.\n`])
  expect(stderr).toContain('0/1: the broker deletes no records of this topic, since its cleanup.policy is compact')
  expect((await topics.ends(to))[0]).toEqual({ low: 0, high: 1 })
})
