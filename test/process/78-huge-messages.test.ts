import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { brokers } from '../support/broker.ts'
import { now } from '../support/ledger.ts'
import { millis, print, Scenario } from '../support/scenario.ts'

const measuring = fileURLToPath(new URL('../fixtures/consumers/measuring-consumer.ts', import.meta.url))
const MB = 1024 * 1024
const SIZE = 20 * MB
const PARTITIONS = 3
const EACH = 6
const HANDLER_MS = 250

/** The most memory that the process ever had resident. */
const peakOf = (pid: number): number =>
  Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]) * 1024

test('messages larger than any fetch is asked for are delivered, and no more of them wait than the memory bound has room for', async () => {
  const config = { 'max.message.bytes': String(32 * MB) }
  await using scenario = await Scenario.open('huge', { kafka: await brokers(), partitions: PARTITIONS, config })
  const { acknowledged, producer, topic } = scenario
  const huge = Buffer.alloc(SIZE, 'x')
  for (let i = 0; i < PARTITIONS * EACH; i++) {
    const partition = i % PARTITIONS
    const [sent] = await producer.send({ topic, messages: [{ partition, value: huge }] })
    const offset = Number(sent!.baseOffset)
    acknowledged.push({ topic, partition, offset, key: null, seq: offset })
  }

  const began = now()
  const racecar = scenario.racecar({
    workers: 1,
    consumer: [measuring, 'MeasuringConsumer'],
    env: { HANDLER_MS: `${HANDLER_MS}` },
    args: ['--prefetch-max-bytes', `${32 * MB}`, '--max-bytes', `${10 * MB}`],
  })
  await scenario.handledAll()
  const took = now() - began
  const peak = peakOf(racecar.workers()[0]!)

  const lines = readFileSync(scenario.ledgerFile, 'utf8').trimEnd().split('\n')
  const notes = lines.map(line => JSON.parse(line) as { what: string; size?: number })
  const sizes = notes.filter(({ what }) => what === 'end').map(({ size }) => size)
  expect(sizes).toEqual(Array(PARTITIONS * EACH).fill(SIZE))
  expect(racecar.all('fetch.failed')).toEqual([])
  // Less than all of it: what is in hand and what is on its way are there besides what waits.
  expect(peak).toBeLessThan(320 * MB)
  expect(await scenario.stop(racecar)).toEqual([0, null])
  await scenario.expectWhole()
  await scenario.expectNothingLeft()
  print(
    `row 78: ${PARTITIONS * EACH} messages of 20 MB in ${millis(took)}, the worker at most ${Math.round(peak / MB)} MB`,
  )
})
