import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { brokers, privateBroker } from '../support/broker.ts'
import { testProduce } from '../support/produce-command.ts'
import { racecarctl } from '../support/racecarctl.ts'
import { TestTopics } from '../support/topics.ts'

describe('racecarctl produce on Apache Kafka', () => testProduce(brokers))

test('racecarctl produce creates no topic even where the broker would create any that is asked for: 69', async () => {
  await using kafka = await privateBroker({ settings: { 'auto.create.topics.enable': true } })
  const folder = mkdtempSync(join(tmpdir(), 'racecarctl-produce-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const topics = await TestTopics.open(kafka.address)
  const { code, stderr } = await racecarctl(folder, 'produce', '-t', 'greetings', '-v', 'one', '-b', kafka.address)
  const known = await topics.admin.listTopics()
  await topics.close()
  expect([code, stderr]).toEqual([69, expect.stringContaining('The topic greetings does not exist')])
  expect(known).not.toContain('greetings')
})
