import { expect, test } from 'vitest'
import { now } from '../support/ledger.ts'
import { millis, print, Scenario } from '../support/scenario.ts'

const MESSAGES = 50_000

test('50,000 messages, a stop in the midst of them, and a second run: each is handled once, and committed', async () => {
  await using scenario = await Scenario.open('ledger')
  const first = scenario.racecar()
  await scenario.served()
  // A few slow ones keep all three at work for a while.
  const orders = Array.from({ length: MESSAGES }, (_, n) => (n % 60 < 6 ? { ms: 5 } : {}))
  const began = now()
  for (let n = 0; n < MESSAGES; n += 10_000) await scenario.send(orders.slice(n, n + 10_000))
  await scenario.until('a third of them handled', () => scenario.ledger.handlings.length > MESSAGES / 3)
  expect(await scenario.stop(first)).toEqual([0, null])

  const { ledger } = scenario
  const done = ledger.ended.length
  expect(done).toBeLessThan(MESSAGES)
  expect(ledger.handlings).toHaveLength(done)
  // What was handled is committed, and nothing else is.
  const committed = [...(await scenario.committed()).values()]
  expect(committed.reduce((sum, offset) => sum + offset, 0)).toBe(done)
  expect(new Set(ledger.ended.map(({ pid }) => pid)).size).toBe(3)
  await scenario.expectNothingLeft()

  const second = scenario.racecar()
  await scenario.handledAll(60_000)
  print(`50,000 messages: ${done} before the stop, all of them ${millis(now() - began)} after the first`)
  expect(await scenario.stop(second)).toEqual([0, null])
  expect(ledger.repeated()).toEqual([])
  await scenario.expectWhole()
  await scenario.expectNothingLeft()
})
