import { expect, test } from 'vitest'
import { type Acknowledged, exactly, where } from '../support/ledger.ts'
import { setBack } from '../support/membership.ts'
import type { RacecarProcess } from '../support/racecar-process.ts'
import { goesOn } from '../support/replacement.ts'
import { generationsOf, millis, print, Scenario, sharesOf } from '../support/scenario.ts'

const ARGS = ['--group-instance-id', 'fixed', '--session-timeout', '20'] as const
const IDS = ['fixed-0', 'fixed-1']
const FENCED = 76

const counts = (...racecars: RacecarProcess[]) =>
  racecars.flatMap(racecar => [...sharesOf(racecar).values()].map(share => share.length))

/** Each id was taken from one worker once, and that worker's slot goes on under another one that it says. */
function expectRenamed(...racecars: RacecarProcess[]): void {
  const renamed = racecars.flatMap(racecar => racecar.all('slot.renamed'))
  expect(renamed.map(({ was }) => was).sort()).toEqual(IDS)
  for (const { slot, was, instanceId, message } of renamed) {
    expect(instanceId).toMatch(/^fixed-[0-9a-f]{8}-[01]$/)
    expect(message).toBe(`${slot} goes on as ${instanceId}: another process uses the group.instance.id ${was}.`)
  }
  const exited = racecars.flatMap(racecar => racecar.all('slot.exited'))
  expect(exited.map(({ code, signal }) => [code, signal])).toEqual(renamed.map(() => [FENCED, null]))
  for (const { message } of exited)
    expect(message).toMatch(
      / as fixed-[01]\. Another process uses the same group_instance_id; each needs its own\.( When|$)/,
    )
}

/** Under load nobody takes an id away from anybody any more. */
async function expectPeace(scenario: Scenario, ...racecars: RacecarProcess[]): Promise<void> {
  const forks = () => racecars.map(racecar => racecar.forks())
  const generations = () => racecars.map(racecar => generationsOf(racecar).at(-1))
  const before = [forks(), generations()]
  await goesOn(scenario)
  expect([forks(), generations()]).toEqual(before)
  for (const racecar of racecars) {
    for (const slot of ['ObedientConsumer/0', 'ObedientConsumer/1'])
      expect(racecar.all('slot.forked', one => one.slot === slot).length, slot).toBeLessThanOrEqual(3)
  }
}

test('a second racecar with the same instance ids takes them: the first says so, goes on under others, and both share the work', async () => {
  await using scenario = await Scenario.open('same-ids', { partitions: 8 })
  const first = scenario.racecar({ workers: 2, args: ARGS })
  await scenario.served()
  await scenario.passes()
  await scenario.committedAll()

  const second = scenario.racecar({ workers: 2, args: ARGS })
  await first.until('both slots being renamed', () => first.all('slot.renamed').length === 2)
  await scenario.served()
  expectRenamed(first)
  expect(second.all('slot.renamed')).toEqual([])
  expect([first.forks().length, second.forks().length]).toEqual([4, 2])
  expect(counts(first, second)).toEqual([2, 2, 2, 2])
  const load = scenario.load({ everyMs: 20, order: { ms: 5 } })
  await scenario.flows()
  await expectPeace(scenario, first, second)

  await load.stop()
  await scenario.handledAll()
  expect(await scenario.stop(second)).toEqual([0, null])
  await scenario.served()
  await scenario.passes()
  expect(await scenario.stop(first)).toEqual([0, null])
  expect(scenario.ledger.repeated()).toEqual([])
  await scenario.expectWhole()
  await scenario.expectNothingLeft()
})

test('two racecars with the same instance ids that are started at once: one of each pair of workers goes on under another id', async () => {
  await using scenario = await Scenario.open('same-start', { partitions: 8 })
  const racecars = [scenario.racecar({ workers: 2, args: ARGS }), scenario.racecar({ workers: 2, args: ARGS })]
  const renamed = () => racecars.flatMap(racecar => racecar.all('slot.renamed'))
  await scenario.until('two slots being renamed', () => renamed().length === 2)
  await scenario.served()
  expectRenamed(...racecars)
  expect(racecars.flatMap(racecar => racecar.forks())).toHaveLength(6)
  expect(counts(...racecars)).toEqual([2, 2, 2, 2])
  const load = scenario.load({ everyMs: 20, order: { ms: 5 } })
  await scenario.flows()
  await expectPeace(scenario, ...racecars)

  await load.stop()
  await scenario.handledAll()
  for (const racecar of racecars) expect(await scenario.stop(racecar)).toEqual([0, null])
  expect(scenario.ledger.repeated()).toEqual([])
  await scenario.expectWhole()
  await scenario.expectNothingLeft()
})

test('under load the one that is fenced stops at its next word to the group, and nothing is lost, skipped or set back', async () => {
  await using scenario = await Scenario.open('same-load', { partitions: 8 })
  const { acknowledged, ledger } = scenario
  const first = scenario.racecar({ workers: 2, args: ARGS })
  await scenario.served()
  const load = scenario.load({ everyMs: 20, order: { ms: 5 } })
  await scenario.flows()
  const fenced = first.workers()
  const second = scenario.racecar({ workers: 2, args: ARGS })
  await first.until('both slots being renamed', () => first.all('slot.renamed').length === 2)
  await scenario.served()
  await scenario.flows()
  expectRenamed(first)
  expect([first.forks().length, second.forks().length]).toEqual([4, 2])
  await expectPeace(scenario, first, second)

  await load.stop()
  await scenario.handledAll()
  expect(await scenario.stop(second)).toEqual([0, null])
  expect(await scenario.stop(first)).toEqual([0, null])
  // Whoever takes an id gets the place and the generation that go with it, and the one before learns of it when he next says
  // something: until then both handle the same. That is why each needs its own.
  const byFenced = ledger.handlings.filter(({ pid }) => fenced.includes(pid))
  const byOthers = ledger.handlings.filter(({ pid }) => !fenced.includes(pid)).map(exactly)
  expect(byOthers.filter((one, i) => byOthers.indexOf(one) !== i)).toEqual([])
  const [zero, one] = second.all('partitions.assigned').map(({ partitions }) => partitions as Acknowledged[])
  const committed = new Map([...zero!, ...one!].map(taken => [where(taken), taken.offset]))
  const deaths = fenced.map(pid => ({ pid, at: ledger.exits.find(one => one.pid === pid)!.at, committed }))
  expect({
    lost: ledger.lost(acknowledged),
    skipped: ledger.skipped(acknowledged),
    outOfOrder: ledger.outOfOrder(),
    setBack: setBack([first, second], deaths),
  }).toEqual({ lost: [], skipped: [], outOfOrder: [], setBack: [] })
  const ends = (await scenario.topics.ends(scenario.topic)).map(({ high }) => high)
  expect(await scenario.topics.committed(scenario.group, scenario.topic)).toEqual(ends)
  await scenario.expectNothingLeft()

  const takenAt = (partition: string) =>
    ledger.ownings.find(own => own.partition === partition && !fenced.includes(own.pid))!.at
  const late = Math.max(...byFenced.map(one => one.start - takenAt(where(one))))
  print(`row 90: two of one id for ${millis(late)}, twice ${ledger.repeated().length}`)
  expect(late).toBeLessThan(5000)
})
