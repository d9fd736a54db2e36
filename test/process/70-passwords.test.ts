import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { privateBroker } from '../support/broker.ts'
import { Authority, securedBy } from '../support/certificates.ts'
import { racecarctl, statusOf } from '../support/racecarctl.ts'
import { askingWho, setPassword } from '../support/sasl.ts'
import { Scenario } from '../support/scenario.ts'

const RIGHT = 'correct-horse-battery-staple'
const authority = new Authority()
afterAll(() => authority[Symbol.dispose]())
const OPTIONS = `common:
  sasl_mechanism: SCRAM-SHA-256
  sasl_username: ann
  sasl_password: wrong-horse
  ssl_ca_location: ${authority.certificate}
`

/** Encrypted, and without a certificate of ours. */
const listener = () => {
  const settings = { ...securedBy(authority).settings, ...askingWho({}).settings, 'ssl.client.auth': 'none' }
  return { protocol: 'SASL_SSL', settings } as const
}

test('a wrong password ends the start; one that is changed meanwhile is waited out with an alarm, read from its file as soon as that has it, and shown nowhere', async () => {
  const settings = { 'connections.max.reauth.ms': 3_000 }
  await using cluster = await privateBroker({ settings, secured: listener() })
  const change = (password: string) => setPassword(cluster, 'SCRAM-SHA-256', 'ann', password)
  await change(RIGHT)
  const address = `localhost:${cluster.brokers[0]!.ports.secured}`
  await using scenario = await Scenario.open('passwords', { kafka: cluster.address, address, partitions: 2 })

  mkdirSync(join(scenario.folder, 'config'))
  writeFileSync(join(scenario.folder, 'config', 'racecar.yml'), OPTIONS)
  const refused = scenario.racecar({ workers: 1 })
  expect(await scenario.ended(refused)).toEqual([77, null])
  expect(refused.stderr).toMatch(
    /Kafka does not allow it: localhost:\d+ does not let us in as ann by SCRAM-SHA-256: .*Look at sasl_username and sasl_password/,
  )
  expect(refused.forks()).toHaveLength(1)
  expect(refused.all('slot.restarting')).toEqual([])

  const to = ['--brokers', address, '--topic', scenario.topic, '--value', 'x']
  const produced = await racecarctl(scenario.folder, 'produce', ...to)
  expect([produced.code, produced.stderr]).toEqual([77, expect.stringContaining('does not let us in as ann')])

  const file = join(scenario.folder, 'password')
  writeFileSync(file, `${RIGHT}\n`)
  const racecar = scenario.racecar({ workers: 1, env: { RACECAR_SASL_PASSWORD_FILE: file } })
  await scenario.served()
  const load = scenario.load()
  await scenario.flows()
  await change('another-horse')
  await racecar.line('broker.unreachable', ({ message }) => /^Not let in any more: .* as ann/.test(String(message)))
  const attempts = () => racecar.all('line', ({ message }) => /does not let us in/.test(String(message))).length
  await racecar.until('four attempts', () => attempts() >= 4)
  writeFileSync(file, 'another-horse')
  await scenario.passes()
  await load.stop()
  await scenario.handledAll()
  expect(racecar.all('slot.exited')).toEqual([])

  racecar.signal('SIGUSR1')
  await racecar.until('its options', () => /sasl_password +=\s\*\*\*/.test(racecar.stderr))
  const [worker] = racecar.workers()
  const shown = [
    ...[racecar.stderr, refused.stderr, produced.stderr],
    ...['cmdline', 'environ'].map(name => readFileSync(`/proc/${worker}/${name}`, 'latin1')),
    ...[racecar.lines, await statusOf(scenario.folder)].map(what => JSON.stringify(what)),
  ]
  expect(shown.filter(text => /horse/.test(text))).toEqual([])
  expect(await scenario.stop(racecar)).toEqual([0, null])
  await scenario.expectWhole()
  await scenario.expectNothingLeft()
})
