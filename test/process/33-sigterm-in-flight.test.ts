import { expect, test } from 'vitest'
import { where } from '../support/ledger.ts'
import { millis, print, Scenario } from '../support/scenario.ts'

const EACH = 10

test('SIGTERM with messages in hand: these are finished and committed, and no other is begun', async () => {
  await using scenario = await Scenario.open('in-flight', { partitions: 6 })
  const { ledger } = scenario
  const racecar = scenario.racecar({ workers: 3, args: ['--shutdown-timeout', '25'] })
  await scenario.served()
  await scenario.send([...Array(6).fill({ ms: 1500 }), ...Array(6 * EACH).fill({})])
  const inHand = () => ledger.handlings.filter(({ end }) => end === undefined)
  await scenario.until('one in hand in each partition', () => new Set(inHand().map(where)).size === 6)
  const before = inHand()
  expect(ledger.ended).toEqual([])

  expect(await scenario.stop(racecar)).toEqual([0, null])
  const stopping = racecar.all('primary.stopping')[0]!
  const names = (handlings: typeof before) => handlings.map(where).sort()
  expect(names(ledger.ended)).toEqual(names(before))
  expect(ledger.handlings).toHaveLength(6)
  const lastEnd = Math.max(...ledger.ended.map(({ end }) => end!))
  expect(ledger.ended.every(({ end }) => end! > stopping.at)).toBe(true)
  // Position = handled, in each partition.
  expect([...(await scenario.committed()).values()]).toEqual(Array(6).fill(1))
  expect(racecar.all('group.left')).toHaveLength(3)
  await scenario.expectNothingLeft()
  print(`row 33: left ${millis(racecar.all('primary.stopped')[0]!.at - lastEnd)} after the last handler`)

  // The next start goes on where this one ended: nothing twice.
  const next = scenario.racecar({ workers: 2 })
  await scenario.handledAll()
  expect(await scenario.stop(next)).toEqual([0, null])
  await scenario.expectWhole()
  expect(ledger.repeated()).toEqual([])
})
