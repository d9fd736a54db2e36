import { expect, test } from 'vitest'
import { brokers } from '../support/broker.ts'
import { cpuOf } from '../support/cpu.ts'
import { now } from '../support/ledger.ts'
import { KafkaProxy } from '../support/proxy.ts'
import { millis, print, Scenario } from '../support/scenario.ts'

test('without a broker at the start the workers say so, wait with little ado, and begin when it is there', async () => {
  await using proxy = await KafkaProxy.before(await brokers())
  proxy.refuse()
  await using scenario = await Scenario.open('no-broker', { address: proxy.address, partitions: 4 })
  await scenario.send(Array(40).fill({}))
  const racecar = scenario.racecar({ workers: 2 })
  await racecar.until('both saying that nobody answers', () => racecar.all('broker.unreachable').length === 2)
  for (const { message, waitingMs } of racecar.all('broker.unreachable')) {
    expect(message).toContain(proxy.address)
    expect(message).toContain('brokers')
    expect(waitingMs).toBeGreaterThanOrEqual(3000)
  }

  const workers = racecar.workers()
  const attempts = () => racecar.all('line', ({ message }) => message.includes('ECONNREFUSED')).length
  const [start, before, first] = [now(), workers.map(cpuOf), racecar.lines.length]
  const already = attempts()
  await racecar.until('six more attempts', () => attempts() >= already + 6)
  const seconds = (now() - start) / 1000
  const shares = workers.map((pid, i) => (cpuOf(pid) - before[i]!) / 1000 / seconds)
  const said = racecar.lines.slice(first).filter(({ level }) => level !== 'debug').length
  // The goals are 5 % and one line a second.
  for (const share of shares) expect(share).toBeLessThan(0.5)
  expect(said / seconds / workers.length).toBeLessThan(1)

  await proxy.heal()
  const up = now()
  await scenario.handledAll(60_000)
  print(
    `row 59: CPU ${shares.map(share => `${(share * 100).toFixed(1)} %`)}, ${said} lines in ${seconds.toFixed(1)} s, all handled ${millis(now() - up)} after the broker is there`,
  )
  await scenario.served()
  // Nobody joins before there is somebody to ask.
  for (const pid of workers) {
    const events = racecar.lines.filter(line => line.pid === pid).map(({ event }) => event)
    expect(events.indexOf('broker.reachable')).toBeGreaterThan(0)
    expect(events.indexOf('group.joining')).toBeGreaterThan(events.indexOf('broker.reachable'))
  }
  expect(racecar.all('slot.exited')).toEqual([])
  expect(await scenario.stop(racecar)).toEqual([0, null])
  await scenario.expectWhole()
  await scenario.expectNothingLeft()
})

test('SIGTERM before a broker ever answered ends at once with 0', async () => {
  await using proxy = await KafkaProxy.before(await brokers())
  proxy.refuse()
  await using scenario = await Scenario.open('no-broker', { address: proxy.address, partitions: 4 })
  const racecar = scenario.racecar({ workers: 2, args: ['--shutdown-timeout', '60'] })
  await racecar.until('both up', () => racecar.all('slot.up').length === 2)
  const start = now()
  expect(await scenario.stop(racecar)).toEqual([0, null])
  expect(now() - start).toBeLessThan(20_000)
  await scenario.expectNothingLeft()
  print(`row 59: ended ${millis(now() - start)} after SIGTERM`)
})
