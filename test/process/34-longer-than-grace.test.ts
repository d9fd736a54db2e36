import { expect, test } from 'vitest'
import { now, where } from '../support/ledger.ts'
import { HANGS_ONCE, millis, PATIENT, print, Scenario, sharesOf } from '../support/scenario.ts'

const GRACE = 3

// One worker's handler never settles, one's holds the event loop, so that it cannot even be told; the third one is well.
test('SIGTERM with handlers that outlast the grace: given up or killed by the deadline, taken out of the group, exit 2', async () => {
  await using scenario = await Scenario.open('grace', { partitions: 6 })
  const { ledger } = scenario
  const racecar = scenario.racecar({ workers: 3, args: [...PATIENT, '--shutdown-timeout', `${GRACE}`] })
  await scenario.served()
  await scenario.send(Array(60).fill({}))
  await scenario.handledAll()
  const [hung, blocked, well] = racecar.workers()
  const shares = sharesOf(racecar)
  await scenario.until('all committed', async () => [...(await scenario.committed()).values()].every(at => at === 10))

  const inHand = [
    await scenario.occupy(racecar, hung!, HANGS_ONCE),
    await scenario.occupy(racecar, blocked!, { do: 'block', once: true }),
  ]
  const slow = await scenario.occupy(racecar, well!, { ms: 1000 })
  const committed = await scenario.committed()
  const start = now()
  expect(await scenario.stop(racecar)).toEqual([2, null])
  const took = now() - start
  const deaths = [hung!, blocked!].map(pid => ({ pid, at: start + took, committed }))

  const exits = new Map(racecar.all('slot.exited').map(({ pid, code, signal }) => [pid, [code, signal]]))
  expect(exits).toEqual(
    new Map([
      [hung, [2, null]],
      [blocked, [null, 'SIGKILL']],
      [well, [0, null]],
    ]),
  )
  expect(racecar.all('slot.killed').map(({ pid }) => pid)).toEqual([blocked])
  expect(racecar.all('handler.given.up').map(({ pid, offset }) => [pid, offset])).toEqual([[hung, inHand[0]!.offset]])
  expect(racecar.stderr).toMatch(/exit code 2: .*(gave up something that it had in hand|deadline)/)
  expect(took).toBeGreaterThan(GRACE * 900)
  expect(took).toBeLessThan((GRACE + 1) * 10_000)
  // The dead one's member was taken out, and neither that nor the hung one cost the third one its commit.
  await scenario.expectNothingLeft()
  const position = await scenario.committed()
  expect(position.get(where(slow))).toBe(slow.offset + 1)
  for (const message of inHand) expect(position.get(where(message))).toBe(message.offset)
  expect([...shares.keys()].sort()).toEqual([hung, blocked, well].sort())

  const next = scenario.racecar({ workers: 2 })
  await scenario.handledAll()
  expect(await scenario.stop(next)).toEqual([0, null])
  await scenario.expectWhole(deaths)
  expect(ledger.repeated()).toEqual([])
  await scenario.expectNothingLeft()
  print(`row 34: ended ${millis(took)} after SIGTERM, grace ${GRACE * 1000} ms`)
})
