import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Kafka, startKafka } from 'racecar-embedded'
import { afterAll, describe, expect, onTestFinished, test } from 'vitest'
import { testProduce } from '../support/produce-command.ts'
import { Api, KafkaProxy } from '../support/proxy.ts'
import { racecarctl } from '../support/racecarctl.ts'

describe('racecarctl produce on the embedded Kafka', () => {
  let kafka: Kafka | undefined
  afterAll(() => kafka?.stop())
  testProduce(async () => {
    kafka = await startKafka()
    return kafka.brokers[0]!
  })
})

test('a broker that stands still after its greeting is waited for ten seconds, not for socket_timeout: 69', async () => {
  await using kafka = await startKafka({ topics: { greetings: 1 } })
  await using proxy = await KafkaProxy.open({ target: Number(kafka.brokers[0]!.split(':')[1]) })
  proxy.onResponse = ({ apiKey }) => (apiKey === Api.Metadata ? new Promise(() => {}) : undefined)
  const folder = mkdtempSync(join(tmpdir(), 'racecarctl-produce-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const since = performance.now()
  const { code, stderr } = await racecarctl(folder, 'produce', '-t', 'greetings', '-v', 'one', '-b', proxy.address)
  expect([code, stderr]).toEqual([
    69,
    `racecarctl: The broker ${proxy.address} has not answered within 10 s. Check the option brokers and that Kafka runs.\n`,
  ])
  expect(performance.now() - since).toBeLessThan(25_000)
})
