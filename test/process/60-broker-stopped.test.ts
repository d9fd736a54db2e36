import { setTimeout as wait } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { privateBroker } from '../support/broker.ts'
import { now } from '../support/ledger.ts'
import { millis, PATIENT, print, Scenario } from '../support/scenario.ts'

const STOP_MS = 5_000
const SESSION = 2
const impatient = ['--session-timeout', `${SESSION}`, '--heartbeat-interval', '0.3', '--max-wait-time', '0.2']
const ofMembership = ({ event }: { event: string }) => /^(group|partitions|slot)\./.test(event)

test('a broker that stands still is nothing to those whose session is longer, and no end to those whose session is shorter', async () => {
  await using kafka = await privateBroker()
  const open = (name: string) => Scenario.open(name, { kafka: kafka.address, partitions: 4 })
  await using long = await open('stopped-long')
  await using short = await open('stopped-short')
  const patient = long.racecar({ workers: 2, args: PATIENT })
  const racecar = short.racecar({ workers: 2, args: impatient })
  const both = [long, short]
  await Promise.all(both.map(scenario => scenario.served()))
  const loads = both.map(scenario => scenario.load({ isPatient: true }))
  await Promise.all(both.map(scenario => scenario.flows()))

  // In hand for longer than the session lasts without a beat.
  await short.send(Array(280).fill({ ms: 40 }))
  await short.flows()
  const workers = racecar.workers()
  const [broker] = kafka.brokers
  const committed = await short.committed()
  const before = patient.lines.length
  broker!.pause()
  const stopped = now()
  await wait(STOP_MS)
  const woken = now()
  broker!.resume()
  const took = await Promise.all(both.map(scenario => scenario.passes(60_000).then(() => now() - woken)))
  await Promise.all(loads.map(load => load.stop()))
  await Promise.all(both.map(scenario => scenario.handledAll()))
  await short.served()

  expect(patient.lines.slice(before).filter(ofMembership)).toEqual([])
  expect(racecar.all('slot.exited')).toEqual([])
  // A session without an answer is over, whatever is still in hand.
  const late = short.ledger.handlings.filter(({ start }) => start > stopped + SESSION * 1000 && start < woken)
  expect(late).toEqual([])
  expect(await long.stop(patient)).toEqual([0, null])
  expect(await short.stop(racecar)).toEqual([0, null])
  await long.expectWhole()
  await short.expectWhole(workers.map(pid => ({ pid, at: woken, committed })))
  for (const scenario of both) await scenario.expectNothingLeft()
  const lost = racecar.all('group.lost').length
  print(
    `row 60: stopped for ${millis(woken - stopped)}, all handled ${millis(took[0]!)} after it with a session of 20 s; with ${SESSION} s ${lost} of 2 lost it, all of a backlog after ${millis(took[1]!)}, twice ${short.ledger.repeated().length}`,
  )
})
