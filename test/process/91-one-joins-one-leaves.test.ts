import { expect, test } from 'vitest'
import type { Acknowledged } from '../support/ledger.ts'
import { now, where } from '../support/ledger.ts'
import type { RacecarProcess } from '../support/racecar-process.ts'
import { gapsAround, print, Scenario, sharesOf } from '../support/scenario.ts'

const given = (racecars: RacecarProcess[], since: number) =>
  racecars
    .flatMap(racecar => racecar.all('partitions.revoked', ({ at }) => at > since))
    .flatMap(({ partitions }) => (partitions as Acknowledged[]).map(where))
    .sort()

test('a worker of another racecar joins three under load and leaves again: only the partitions that move pause', async () => {
  await using scenario = await Scenario.open('scaled', { partitions: 12 })
  const three = scenario.racecar({ workers: 3 })
  await scenario.served()
  const load = scenario.load({ everyMs: 40, order: { ms: 5 } })
  await scenario.flows()

  const started = now()
  const fourth = scenario.racecar({ workers: 1 })
  await scenario.served()
  const joined = now()
  const [moved] = [...sharesOf(fourth).values()]
  expect(moved).toHaveLength(3)
  expect([...sharesOf(three).values()].map(share => share.length)).toEqual([3, 3, 3])
  await scenario.flows()
  expect(given([three, fourth], started)).toEqual(moved)
  const atJoin = gapsAround(scenario, started, joined)

  const stopped = now()
  expect(await scenario.stop(fourth)).toEqual([0, null])
  await scenario.served()
  const served = now()
  expect([...sharesOf(three).values()].map(share => share.length)).toEqual([4, 4, 4])
  await scenario.flows()
  expect(given([three], stopped)).toEqual([])
  const atLeave = gapsAround(scenario, stopped, served)

  await load.stop()
  await scenario.handledAll()
  expect(await scenario.stop(three)).toEqual([0, null])
  expect(scenario.ledger.repeated()).toEqual([])
  await scenario.expectWhole()
  await scenario.expectNothingLeft()

  const moves = (one: string) => moved!.includes(one)
  const stays = (one: string) => !moves(one)
  const figures = [atJoin(moves), atJoin(stays), atLeave(moves), atLeave(stays)].map(Math.round)
  print(
    `row 91: join ${figures[0]} ms, others ${figures[1]}; leave ${figures[2]} ms, others ${figures[3]} (goals 250, 100)`,
  )
})
