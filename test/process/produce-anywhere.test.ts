// What a worker's code produces, by this.produce() and otherwise, as Java sees it: with partition, key, time and headers; and what is
// still on its way at a stop is stored within its deadline.

import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { brokers, kafkaProgram } from '../support/broker.ts'
import { Scenario } from '../support/scenario.ts'

const producing = fileURLToPath(new URL('../fixtures/consumers/producing-consumer.ts', import.meta.url))

/** Each message as a line of what Java's console consumer prints of it. */
async function seenByJava(kafka: string, topic: string, partition: number): Promise<string[]> {
  const shown = ['timestamp', 'partition', 'key', 'headers']
  const { command, args } = await kafkaProgram('org.apache.kafka.tools.consumer.ConsoleConsumer', [
    ...['--bootstrap-server', kafka, '--topic', topic, '--partition', `${partition}`, '--offset', 'earliest'],
    ...['--max-messages', '3', '--timeout-ms', '30000'],
    ...shown.flatMap(name => ['--formatter-property', `print.${name}=true`]),
  ])
  const { stdout } = await promisify(execFile)(command, ['-Dfile.encoding=UTF-8', '-Dstdout.encoding=UTF-8', ...args])
  return stdout.trimEnd().split('\n')
}

test('Java sees what was produced as it was meant, and a stop stores what is on its way', async () => {
  const kafka = await brokers()
  await using scenario = await Scenario.open('producing', { kafka, partitions: 1 })
  const out = await scenario.topics.create('produced', { partitions: 2 })
  const racecar = scenario.racecar({ workers: 1, consumer: [producing, 'ProducingConsumer'], env: { OUT: out } })
  await scenario.topics.produce(scenario.topic, [{ partition: 0, value: 'one' }])
  const stored = () => racecar.all('line').find(({ from }) => from === 'ProducingConsumer')
  await scenario.until('the line of the handler', () => stored() !== undefined)
  expect(stored()).toMatchObject({ message: 'stored at 1@1', partition: 0, offset: 0 })
  expect(await scenario.stop(racecar)).toEqual([0, null])
  expect((await scenario.topics.ends(out)).map(({ high }) => high)).toEqual([1000, 3])
  const about = `CreateTime:${Date.UTC(2026, 5, 1)}\tPartition:1\ta:b,bytes:c,none:null\tключ\t`
  expect(await seenByJava(kafka, out, 1)).toEqual(
    ['one by this', 'one by produceSync', 'one by produceAsync'].map(value => about + value),
  )
  await scenario.expectNothingLeft()
})
