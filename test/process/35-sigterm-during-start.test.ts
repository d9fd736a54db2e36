import { describe, expect, test } from 'vitest'
import { brokers } from '../support/broker.ts'
import { Api, KafkaProxy } from '../support/proxy.ts'
import { Scenario } from '../support/scenario.ts'

describe('SIGTERM during the start ends with 0, and nothing is handled', () => {
  for (const event of ['slot.forked', 'slot.up', 'group.joining']) {
    test(`when a worker says ${event}`, async () => {
      await using scenario = await Scenario.open('start', { partitions: 4 })
      await scenario.send(Array(40).fill({}))
      const racecar = scenario.racecar({ workers: 2 })
      await racecar.line(event)
      racecar.signal('SIGTERM')
      expect(await scenario.ended(racecar)).toEqual([0, null])
      // A worker may have been quicker than the signal; once it has been told it begins nothing, and finishes what it has begun.
      const told = new Map(racecar.all('worker.stopping').map(({ pid, at }) => [pid, at]))
      expect(scenario.ledger.handlings.filter(({ pid, start, end }) => !end || start > told.get(pid)!)).toEqual([])
      await scenario.expectNothingLeft()

      const next = scenario.racecar({ workers: 2 })
      await scenario.handledAll()
      expect(await scenario.stop(next)).toEqual([0, null])
      await scenario.expectWhole()
    })
  }

  const waits = [
    { name: 'JoinGroup', api: Api.JoinGroup, workers: 2 },
    { name: 'SyncGroup', api: Api.SyncGroup, workers: 2 },
    { name: 'JoinGroup', api: Api.JoinGroup, workers: 0 },
    { name: 'SyncGroup', api: Api.SyncGroup, workers: 0 },
  ]
  for (const { name, api, workers } of waits) {
    test(`while the answer to ${name} is awaited, with ${workers} workers`, async () => {
      await using proxy = await KafkaProxy.before(await brokers())
      await using scenario = await Scenario.open('join', { partitions: 4, address: proxy.address })
      await scenario.send(Array(40).fill({}))
      const racecar = scenario.racecar({ workers })
      proxy.onResponse = async ({ apiKey }) => {
        if (apiKey !== api || racecar.exit) return
        racecar.signal('SIGTERM')
        await racecar.until('all told to stop', () => racecar.all('worker.stopping').length === Math.max(1, workers))
      }
      expect(await scenario.ended(racecar)).toEqual([0, null])
      expect(proxy.count(api)).toBeGreaterThan(0)
      expect(scenario.ledger.handlings).toEqual([])
      await scenario.expectNothingLeft()
    })
  }
})
