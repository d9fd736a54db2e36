// The embedded Kafka by Kafka's own programs.

import { type Kafka, startKafka } from 'racecar-embedded'
import { expect, test } from 'vitest'
import { runKafka } from '../support/java.ts'

const run = (kafka: Kafka, program: string, args: readonly string[], input?: string): Promise<string> =>
  runKafka(program, ['--bootstrap-server', kafka.brokers.join(), ...args], input)

test('Java creates topics, produces, in transactions too, consumes by both protocols of groups, and describes', async () => {
  await using kafka = await startKafka({ brokers: 2 })
  expect(await run(kafka, 'TopicCommand', ['--create', '--topic', 'orders', '--partitions', '3'])).toContain(
    'Created topic orders.',
  )
  const values = Array.from({ length: 100 }, (_, i) => `order ${i}`)
  await run(kafka, 'ConsoleProducer', ['--topic', 'orders', '--compression-codec', 'zstd'], `${values.join('\n')}\n`)
  const transactional = ['--transactional-id', 'java', '--transaction-duration-ms', '100', '--throughput', '-1']
  await run(kafka, 'ProducerPerformance', [
    '--topic',
    'orders',
    '--num-records',
    '1000',
    '--record-size',
    '10',
    ...transactional,
  ])

  for (const protocol of ['classic', 'consumer']) {
    const options = ['--isolation-level', 'read_committed', '--command-property', `group.protocol=${protocol}`]
    const all = ['--topic', 'orders', '--from-beginning', '--max-messages', '1100', '--group', protocol]
    const lines = (await run(kafka, 'consumer.ConsoleConsumer', [...all, ...options])).split('\n')
    expect(lines.filter(line => line.startsWith('order ')).sort()).toEqual([...values].sort())
    const described = await run(kafka, 'consumer.group.ConsumerGroupCommand', ['--describe', '--group', protocol])
    expect(described).toMatch(new RegExp(`${protocol} +orders +2 +\\d+ +\\d+ +\\d+`))
  }
  expect(await run(kafka, 'TopicCommand', ['--describe'])).toMatch(/Topic: orders\s+Partition: 2\s+Leader: [01]/)
}, 120_000)
