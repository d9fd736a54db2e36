import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { privateBroker } from '../support/broker.ts'
import { Kdc } from '../support/kdc.ts'
import { racecarctl } from '../support/racecarctl.ts'
import { Scenario } from '../support/scenario.ts'

const optionsOf = (keytab: string) =>
  `common:\n  sasl_mechanism: GSSAPI\n  sasl_over_ssl: false\n  sasl_kerberos_keytab: ${keytab}\n`

test('a keytab that is no use ends the start; with one that is, workers renew their tickets, and wait with an alarm for a KDC that is away', async () => {
  await using kdc = await Kdc.open()
  const settings = { 'connections.max.reauth.ms': 3_000 }
  await using cluster = await privateBroker({ settings, secured: await kdc.askingForTickets() })
  const address = `localhost:${cluster.brokers[0]!.ports.secured}`
  await using scenario = await Scenario.open('tickets', { kafka: cluster.address, address, partitions: 2 })
  Object.assign(process.env, kdc.env())

  mkdirSync(join(scenario.folder, 'config'))
  const configure = (keytab: string) => writeFileSync(join(scenario.folder, 'config', 'racecar.yml'), optionsOf(keytab))
  const old = await kdc.create('ann', { maxLife: '4 seconds' })
  const right = await kdc.keytab('ann')

  configure(`${old}-none`)
  const unread = scenario.racecar({ workers: 2 })
  expect(await scenario.ended(unread)).toEqual([78, null])
  expect(unread.stderr).toMatch(/sasl_kerberos_keytab \(.*-none, .*racecar\.yml.*\) does not exist/)
  expect(unread.forks()).toEqual([])

  configure(old)
  const refused = scenario.racecar({ workers: 1 })
  expect(await scenario.ended(refused)).toEqual([77, null])
  expect(refused.stderr).toMatch(
    /Kafka does not allow it: no ticket for kafka on localhost: Decrypt integrity check failed\. .*keytab written anew/,
  )
  expect(refused.forks()).toHaveLength(1)
  expect(refused.all('slot.restarting')).toEqual([])
  const to = ['--brokers', address, '--topic', scenario.topic, '--value', 'x']
  const produced = await racecarctl(scenario.folder, 'produce', ...to)
  expect([produced.code, produced.stderr]).toEqual([77, expect.stringContaining('no ticket for kafka on localhost')])

  configure(right)
  const racecar = scenario.racecar({ workers: 2 })
  await scenario.served()
  const load = scenario.load()
  await scenario.flows()
  const deaths = await scenario.kill(racecar.workers()[0]!)
  await scenario.served()

  const granted = kdc.grantedTo('ann')
  await scenario.until('tickets that were renewed', () => kdc.grantedTo('ann') >= granted + 4)
  expect(racecar.all('broker.unreachable')).toEqual([])

  await kdc.stop()
  await racecar.line('broker.unreachable', ({ message }) =>
    /^Not let in by .*: no ticket .* Trying on/.test(`${message}`),
  )
  await racecar.line('line', ({ message }) => /Cannot contact any KDC/.test(`${message}`))
  await kdc.start()
  await scenario.passes()
  await load.stop()
  await scenario.handledAll()
  expect(racecar.all('slot.exited')).toHaveLength(deaths.length)
  expect(await scenario.stop(racecar)).toEqual([0, null])
  await scenario.expectWhole(deaths)
  await scenario.expectNothingLeft()
})

test('a KDC that takes connections and says nothing is given up after ten seconds, and heard as soon as it speaks', async () => {
  await using kdc = await Kdc.open()
  await using cluster = await privateBroker({ secured: await kdc.askingForTickets() })
  const address = `localhost:${cluster.brokers[0]!.ports.secured}`
  await using scenario = await Scenario.open('silent-kdc', { kafka: cluster.address, address, partitions: 1 })
  Object.assign(process.env, kdc.env())
  mkdirSync(join(scenario.folder, 'config'))
  writeFileSync(join(scenario.folder, 'config', 'racecar.yml'), optionsOf(await kdc.create('ann')))

  kdc.pause()
  const racecar = scenario.racecar({ workers: 1 })
  await racecar.line('broker.unreachable', ({ message }) =>
    /^Not let in by the broker .*no ticket for kafka on localhost: no KDC has answered within 10 s/.test(`${message}`),
  )
  kdc.resume()
  await scenario.served()
  await scenario.passes()
  expect(racecar.all('slot.exited')).toEqual([])
  expect(await scenario.stop(racecar)).toEqual([0, null])
  await scenario.expectWhole()
  await scenario.expectNothingLeft()
})
