import { expect, test } from 'vitest'
import { brokers } from '../support/broker.ts'
import { print, Scenario } from '../support/scenario.ts'

test('a committed offset that the log does not hold, before its start or behind its end, is told with what that costs', async () => {
  await using scenario = await Scenario.open('range', { kafka: await brokers(), partitions: 3 })
  const { group, topic, topics } = scenario
  // 20 messages in each partition, of which the first 8 of partition 0 are gone.
  const sent = await scenario.send(Array(60).fill({}))
  await topics.deleteRecords(topic, 0, 8)
  const isThere = ({ partition, offset }: { partition: number; offset: number }) => partition !== 0 || offset >= 8
  scenario.acknowledged.splice(0, sent.length, ...sent.filter(isThere))
  await topics.commit(group, topic, [3, 500, 0])

  const racecar = scenario.racecar({ workers: 1 })
  await scenario.handledAll()
  await scenario.committedAll()
  expect(new Map(racecar.all('offset.reset').map(({ partition, ...line }) => [partition, line]))).toEqual(
    new Map([
      [0, expect.objectContaining({ level: 'warn', from: 3, to: 8, skipped: 5 })],
      [1, expect.objectContaining({ level: 'warn', from: 500, to: 0, skipped: -500 })],
    ]),
  )
  const [forward, back] = [0, 1].map(of => racecar.all('offset.reset', one => one.partition === of)[0]!.message)
  expect(forward).toContain(`${topic}/0 goes on at 8: 3 is not in the log any more (5 messages skipped)`)
  expect(back).toContain(`${topic}/1 goes on at 0: 500 is not in the log any more (back by 500)`)

  // And goes on as ever.
  await scenario.passes()
  expect(await scenario.stop(racecar)).toEqual([0, null])
  await scenario.expectWhole()
  await scenario.expectNothingLeft()
  print(`row 74: ${forward} ${back}`)
})
