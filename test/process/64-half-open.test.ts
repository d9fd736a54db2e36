import { expect, test } from 'vitest'
import { brokers } from '../support/broker.ts'
import { now } from '../support/ledger.ts'
import { KafkaProxy } from '../support/proxy.ts'
import type { RacecarProcess } from '../support/racecar-process.ts'
import { millis, print, Scenario, sharesOf } from '../support/scenario.ts'

const SOCKET_TIMEOUT = 3
const SESSION = 6
const args = ['--socket-timeout', `${SOCKET_TIMEOUT}`, '--heartbeat-interval', '1', '--session-timeout', `${SESSION}`]

const shareOf = (racecar: RacecarProcess): readonly string[] => [...sharesOf(racecar).values()].flat()
const ofGroup = ({ event }: { event: string }) => event.startsWith('group.')

test('connections that die without a word are given up by their timeouts, and nobody else notices', async () => {
  await using proxy = await KafkaProxy.before(await brokers())
  await using scenario = await Scenario.open('stranded', { partitions: 4 })
  const { ledger } = scenario
  const patient = [...args, '--session-timeout', '12']
  const stranded = scenario.racecar({ workers: 1, address: proxy.address, args: patient })
  const direct = scenario.racecar({ workers: 1, args: patient })
  await scenario.served()
  const load = scenario.load()
  await scenario.flows()

  const share = shareOf(stranded)
  const before = [stranded, direct].map(({ lines }) => lines.length)
  const start = now()
  proxy.strand()
  await scenario.passes()
  const took = now() - start
  await load.stop()
  await scenario.handledAll()

  for (const [i, { lines }] of [stranded, direct].entries()) expect(lines.slice(before[i]).filter(ofGroup)).toEqual([])
  const gaps = [...ledger.longestGaps(start, start + took)]
  const [own, others] = [true, false].map(isOwn =>
    Math.max(...gaps.filter(([partition]) => share.includes(partition) === isOwn).map(([, gap]) => gap)),
  )
  expect(own).toBeGreaterThan(500)
  expect(own).toBeLessThan((SOCKET_TIMEOUT + 5) * 10_000)
  expect(others).toBeLessThan(own!)
  expect(await scenario.stop(stranded)).toEqual([0, null])
  expect(await scenario.stop(direct)).toEqual([0, null])
  await scenario.expectWhole()
  await scenario.expectNothingLeft()
  print(
    `row 64: stranded for ${millis(own!)} (goal ${SOCKET_TIMEOUT + 5} s, plain kafkajs 150 s), longest gap of the others ${millis(others!)}`,
  )
})

test('who is in a black hole for longer than the session loses what he has, begins nothing, and comes back', async () => {
  await using proxy = await KafkaProxy.before(await brokers())
  await using scenario = await Scenario.open('black-hole', { partitions: 4 })
  const { ledger } = scenario
  const swallowed = scenario.racecar({ workers: 1, address: proxy.address, args })
  const direct = scenario.racecar({ workers: 1, args })
  await scenario.served()
  const load = scenario.load({ order: { ms: 5 } })
  await scenario.flows()

  const [pid] = swallowed.workers()
  const committed = await scenario.committed()
  const start = now()
  proxy.blackHole()
  await direct.until('the other having all partitions', () => shareOf(direct).length === 4)
  await scenario.passes()
  const took = now() - start
  const alone = now()
  await scenario.until(
    '200 more by the other one alone',
    () => ledger.handlings.filter(h => h.start > alone).length > 200,
  )
  expect(ledger.handlings.filter(h => h.pid === pid && h.start > start + SESSION * 1000)).toEqual([])

  await proxy.heal()
  const healed = now()
  await swallowed.line('group.lost')
  await scenario.served()
  await scenario.passes()
  const back = now() - healed
  await load.stop()
  await scenario.handledAll()
  expect([swallowed, direct].flatMap(racecar => racecar.all('slot.exited'))).toEqual([])
  expect(await scenario.stop(swallowed)).toEqual([0, null])
  expect(await scenario.stop(direct)).toEqual([0, null])
  await scenario.expectWhole([{ pid: pid!, at: alone, committed }])
  await scenario.expectNothingLeft()
  print(
    `row 64: others took over after ${millis(took)}, back ${millis(back)} after healing, twice ${ledger.repeated().length}`,
  )
})
