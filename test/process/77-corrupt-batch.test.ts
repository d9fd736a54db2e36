import { expect, test } from 'vitest'
import { brokers } from '../support/broker.ts'
import { now, where } from '../support/ledger.ts'
import { KafkaProxy } from '../support/proxy.ts'
import { millis, print, Scenario } from '../support/scenario.ts'

/** So many fetches in a row bring a wrong bit. With the back-off between them that is some seconds. */
const FLIPS = 7

test('a partition whose records come corrupted stands with an alarm, the others flow, and it goes on when they come whole', async () => {
  await using proxy = await KafkaProxy.before(await brokers())
  await using scenario = await Scenario.open('corrupt', { address: proxy.address, partitions: 4 })
  const { ledger, topic } = scenario
  const racecar = scenario.racecar({ workers: 2 })
  await scenario.served()
  const load = scenario.load()
  await scenario.flows()

  const before = racecar.lines.length
  const corrupt = { topic, partition: 1 }
  proxy.flipBit(FLIPS, corrupt)
  const first = await racecar.line('fetch.failed')
  await racecar.until('the last alarm', () => racecar.all('fetch.failed').length === FLIPS)
  const last = racecar.all('fetch.failed').at(-1)!
  await scenario.flows()
  const healed = now()
  await load.stop()
  await scenario.handledAll()

  for (const alarm of racecar.all('fetch.failed')) {
    expect(alarm).toMatchObject({ ...corrupt, offset: first.offset, level: 'error', unreadable: true })
    expect(alarm.message).toContain(`${where(corrupt)} stands at ${first.offset}`)
    expect(alarm.message).toContain('CRC-32C')
  }
  const meanwhile = ledger.handlings.filter(({ start }) => start > first.at && start < last.at)
  expect(meanwhile.filter(one => one.partition === 1 && one.offset >= Number(first.offset))).toEqual([])
  expect(new Set(meanwhile.map(({ partition }) => partition)).size).toBeGreaterThanOrEqual(3)
  expect(racecar.lines.slice(before).filter(({ event }) => /^(group|partitions|slot|offset)\./.test(event))).toEqual([])
  expect(await scenario.stop(racecar)).toEqual([0, null])
  await scenario.expectWhole()
  await scenario.expectNothingLeft()
  const gaps = ledger.longestGaps(first.at, last.at)
  const others = Math.max(...[...gaps].filter(([partition]) => partition !== where(corrupt)).map(([, gap]) => gap))
  print(
    `row 77: stood for ${millis(gaps.get(where(corrupt))!)} over ${FLIPS} wrong bits, back ${millis(healed - last.at)} after the last, longest gap of the others ${millis(others)}, twice ${ledger.repeated().length}`,
  )
})
