import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Message } from 'kafkajs'
import { expect, test } from 'vitest'
import { Scenario } from '../support/scenario.ts'

const unruly = fileURLToPath(new URL('../fixtures/consumers/unruly-consumer.ts', import.meta.url))
const COUNT = 210

/** What the handler is to see of message number i; neighbours of all kinds, and of all sizes. */
const shapes: ((i: number) => { key: string | null; value: string | null })[] = [
  i => ({ key: `key-${i}`, value: `value-${i}`.repeat(1 + (i % 40)) }),
  i => ({ key: null, value: `without a key ${i}` }),
  i => ({ key: `tombstone-${i}`, value: null }),
  () => ({ key: null, value: null }),
  () => ({ key: '', value: '' }),
  i => ({ key: `schlüssel-${i}`, value: `größe ☃ ${i}` }),
  i => ({ key: `long-${i}`, value: `${i}`.repeat(5000) }),
]
const expected = Array.from({ length: COUNT }, (_, i) => shapes[i % shapes.length]!(i))

test('keys and values may be missing, and a handler that overwrites and keeps its buffers harms no neighbour', async () => {
  await using scenario = await Scenario.open('buffers', { partitions: 3 })
  const { producer, topic } = scenario
  for (const partition of [0, 1, 2]) {
    const messages: Message[] = expected.map(one => ({ ...one, partition }))
    // In one batch, so that they share what is fetched.
    await producer.send({ topic, messages })
    scenario.acknowledged.push(...expected.map(({ key }, offset) => ({ topic, partition, offset, key, seq: offset })))
  }

  const racecar = scenario.racecar({ workers: 1, consumer: [unruly, 'UnrulyConsumer'] })
  await scenario.handledAll()
  expect(await scenario.stop(racecar)).toEqual([0, null])

  const lines = readFileSync(scenario.ledgerFile, 'utf8').trimEnd().split('\n')
  const notes = lines.map(line => JSON.parse(line) as Record<string, unknown>)
  for (const partition of [0, 1, 2]) {
    const seen = notes.filter(note => note.what === 'start' && note.partition === partition)
    expect(seen.map(({ key, value }) => ({ key, value }))).toEqual(expected)
  }
  expect(notes.filter(({ what }) => what === 'teardown').map(({ kept, changed }) => [kept, changed])).toEqual([
    [3 * COUNT, 0],
  ])
  expect(racecar.all('message.failed')).toEqual([])
  expect(racecar.all('slot.forked')).toHaveLength(1)
  await scenario.expectWhole()
  await scenario.expectNothingLeft()
})
