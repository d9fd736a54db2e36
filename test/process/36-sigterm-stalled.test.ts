import { expect, test } from 'vitest'
import { now, where } from '../support/ledger.ts'
import { millis, print, Scenario } from '../support/scenario.ts'

const GRACE_MS = 5000
// Nobody is taken out of the group for being silent.
const ARGS = ['--session-timeout', '60'] as const

test('SIGTERM with messages in hand while a frozen member holds up a rebalance: racecar ends in time, and nothing is handled twice', async () => {
  await using scenario = await Scenario.open('stalled')
  const { ledger } = scenario
  const owner = scenario.racecar({ workers: 1, args: ARGS })
  const racecar = scenario.racecar({ workers: 2, args: ARGS })
  await scenario.served()
  const load = scenario.load({ everyMs: 20, order: { ms: 5 } })
  await scenario.flows()
  const [frozen] = owner.workers()
  process.kill(frozen!, 'SIGSTOP')

  const before = racecar.lines.length
  const third = scenario.racecar({ workers: 1, args: ARGS })
  await third.line('group.joining')
  const workers = racecar.workers()
  for (const worker of workers) await racecar.line('group.joining', ({ pid }) => pid === worker, before)
  const inHand = await Promise.all(workers.map(pid => scenario.occupy(racecar, pid, { ms: 700 })))
  const at = now()
  expect(await scenario.stop(racecar)).toEqual([0, null])
  const took = now() - at
  const joins = [
    ...third.all('group.joined'),
    ...racecar.lines.slice(before).filter(one => one.event === 'group.joined'),
  ]
  expect(joins, 'nobody joins while the rebalance is held up').toEqual([])
  expect(racecar.all('group.left')).toHaveLength(2)
  const own = ledger.handlings.filter(({ pid }) => workers.includes(pid))
  expect(own.filter(({ end }) => end === undefined)).toEqual([])
  const isOwn = ({ seq }: { seq: number }) => own.some(one => one.seq === seq && one.end! > at)
  expect(inHand.every(isOwn), 'what was in hand was finished').toBe(true)

  process.kill(frozen!, 'SIGCONT')
  await scenario.served()
  await scenario.flows()
  await load.stop()
  await scenario.handledAll()
  expect(await scenario.stop(third)).toEqual([0, null])
  expect(await scenario.stop(owner)).toEqual([0, null])
  expect(ledger.repeated()).toEqual([])
  await scenario.expectWhole()
  await scenario.expectNothingLeft()
  print(`row 36: ended after ${millis(took)}, with 700 in hand (bound ${GRACE_MS + 1000})`)
  expect(took).toBeLessThan(GRACE_MS * 2)
})

for (const first of ['the one that has to give up', 'the one that waits'] as const) {
  test(`SIGTERM while a handler that does not end holds up a rebalance, to ${first} first: both end in time`, async () => {
    await using scenario = await Scenario.open('held-up')
    const { ledger } = scenario
    const owner = scenario.racecar({ workers: 1, args: ARGS })
    await scenario.served()
    const [worker] = owner.workers()
    await scenario.send(Array(6).fill({ do: 'heed', once: true }))
    const inHand = () => ledger.handlings.filter(({ end }) => end === undefined)
    await scenario.until('one in hand in each partition', () => new Set(inHand().map(where)).size === 6)
    await scenario.send(Array(60).fill({}))

    const second = scenario.racecar({ workers: 1, args: ARGS })
    const joined = await second.line('group.joined')
    expect(joined.partitions).toEqual([])
    await owner.line('group.joined', ({ generation }) => generation === joined.generation)
    expect(owner.all('partitions.revoked')).toEqual([])

    const stop = async (one: typeof owner) => {
      const at = now()
      expect(await scenario.stop(one)).toEqual([0, null])
      return now() - at
    }
    const isOwnerFirst = first === 'the one that has to give up'
    const waited = isOwnerFirst ? 0 : await stop(second)
    expect(ledger.ended).toEqual([])
    const gaveUp = await stop(owner)
    const { at } = ledger.exits.find(({ pid }) => pid === worker)!
    // It has finished nothing, so it has committed nothing.
    expect(ledger.ended.filter(({ pid }) => pid === worker)).toEqual([])
    const deaths = [{ pid: worker!, at, committed: new Map() }]
    const heir = isOwnerFirst ? second : scenario.racecar({ workers: 1, args: ARGS })
    await scenario.handledAll()
    expect(await scenario.stop(heir)).toEqual([0, null])
    await scenario.expectWhole(deaths)
    await scenario.expectNothingLeft()
    print(`row 36: ended after ${millis(gaveUp)}, who waits after ${millis(waited)} (bound ${GRACE_MS + 1000})`)
    expect(gaveUp).toBeLessThan(GRACE_MS * 2)
    expect(waited).toBeLessThan(GRACE_MS * 2)
  })
}
