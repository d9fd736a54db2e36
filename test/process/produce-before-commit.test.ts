import { expect, test } from 'vitest'
import { brokers } from '../support/broker.ts'
import { exactly } from '../support/ledger.ts'
import { Api, KafkaProxy } from '../support/proxy.ts'
import { generationsOf, PATIENT, Scenario } from '../support/scenario.ts'

test('nothing is committed before what its handler produced is acknowledged, and a kill in between loses nothing', async () => {
  const target = Number((await brokers()).split(':')[1])
  const advertise = new Map<number, number>()
  const proxy = await KafkaProxy.open({ target, advertise })
  advertise.set(target, proxy.port)
  await using scenario = await Scenario.open('produce', { partitions: 2, address: proxy.address })
  const out = await scenario.topics.create('produced')
  const stored = async () => (await scenario.topics.ends(out))[0]!.high
  const racecar = scenario.racecar({ workers: 1, args: [...PATIENT, '--heartbeat-interval', '0.5'] })
  await scenario.served()

  const gate = new Gate()
  proxy.onResponse = ({ apiKey }) => (apiKey === Api.Produce ? gate.passed : undefined)
  await scenario.send(Array(10).fill({ do: 'produce', topic: out }))
  await scenario.send(Array(200).fill({}))
  await scenario.handledAll()
  // Stored, but the worker does not know it; and while it waits it stays a member.
  await scenario.until('a produced message being stored', async () => (await stored()) > 0)
  await proxy.next(Api.Heartbeat, 5)
  expect([...(await scenario.committed()).values()]).toEqual([0, 0])
  gate.open()
  await scenario.committedAll()
  expect(await stored()).toBe(10)

  gate.close()
  const again = await scenario.send(Array(10).fill({ do: 'produce', topic: out }))
  await scenario.handledAll()
  await scenario.until('a produced message being stored', async () => (await stored()) > 10)
  const deaths = await scenario.kill(...racecar.workers())
  expect([...deaths[0]!.committed.values()]).toEqual([105, 105])
  const inVain = await stored()
  gate.open()
  await scenario.committedAll()

  const times = scenario.ledger.counts()
  expect(again.map(message => times.get(exactly(message)))).toEqual(Array(10).fill(2))
  expect(await stored()).toBe(inVain + 10)
  expect(new Set(generationsOf(racecar)).size).toBe(1)
  expect(await scenario.stop(racecar)).toEqual([0, null])
  await scenario.expectWhole(deaths)
  await scenario.expectNothingLeft()
  await proxy.close()
})

/** What passes waits while it is closed. */
class Gate {
  passed: Promise<undefined> = Promise.resolve(undefined)
  open = () => {}

  constructor() {
    this.close()
  }

  close(): void {
    this.passed = new Promise(resolve => {
      this.open = () => {
        this.passed = Promise.resolve(undefined)
        resolve(undefined)
      }
    })
  }
}
