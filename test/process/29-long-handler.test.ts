import { expect, test } from 'vitest'
import { now, where } from '../support/ledger.ts'
import { millis, print, Scenario } from '../support/scenario.ts'

const SESSION = 3

test('a handler that takes three sessions costs neither the membership nor the other partitions anything', async () => {
  await using scenario = await Scenario.open('long', { partitions: 4 })
  const { ledger } = scenario
  const args = ['--session-timeout', `${SESSION}`, '--heartbeat-interval', '0.5', '--max-wait-time', '0.5']
  const racecar = scenario.racecar({ workers: 2, args })
  await scenario.served()
  const load = scenario.load({ everyMs: 40 })
  await scenario.flows()

  const before = racecar.lines.length
  const [long] = await scenario.send([{ ms: 3 * SESSION * 1000 }], { partition: 2 })
  const handling = () => ledger.handlings.filter(({ seq }) => seq === long!.seq)
  await scenario.until('the long one in hand', () => handling().length > 0)
  const start = now()
  await scenario.until('the end of the long one', () => handling()[0]!.end !== undefined)
  const end = now()
  await scenario.flows()
  await load.stop()
  await scenario.handledAll()

  expect(racecar.lines.slice(before).filter(({ event }) => /^(group|partitions|slot|handler)\./.test(event))).toEqual(
    [],
  )
  const gaps = [...ledger.longestGaps(start, end)].filter(([partition]) => partition !== where(long!))
  const longest = Math.max(...gaps.map(([, gap]) => gap))
  expect(longest).toBeLessThan(SESSION * 1000)
  expect(await scenario.stop(racecar)).toEqual([0, null])
  await scenario.expectWhole()
  await scenario.expectNothingLeft()
  print(`row 29: ${millis(end - start)} in hand, longest gap of a peer ${millis(longest)}`)
})
