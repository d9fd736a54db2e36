import { expect, test } from 'vitest'
import { now, where } from '../support/ledger.ts'
import { print, Scenario, sharesOf } from '../support/scenario.ts'

// The handler outstays the limit by more than it is given for that; its process is still there when it settles, because a message
// of its other partition is in hand.
test('what a handler does after it was given up changes nothing, and its message is handled again by a replacement', async () => {
  await using scenario = await Scenario.open('late', { partitions: 4 })
  const { ledger } = scenario
  const args = ['--max-poll-interval', '3', '--rebalance-drain-timeout', '1', '--shutdown-timeout', '8']
  const racecar = scenario.racecar({ workers: 2, args })
  await scenario.served()
  await scenario.send(Array(40).fill({}))
  await scenario.handledAll()
  const before = racecar.lines.length

  const [victim, other] = racecar.workers()
  const [own, neighbour] = sharesOf(racecar)
    .get(victim!)!
    .map(share => Number(share.split('/')[1]))
  const [stuck] = await scenario.send([{ do: 'outstay', after: 1800, once: true }, {}, {}], { partition: own! })
  const overdue = await racecar.line('handler.overdue')
  expect([overdue.pid, overdue.partition, overdue.offset]).toEqual([victim, own, stuck!.offset])
  const [slow] = await scenario.send([{ ms: 2800 }], { partition: neighbour! })
  const committed = await scenario.committed()

  const exited = await racecar.line('slot.exited')
  const deaths = [{ pid: victim!, at: now(), committed }]
  expect([exited.pid, exited.code]).toEqual([victim, 1])
  expect(exited.why).toContain(`${where(stuck!)} at offset ${stuck!.offset}`)
  expect(racecar.all('handler.given.up').map(({ pid, offset }) => [pid, offset])).toEqual([[victim, stuck!.offset]])
  await racecar.line('partitions.assigned', ({ pid }) => pid !== victim && pid !== other)
  await scenario.handledAll()

  // It did settle, late, in the first process; the position did not move, and the next message was left alone.
  const stays = ledger.handlings.filter(({ seq }) => seq === stuck!.seq)
  expect(stays.map(({ pid, end }) => [pid === victim, end !== undefined])).toEqual([
    [true, true],
    [false, true],
  ])
  expect(stays[0]!.end!).toBeGreaterThan(racecar.all('handler.given.up')[0]!.at)
  expect(
    ledger.handlings.filter(
      ({ pid, ...at }) => pid === victim && where(at) === where(stuck!) && at.offset > stuck!.offset,
    ),
  ).toEqual([])
  const told = racecar.all('offsets.committed', ({ pid }) => pid === victim)
  const highest = (name: string) =>
    Math.max(
      ...told.flatMap(({ offsets }) =>
        (offsets as (typeof stuck & object)[]).filter(one => where(one) === name).map(({ offset }) => offset),
      ),
    )
  expect(highest(where(stuck!))).toBe(stuck!.offset)
  // What its neighbour had in hand was finished and committed, and is not handled again.
  expect(highest(where(slow!))).toBe(slow!.offset + 1)
  expect(ledger.handlings.filter(({ seq }) => seq === slow!.seq).map(({ pid }) => pid)).toEqual([victim])
  // The other worker has noticed nothing.
  expect(racecar.lines.slice(before).filter(({ pid, event }) => pid === other && event.startsWith('group.'))).toEqual(
    [],
  )

  expect(await scenario.stop(racecar)).toEqual([0, null])
  await scenario.expectWhole(deaths)
  await scenario.expectNothingLeft()
  print(`row 25: recycled ${Math.round(exited.at - overdue.at)} ms after the limit, twice ${ledger.repeated().length}`)
})
