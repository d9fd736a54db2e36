import { expect, test } from 'vitest'
import { type Acknowledged, now, where } from '../support/ledger.ts'
import type { RacecarProcess } from '../support/racecar-process.ts'
import { racecarctl, statusOf } from '../support/racecarctl.ts'
import { gapsAround, millis, print, Scenario, sharesOf } from '../support/scenario.ts'

const revokedSince = (racecar: RacecarProcess, since: number) =>
  racecar.lines
    .slice(since)
    .filter(({ event }) => event === 'partitions.revoked')
    .flatMap(({ partitions }) => (partitions as Acknowledged[]).map(where))
    .sort()

const sizes = (racecar: RacecarProcess) => [...sharesOf(racecar).values()].map(share => share.length).sort()

test('racecarctl workers 4 and back to 3 under load: only the partitions that move pause, and nothing is repeated', async () => {
  await using scenario = await Scenario.open('workers', { partitions: 12 })
  const { folder } = scenario
  const racecar = scenario.racecar({ workers: 3 })
  await scenario.served()
  const load = scenario.load({ everyMs: 40, order: { ms: 5 } })
  await scenario.flows()
  const three = racecar.workers()

  let since = racecar.lines.length
  const started = now()
  expect(await racecarctl(folder, 'workers', '4')).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('has 4 workers.'),
  })
  scenario.resized(racecar, 4)
  await scenario.served()
  const joined = now()
  expect(sizes(racecar)).toEqual([3, 3, 3, 3])
  const fourth = racecar.workers().find(pid => !three.includes(pid))!
  const moved = sharesOf(racecar).get(fourth)!
  await scenario.flows()
  expect(revokedSince(racecar, since)).toEqual(moved)
  const atJoin = gapsAround(scenario, started, joined)

  since = racecar.lines.length
  const shrunk = now()
  expect(await racecarctl(folder, 'workers', '3')).toMatchObject({ code: 0 })
  scenario.resized(racecar, 3)
  await scenario.served()
  const served = now()
  expect(sizes(racecar)).toEqual([4, 4, 4])
  expect(racecar.workers()).toEqual(three)
  await scenario.flows()
  // Nobody but who went gave anything up, and the group knows that it has gone.
  const after = racecar.lines.slice(since)
  expect(after.filter(({ event, pid }) => event === 'partitions.revoked' && pid !== fourth)).toEqual([])
  expect(after.find(({ event }) => event === 'group.left')).toMatchObject({ pid: fourth })
  expect(after.find(({ event }) => event === 'slot.exited')).toMatchObject({ pid: fourth, code: 0, why: 'was retired' })
  expect((await scenario.view()).members).toHaveLength(3)
  expect((await statusOf(folder)).slots.map(({ name }) => name)).toEqual([0, 1, 2].map(n => `ObedientConsumer/${n}`))
  const atLeave = gapsAround(scenario, shrunk, served)

  await load.stop()
  await scenario.handledAll()
  expect(await scenario.stop(racecar)).toEqual([0, null])
  expect(scenario.ledger.repeated()).toEqual([])
  await scenario.expectWhole()
  await scenario.expectNothingLeft()
  const moves = (one: string) => moved.includes(one)
  const stays = (one: string) => !moves(one)
  const figures = [atJoin(moves), atJoin(stays), atLeave(moves), atLeave(stays)].map(millis)
  print(`row 91: one more ${figures[0]}, others ${figures[1]}; one fewer ${figures[2]}, others ${figures[3]}`)
})

test('SIGTTIN and SIGTTOU make it one worker more or fewer, never none; a slot that comes back has its old place', async () => {
  await using scenario = await Scenario.open('ttin', { partitions: 4 })
  const racecar = scenario.racecar({ workers: 1 })
  await scenario.served()
  const load = scenario.load({ everyMs: 40, order: { ms: 5 } })
  const sized = async (signal: NodeJS.Signals, workers: number) => {
    const since = racecar.lines.length
    racecar.signal(signal)
    expect(await racecar.line('primary.scaled', () => true, since)).toMatchObject({ by: signal, to: workers })
    scenario.resized(racecar, workers)
    await scenario.served()
  }
  await sized('SIGTTIN', 2)
  await sized('SIGTTOU', 1)
  await sized('SIGTTIN', 2)
  const slots = racecar.all('slot.forked').map(({ slot }) => slot)
  expect(slots).toEqual([0, 1, 1].map(index => `ObedientConsumer/${index}`))
  await sized('SIGTTOU', 1)
  const last = racecar.workers()
  await sized('SIGTTOU', 1)
  await scenario.flows()
  expect(racecar.workers()).toEqual(last)
  await load.stop()
  await scenario.handledAll()
  expect(await scenario.stop(racecar)).toEqual([0, null])
  expect(scenario.ledger.repeated()).toEqual([])
  await scenario.expectWhole()
  await scenario.expectNothingLeft()
})

test('there may be fewer workers than ask for a place at the moment: who dies, boots or stops meanwhile leaves nothing behind', async () => {
  await using scenario = await Scenario.open('scaled-in-trouble', { partitions: 6 })
  const { folder } = scenario
  const racecar = scenario.racecar({ workers: 3 })
  await scenario.served()
  const load = scenario.load({ everyMs: 20, order: { ms: 5 } })
  await scenario.flows()
  const [first, , third] = racecar.workers()
  await scenario.occupy(racecar, third!, { do: 'heed', once: true })
  const shrink = racecarctl(folder, 'workers', '1')
  await racecar.line('primary.scaled')
  // It waits for what it has in hand, and the one that stays dies meanwhile.
  const deaths = await scenario.kill(first!)
  const second = await racecar.line('slot.exited', ({ slot }) => slot === 'ObedientConsumer/1')
  expect(second).toMatchObject({ code: 0, why: 'was retired' })
  expect(await shrink).toMatchObject({ code: 0 })
  scenario.resized(racecar, 1)
  await scenario.served()
  await load.stop()
  await scenario.handledAll()
  expect(await scenario.stop(racecar)).toEqual([0, null])
  await scenario.expectWhole(deaths)
  await scenario.expectNothingLeft()
})
