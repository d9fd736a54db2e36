import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { Scenario } from '../support/scenario.ts'

const unruly = fileURLToPath(new URL('../fixtures/consumers/unruly-consumer.ts', import.meta.url))

test('a handler that settles more than once counts by the first time', async () => {
  await using scenario = await Scenario.open('twice', { partitions: 2 })
  const { ledger } = scenario
  const manners = ['twice', 'at once, and throws', 'fails, then succeeds', 'none', 'twice', 'twice', 'none']
  const settled = Array.from({ length: 5 }, () => manners).flat()
  for (const partition of [0, 1]) {
    const messages = settled.map((settle, i) => ({ partition, key: `${i}`, value: '{}', headers: { settle } }))
    await scenario.producer.send({ topic: scenario.topic, messages })
    scenario.acknowledged.push(
      ...settled.map((_, offset) => ({ topic: scenario.topic, partition, offset, key: `${offset}`, seq: offset })),
    )
  }

  const args = ['--pause-timeout', '0.05']
  const racecar = scenario.racecar({ workers: 1, args, consumer: [unruly, 'UnrulyConsumer'] })
  await scenario.handledAll()
  expect(await scenario.stop(racecar)).toEqual([0, null])

  const failing = [0, 1].flatMap(partition =>
    settled.flatMap((settle, offset) => (settle === 'fails, then succeeds' ? [`${partition}@${offset}`] : [])),
  )
  const failed = racecar.all('message.failed').map(({ partition, offset }) => `${partition}@${offset}`)
  expect(failed.sort()).toEqual(failing.sort())
  expect(ledger.handlings).toHaveLength(2 * settled.length + failing.length)
  expect(racecar.all('worker.failed')).toEqual([])
  await scenario.expectWhole()
  await scenario.expectNothingLeft()
})
