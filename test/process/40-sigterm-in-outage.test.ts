import { expect, test } from 'vitest'
import { brokers } from '../support/broker.ts'
import { now } from '../support/ledger.ts'
import { KafkaProxy } from '../support/proxy.ts'
import { millis, print, Scenario } from '../support/scenario.ts'

const GRACE = 4

for (const fault of ['refused', 'swallowed'] as const) {
  test(`SIGTERM while all connections are ${fault}: 0 where nothing was uncommitted`, async () => {
    await using proxy = await KafkaProxy.before(await brokers())
    await using scenario = await Scenario.open('no-way', { address: proxy.address, partitions: 4 })
    const racecar = scenario.racecar({ workers: 2, args: ['--shutdown-timeout', `${GRACE}`] })
    await scenario.served()
    await scenario.send(Array(40).fill({}))
    await scenario.handledAll()
    const isCommitted = async () => [...(await scenario.committed()).values()].every(offset => offset === 10)
    await scenario.until('all committed', isCommitted)
    cutOff(proxy, fault)

    const start = now()
    expect(await scenario.stop(racecar)).toEqual([0, null])
    const took = now() - start
    expect(took).toBeLessThan((GRACE + 1) * 10_000)
    expect(racecar.all('slot.killed')).toEqual([])
    await proxy.heal()
    await scenario.until('the session taking the members out', async () => (await scenario.view()).members.length === 0)
    await scenario.expectWhole()
    await scenario.expectNothingLeft()
    print(`row 40: ${fault}, ended ${millis(took)} after SIGTERM, grace ${GRACE * 1000} ms`)
  })
}

test('SIGTERM without a broker while messages are in hand: they are finished, and 2 says that they are not committed', async () => {
  await using proxy = await KafkaProxy.before(await brokers())
  await using scenario = await Scenario.open('no-way', { address: proxy.address, partitions: 4 })
  const { ledger } = scenario
  const racecar = scenario.racecar({ workers: 2, args: ['--shutdown-timeout', `${GRACE}`] })
  await scenario.served()
  await scenario.send(Array(4).fill({ ms: 1500 }))
  await scenario.until('all in hand', () => ledger.handlings.length === 4)
  const workers = racecar.workers()
  const committed = await scenario.committed()
  cutOff(proxy, 'refused')

  const start = now()
  expect(await scenario.stop(racecar)).toEqual([2, null])
  const took = now() - start
  expect(took).toBeLessThan((GRACE + 1) * 10_000)
  expect(ledger.ended).toHaveLength(4)
  expect(await scenario.committed()).toEqual(committed)
  await proxy.heal()
  const next = scenario.racecar({ workers: 2 })
  await scenario.until('all again', () => ledger.ended.length === 8)
  expect(await scenario.stop(next)).toEqual([0, null])
  await scenario.expectWhole(workers.map(pid => ({ pid, at: start + took, committed })))
  await scenario.expectNothingLeft()
  print(`row 40: uncommitted, ended ${millis(took)} after SIGTERM, grace ${GRACE * 1000} ms`)
})

function cutOff(proxy: KafkaProxy, fault: 'refused' | 'swallowed'): void {
  if (fault === 'swallowed') return proxy.blackHole()
  proxy.refuse()
  proxy.cut()
}
