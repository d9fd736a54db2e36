import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { Death } from '../support/ledger.ts'
import type { RacecarProcess } from '../support/racecar-process.ts'
import { racecarctl } from '../support/racecarctl.ts'
import { goesOn } from '../support/replacement.ts'
import { millis, PATIENT, print, Scenario, sharesOf } from '../support/scenario.ts'

/** A racecar that runs a class whose topics can be changed: workers that are started from then on have the new ones. */
function changeable(scenario: Scenario, topics: readonly string[]) {
  const file = join(scenario.folder, 'topics')
  const change = (to: readonly string[]) => writeFileSync(file, to.join(','))
  change(topics)
  return { racecar: scenario.racecar({ args: PATIENT, env: { TOPICS_FILE: file } }), change }
}

/** Ends this worker as a user would. Resolves when its replacement has joined. */
async function replace(racecar: RacecarProcess, pid: number): Promise<void> {
  const before = racecar.lines.length
  const { slot } = racecar.all('slot.forked').find(line => line.pid === pid)!
  process.kill(pid, 'SIGTERM')
  await racecar.line('group.joined', line => line.slot === slot && line.pid !== pid, before)
}

/** Produces to this topic, and resolves when that is handled. */
async function consumes(scenario: Scenario, topic: string, count: number): Promise<void> {
  const sent = await scenario.send(Array(count).fill({}), { topic })
  await scenario.until(`${topic} being consumed`, () => scenario.ledger.lost(sent).length === 0)
}

const topicsOf = (share: readonly string[]) => new Set(share.map(one => one.slice(0, one.lastIndexOf('/'))))

test('workers are replaced one after another after a topic was added to the class: the first of them consumes it, then all do', async () => {
  await using scenario = await Scenario.open('adds')
  const { ledger } = scenario
  const { racecar, change } = changeable(scenario, [scenario.topic])
  await scenario.served()
  const load = scenario.load({ everyMs: 20, order: { ms: 5 } })
  await scenario.flows()
  const [victim, ...others] = racecar.workers()
  const added = await scenario.topics.create('added', { partitions: 3 })
  scenario.shape.set(added, 3)
  const first = await scenario.send(Array(30).fill({}), { topic: added })

  change([scenario.topic, added])
  const deaths: Death[] = await scenario.kill(victim!)
  await scenario.until('the first messages of the added topic', () => ledger.lost(first).length === 0)
  const consumed = Math.max(...ledger.handlings.filter(({ topic }) => topic === added).map(({ end }) => end!))
  await scenario.served()
  const [replacement] = racecar.workers()
  const owners = [...sharesOf(racecar)].filter(([, share]) => topicsOf(share).has(added)).map(([pid]) => pid)
  expect(owners).toEqual([replacement])

  for (const pid of others) {
    await replace(racecar, pid)
    await scenario.served()
  }
  expect([...sharesOf(racecar).values()].map(share => share.length)).toEqual([3, 3, 3])
  await consumes(scenario, added, 300)

  await load.stop()
  await scenario.handledAll()
  expect(racecar.all('slot.exited').map(({ pid, code }) => [pid, code])).toEqual([
    [victim, null],
    ...others.map(pid => [pid, 0]),
  ])
  expect(await scenario.stop(racecar)).toEqual([0, null])
  expect(racecar.forks()).toHaveLength(6)
  await scenario.expectWhole(deaths)
  await scenario.expectNothingLeft()
  print(`row 88: the added topic was consumed ${millis(consumed - deaths[0]!.at)} after the kill (bound 5000)`)
})

test('workers are replaced one after another after a topic was removed from the class: nobody consumes it, and its offsets stay', async () => {
  await using scenario = await Scenario.open('removes')
  const { ledger, topics } = scenario
  const removed = await topics.create('removed', { partitions: 3 })
  scenario.shape.set(removed, 3)
  const { racecar, change } = changeable(scenario, [scenario.topic, removed])
  await scenario.served()
  const load = scenario.load({ everyMs: 20, order: { ms: 5 } })
  await consumes(scenario, removed, 30)
  await scenario.passes()
  const [victim, ...others] = racecar.workers()

  change([scenario.topic])
  const deaths = await scenario.kill(victim!)
  // Two of three still want it.
  await scenario.served()
  await consumes(scenario, removed, 30)
  const [replacement] = racecar.workers()
  expect(topicsOf(sharesOf(racecar).get(replacement!)!)).toEqual(new Set([scenario.topic]))
  const [second, third] = others
  await replace(racecar, second!)
  await scenario.served()
  await consumes(scenario, removed, 30)
  await replace(racecar, third!)
  scenario.shape.delete(removed)
  await scenario.served()
  expect([...sharesOf(racecar).values()].map(share => share.length)).toEqual([2, 2, 2])

  const ends = (await topics.ends(removed)).map(({ high }) => high)
  expect(await topics.committed(scenario.group, removed)).toEqual(ends)
  const unwanted = Array.from({ length: 30 }, (_, i) => ({ partition: i % 3, value: JSON.stringify({ seq: -1 }) }))
  await topics.produce(removed, unwanted)
  await goesOn(scenario)
  await load.stop()
  await scenario.handledAll()
  expect(await scenario.stop(racecar)).toEqual([0, null])
  expect(racecar.forks()).toHaveLength(6)
  expect(ledger.handlings.filter(({ topic, seq }) => topic === removed && seq < 0)).toEqual([])
  expect(await topics.committed(scenario.group, removed)).toEqual(ends)
  await scenario.expectWhole(deaths)
  await scenario.expectNothingLeft()
})

test('racecarctl restart after one topic was added to the class and another removed: nothing is lost, and nothing handled twice', async () => {
  await using scenario = await Scenario.open('changes')
  const { folder, ledger, topics } = scenario
  const [added, removed] = await Promise.all(['added', 'removed'].map(name => topics.create(name, { partitions: 3 })))
  scenario.shape.set(removed!, 3)
  const { racecar, change } = changeable(scenario, [scenario.topic, removed!])
  await scenario.served()
  const load = scenario.load({ everyMs: 20, order: { ms: 5 } })
  await consumes(scenario, removed!, 30)

  scenario.shape.set(added!, 3)
  const early = await scenario.send(Array(30).fill({}), { topic: added! })
  change([scenario.topic, added!])
  expect(await racecarctl(folder, 'restart')).toMatchObject({ code: 0 })
  await scenario.until('the first messages of the added topic', () => ledger.lost(early).length === 0)
  scenario.shape.delete(removed!)
  await scenario.served()
  expect([...sharesOf(racecar).values()].map(share => share.length)).toEqual([3, 3, 3])
  await consumes(scenario, added!, 30)
  await load.stop()
  await scenario.handledAll()
  const ends = (await topics.ends(removed!)).map(({ high }) => high)
  expect(await topics.committed(scenario.group, removed!)).toEqual(ends)
  expect(await scenario.stop(racecar)).toEqual([0, null])
  expect(racecar.all('slot.exited').map(({ code }) => code)).toEqual(Array(6).fill(0))
  expect(ledger.repeated()).toEqual([])
  await scenario.expectWhole()
  await scenario.expectNothingLeft()
})
