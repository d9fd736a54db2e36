import { expect, test } from 'vitest'
import { brokers } from '../support/broker.ts'
import { now } from '../support/ledger.ts'
import type { RacecarProcess } from '../support/racecar-process.ts'
import { gapsAround, millis, print, Scenario, sharesOf } from '../support/scenario.ts'

const shareOf = (racecar: RacecarProcess): readonly string[] => [...sharesOf(racecar).values()].flat()

test('two supervisors in one group share its partitions, and one that stops under load loses and repeats nothing', async () => {
  await using scenario = await Scenario.open('two', { kafka: await brokers(), partitions: 8 })
  const [staying, leaving] = [scenario.racecar({ workers: 2 }), scenario.racecar({ workers: 2 })]
  await scenario.served()
  expect([staying, leaving].map(racecar => [...sharesOf(racecar).values()].map(share => share.length))).toEqual([
    [2, 2],
    [2, 2],
  ])
  const load = scenario.load({ everyMs: 10, order: { ms: 3 } })
  await scenario.flows()

  const [kept, moved] = [shareOf(staying), shareOf(leaving)]
  const stopping = now()
  expect(await scenario.stop(leaving)).toEqual([0, null])
  const stopped = now()
  await scenario.served(staying)
  await scenario.flows()
  const flows = now()
  await load.stop()
  await scenario.handledAll()

  expect(scenario.ledger.repeated()).toEqual([])
  expect(staying.all('slot.exited')).toEqual([])
  expect(await scenario.stop(staying)).toEqual([0, null])
  await scenario.expectWhole()
  await scenario.expectNothingLeft()
  const gap = gapsAround(scenario, stopping, flows)
  print(
    `row 83: stopped after ${millis(stopped - stopping)}, longest gap of what moved ${millis(gap(p => moved.includes(p)))}, of what stayed ${millis(gap(p => kept.includes(p)))}, ${scenario.ledger.handlings.length} handled, none twice`,
  )
})
