import { expect, test } from 'vitest'
import { brokers } from '../support/broker.ts'
import { cpuOf } from '../support/cpu.ts'
import { now } from '../support/ledger.ts'
import { KafkaProxy } from '../support/proxy.ts'
import { millis, print, Scenario } from '../support/scenario.ts'

const SESSION = 6

test('an outage longer than the session ends nobody: no message is begun in it, and all flows again after it', async () => {
  await using proxy = await KafkaProxy.before(await brokers())
  await using scenario = await Scenario.open('outage', { address: proxy.address, partitions: 4 })
  const { ledger } = scenario
  const racecar = scenario.racecar({ workers: 2, args: ['--session-timeout', `${SESSION}`] })
  await scenario.served()
  const load = scenario.load({ everyMs: 50 })
  await scenario.flows()

  const workers = racecar.workers()
  proxy.refuse()
  proxy.cut()
  const cut = now()
  const committed = await scenario.committed()
  const [before, first] = [workers.map(cpuOf), racecar.lines.length]
  await racecar.until('both saying that nobody answers', () => racecar.all('broker.unreachable').length === 2)
  await scenario.until('the group without members', async () => (await scenario.view()).members.length === 0)
  const lost = now()
  const seconds = (lost - cut) / 1000
  const shares = workers.map((pid, i) => (cpuOf(pid) - before[i]!) / 1000 / seconds)
  const said = racecar.lines.slice(first).filter(({ level }) => level !== 'debug').length
  // The goals are 5 % and one line a second.
  for (const share of shares) expect(share).toBeLessThan(0.5)
  expect(said / seconds / workers.length).toBeLessThan(1)
  await load.stop()

  await proxy.heal()
  await scenario.handledAll(60_000)
  const flows = now() - lost
  expect(racecar.workers()).toEqual(workers)
  expect(racecar.all('slot.exited')).toEqual([])
  expect(ledger.handlings.filter(({ start }) => start > cut + SESSION * 1000 && start < lost)).toEqual([])
  await scenario.served()
  expect(await scenario.stop(racecar)).toEqual([0, null])
  await scenario.expectWhole(workers.map(pid => ({ pid, at: lost, committed })))
  await scenario.expectNothingLeft()
  const cpu = shares.map(share => `${(share * 100).toFixed(1)} %`)
  print(
    `row 59: CPU ${cpu}, ${said} lines in ${seconds.toFixed(1)} s, all handled ${millis(flows)} after the outage, twice ${ledger.repeated().length}`,
  )
})
