import { expect, test } from 'vitest'
import { millis, print, Scenario, sharesOf } from '../support/scenario.ts'

test('three workers take two of six partitions each', async () => {
  await using scenario = await Scenario.open('shares')
  const racecar = scenario.racecar({ workers: 3 })
  const sizes = () => [...sharesOf(racecar).values()].map(share => share.length)
  await racecar.until('2, 2, 2', () => String(sizes()) === '2,2,2')
  await scenario.served()
  const forked = racecar.all('slot.forked')[0]!.at
  print(`2, 2, 2 after ${millis(racecar.all('group.joined').at(-1)!.at - forked)}`)

  await scenario.send(Array(60).fill({}))
  await scenario.handledAll()
  expect(new Set(scenario.ledger.ended.map(({ pid }) => pid)).size).toBe(3)
  expect(Object.values((await scenario.view()).members).map(({ assignment }) => assignment[scenario.topic])).toEqual([
    expect.toSatisfy((share: number[]) => share.length === 2),
    expect.toSatisfy((share: number[]) => share.length === 2),
    expect.toSatisfy((share: number[]) => share.length === 2),
  ])

  expect(await scenario.stop(racecar)).toEqual([0, null])
  await scenario.expectWhole()
  await scenario.expectNothingLeft()
})
