import { expect, test } from 'vitest'
import { PATIENT, print, Scenario, sharesOf } from '../support/scenario.ts'

const ofMembership = ({ event }: { event: string }) =>
  /^(group\.(rebalancing|lost|left)|partitions\.revoked)$/.test(event)

test('a worker that has grown beyond max_worker_memory is replaced gracefully, and the others notice nothing', async () => {
  await using scenario = await Scenario.open('large')
  const limit = 250 * 2 ** 20
  const racecar = scenario.racecar({ args: [...PATIENT, '--max-worker-memory', `${limit}`] })
  await scenario.served()
  const load = scenario.load({ everyMs: 20, order: { ms: 5 } })
  await scenario.flows()
  const before = racecar.lines.length
  const [large] = racecar.workers()
  const share = sharesOf(racecar).get(large!)
  await scenario.occupy(racecar, large!, { do: 'grow' })
  const recycling = await racecar.line('slot.recycling')
  expect(recycling).toMatchObject({ pid: large, level: 'info' })
  expect(recycling.message).toMatch(/it has 3\d\d MB of memory, more than max_worker_memory \(250 MB\)/)
  await racecar.line('slot.exited', ({ pid }) => pid === large)
  await scenario.served()
  await scenario.flows()
  const replacement = racecar.forks().at(-1)!
  expect(sharesOf(racecar).get(replacement)).toEqual(share)

  await load.stop()
  await scenario.handledAll()
  expect(racecar.lines.slice(before).filter(ofMembership)).toEqual([])
  expect(racecar.forks()).toHaveLength(4)
  expect(racecar.all('slot.restarting')).toEqual([])
  expect(await scenario.stop(racecar)).toEqual([0, null])
  expect(scenario.ledger.repeated()).toEqual([])
  await scenario.expectWhole()
  await scenario.expectNothingLeft()
})

test('workers that have reached max_worker_age are replaced one after the other, under load, and nothing is handled twice', async () => {
  await using scenario = await Scenario.open('old')
  const racecar = scenario.racecar({ args: [...PATIENT, '--max-worker-age', '3'] })
  await scenario.served()
  const load = scenario.load({ everyMs: 20, order: { ms: 5 } })
  await scenario.flows()
  const isRenewed = () => new Set(racecar.all('slot.recycling').map(({ slot }) => slot)).size === 3
  await scenario.until('each of them being recycled', isRenewed)
  await load.stop()
  await scenario.handledAll()
  const atOnce = Math.max(
    ...racecar.lines.map((_, end) => {
      const some = racecar.lines.slice(0, end + 1)
      const count = (event: string) => some.filter(line => line.event === event).length
      return count('slot.recycling') - count('slot.exited')
    }),
  )
  expect(atOnce).toBe(1)
  expect(racecar.lines.filter(ofMembership).filter(({ event }) => event === 'group.lost')).toEqual([])
  expect(await scenario.stop(racecar)).toEqual([0, null])
  expect(scenario.ledger.repeated()).toEqual([])
  await scenario.expectWhole()
  await scenario.expectNothingLeft()
  print(`row 10: ${racecar.all('slot.recycling').length} recycled, ${scenario.acknowledged.length} handled, none twice`)
})
