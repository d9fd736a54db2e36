import { expect, test } from 'vitest'
import { brokers } from '../support/broker.ts'
import { now } from '../support/ledger.ts'
import { Api, KafkaProxy } from '../support/proxy.ts'
import { millis, print, Scenario } from '../support/scenario.ts'

test('connections that are cut again and again, by resets and in good order, cost no membership and no message', async () => {
  await using proxy = await KafkaProxy.before(await brokers())
  await using scenario = await Scenario.open('cut', { address: proxy.address, partitions: 4 })
  const racecar = scenario.racecar({ workers: 2, args: ['--heartbeat-interval', '0.5'] })
  await scenario.served()
  const load = scenario.load()
  await scenario.flows()

  const [before, start] = [racecar.lines.length, now()]
  for (let round = 0; round < 16; round++) {
    expect(proxy.connections).toBeGreaterThan(0)
    proxy.cut(round % 2 === 0 ? 'rst' : 'fin')
    await scenario.passes()
  }
  const end = now()
  await load.stop()
  await scenario.handledAll()

  expect(racecar.lines.slice(before).filter(({ event }) => /^(group|partitions|slot)\./.test(event))).toEqual([])
  expect(await scenario.stop(racecar)).toEqual([0, null])
  await scenario.expectWhole()
  await scenario.expectNothingLeft()
  const longest = Math.max(...scenario.ledger.longestGaps(start, end).values())
  print(`row 63: 16 cuts in ${millis(end - start)}, longest gap ${millis(longest)}`)
})

test('an answer of each kind that is cut off, though its request was carried out, costs no message', async () => {
  await using proxy = await KafkaProxy.before(await brokers())
  await using scenario = await Scenario.open('cut-off', { address: proxy.address, partitions: 4 })
  const kinds = new Set<number>(Object.values(Api))
  const asked = [
    Api.ApiVersions,
    Api.Metadata,
    Api.FindCoordinator,
    Api.JoinGroup,
    Api.SyncGroup,
    Api.OffsetFetch,
    Api.ListOffsets,
    Api.OffsetCommit,
    Api.Heartbeat,
    Api.Fetch,
    Api.LeaveGroup,
  ]
  proxy.onResponse = ({ apiKey }) => (kinds.delete(apiKey) ? 'cut' : undefined)
  const racecar = scenario.racecar({ workers: 2, args: ['--heartbeat-interval', '0.5'] })
  const load = scenario.load()
  await scenario.until('all but the last cut off', () => asked.every(api => !kinds.has(api) || api === Api.LeaveGroup))
  await scenario.served()
  await scenario.flows()
  await load.stop()
  await scenario.handledAll()

  expect(racecar.all('slot.exited')).toEqual([])
  expect(await scenario.stop(racecar)).toEqual([0, null])
  expect(asked.filter(api => kinds.has(api))).toEqual([])
  await scenario.expectWhole()
  await scenario.expectNothingLeft()
})
