import { readFileSync } from 'node:fs'
import { expect, test } from 'vitest'
import { type Acknowledged, type Handling, now, where } from '../support/ledger.ts'
import { millis, print, Scenario, sharesOf } from '../support/scenario.ts'

/** As `ps` shows it. */
const stateOf = (pid: number): string => readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]![0]!

test('a worker that sleeps through its session starts nothing when it wakes before the group has taken it back', async () => {
  await using scenario = await Scenario.open('zombie')
  const { ledger } = scenario
  const racecar = scenario.racecar({ args: ['--offset-commit-interval', '0'] })
  await scenario.served()
  const load = scenario.load({ everyMs: 40, order: { ms: 5 } })
  await scenario.flows()

  const [sleeper] = racecar.workers()
  const own = new Set(sharesOf(racecar).get(sleeper!))
  // In one partition a message ends only after the sleep, and behind it and in the other one much has been fetched and waits.
  const inHand = await scenario.occupy(racecar, sleeper!, { ms: 1000 })
  const partitionOf = (place: string) => Number(place.slice(place.lastIndexOf('/') + 1))
  const free = [...own].map(partitionOf).find(partition => partition !== inHand.partition)!
  const waiting = Array(50).fill({ ms: 20 })
  await scenario.send(waiting, { partition: inHand.partition })
  await scenario.send([...waiting.slice(0, 5), { do: 'sleep', once: true }, ...waiting], { partition: free })
  await scenario.until('it being asleep', () => stateOf(sleeper!) === 'T')
  const at = now()
  const asleep = { pid: sleeper!, at, committed: await scenario.committed() }
  const before = racecar.lines.length

  const others = () => ledger.handlings.filter(one => one.start > at && own.has(where(one)) && one.end !== undefined)
  await scenario.until('others taking over', () => new Set(others().map(where)).size === own.size)
  expect(others().filter(({ pid }) => pid === sleeper)).toEqual([])
  const gap = Math.min(...others().map(({ start }) => start)) - at

  const woken = now()
  process.kill(sleeper!, 'SIGCONT')
  const back = await racecar.line('group.joined', ({ pid }) => pid === sleeper, before)
  await scenario.served()
  await scenario.flows()
  // What it hears of commits is what was committed before it slept.
  const heard = racecar.lines
    .slice(before)
    .filter(({ event, pid, at }) => event === 'offsets.committed' && pid === sleeper && at < back.at)
    .flatMap(({ offsets }) => offsets as Acknowledged[])
  expect(heard.filter(one => one.offset > asleep.committed.get(where(one))!)).toEqual([])
  expect(racecar.all('slot.exited')).toEqual([])

  await load.stop()
  await scenario.handledAll()
  expect(await scenario.stop(racecar)).toEqual([0, null])
  await scenario.expectWhole([asleep])
  await scenario.expectNothingLeft()
  const slept = ledger.handlings.find(({ pid, seq }) => pid === sleeper && seq === inHand.seq)!
  expect(slept.end, 'the message that slept').toBeGreaterThan(woken)
  const taken = ledger.ownings.filter(({ pid, at }) => pid === sleeper && at > woken)
  const awake = ledger.handlings.filter(({ pid, start }) => pid === sleeper && start > woken)
  const isEarly = (one: Handling) => !taken.some(({ partition, at }) => partition === where(one) && at <= one.start)
  expect(awake.length).toBeGreaterThan(0)
  expect(awake.filter(isEarly)).toEqual([])
  print(`row 7: others take over after ${millis(gap)} (session 6000), twice ${ledger.repeated().length}`)
})
