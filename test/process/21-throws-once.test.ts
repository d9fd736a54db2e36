import { expect, test } from 'vitest'
import { exactly, where } from '../support/ledger.ts'
import { millis, print, Scenario } from '../support/scenario.ts'

const PAUSE = 1000

test('a message that fails once is handled again after its pause, and the other partitions go on meanwhile', async () => {
  await using scenario = await Scenario.open('throws', { partitions: 4 })
  const { ledger } = scenario
  const racecar = scenario.racecar({ workers: 2, args: ['--pause-timeout', `${PAUSE / 1000}`] })
  await scenario.served()
  const load = scenario.load({ everyMs: 20 })
  await scenario.flows()

  const before = racecar.lines.length
  const [failing] = await scenario.send([{ do: 'throw', times: 1 }], { partition: 1 })
  await scenario.until('the second attempt', () => ledger.ended.some(({ seq }) => seq === failing!.seq))
  await scenario.flows()
  await load.stop()
  await scenario.handledAll()

  const [first, second, ...more] = ledger.handlings.filter(handling => exactly(handling) === exactly(failing!))
  expect(more).toEqual([])
  expect([first!.end, second!.pid]).toEqual([undefined, first!.pid])
  const failures = racecar.all('message.failed')
  expect(
    failures.map(({ pid, partition, offset, attempt, pauseMs }) => [pid, partition, offset, attempt, pauseMs]),
  ).toEqual([[first!.pid, 1, failing!.offset, 1, PAUSE]])
  const pause = second!.start - first!.start
  // Timers may be early by a millisecond.
  expect(pause).toBeGreaterThan(PAUSE - 5)

  const during = ledger.handlings.filter(({ start }) => start > first!.start && start < second!.start)
  expect(during.filter(handling => where(handling) === where(failing!))).toEqual([])
  for (const partition of [0, 2, 3]) {
    expect(during.filter(handling => handling.partition === partition).length).toBeGreaterThan(5)
  }
  expect(racecar.lines.slice(before).filter(({ event }) => event.startsWith('group.'))).toEqual([])

  expect(await scenario.stop(racecar)).toEqual([0, null])
  await scenario.expectWhole()
  await scenario.expectNothingLeft()
  const peers = [...ledger.longestGaps(first!.start, second!.start)].filter(([name]) => name !== where(failing!))
  print(
    `row 21: again after ${millis(pause)}, longest gap of a peer ${millis(Math.max(...peers.map(([, gap]) => gap)))}`,
  )
})
