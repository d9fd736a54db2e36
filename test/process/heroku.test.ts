import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test, vi } from 'vitest'
import { privateBroker } from '../support/broker.ts'
import { Authority, securedBy, textOf } from '../support/certificates.ts'
import { now } from '../support/ledger.ts'
import { racecarctl } from '../support/racecarctl.ts'
import { Scenario } from '../support/scenario.ts'

const consumer = [
  fileURLToPath(new URL('../fixtures/consumers/heroku-consumer.ts', import.meta.url)),
  'ObedientConsumer',
] as const

test("with Heroku's variables alone workers and primary reach a Kafka that asks for certificates, and say nothing of them", async () => {
  using authority = new Authority()
  await using kafka = await privateBroker({ secured: securedBy(authority) })
  await using scenario = await Scenario.open('heroku', { kafka: kafka.address, partitions: 2 })
  const { certificate, key } = authority.issue('client')
  const texts = [authority.certificate, certificate, key].map(textOf)
  const variables = ['KAFKA_TRUSTED_CERT', 'KAFKA_CLIENT_CERT', 'KAFKA_CLIENT_CERT_KEY']
  // By a name that the certificate has not, as at Heroku.
  vi.stubEnv('KAFKA_URL', `kafka+ssl://127.0.0.1:${kafka.brokers[0]!.ports.secured}`)
  for (const [index, variable] of variables.entries()) vi.stubEnv(variable, texts[index]!)
  onTestFinished(() => void vi.unstubAllEnvs())
  const start = () => scenario.racecar({ workers: 2, address: null, consumer, args: ['--session-timeout', '120'] })

  const first = start()
  await scenario.served()
  await scenario.passes()
  const deaths = await scenario.kill(first.workers()[0]!)
  await scenario.served()
  await scenario.passes()
  await scenario.committedAll()
  const left = first.workers()
  first.signal('SIGKILL')
  for (const pid of left) process.kill(pid, 'SIGKILL')
  const at = now()
  await first.closed

  // The dead are taken out of the group by the primary itself, which knows by its workers how to reach it.
  const second = start()
  await scenario.served()
  expect(second.all('orphans.evicted')[0]?.instanceIds).toHaveLength(2)
  await scenario.passes()
  second.signal('SIGUSR1')
  expect(await scenario.stop(second)).toEqual([0, null])
  expect(second.stderr).toMatch(/^brokers +=\s127\.0\.0\.1:\d+ {2}\(KAFKA_URL by racecar\/heroku\)$/m)
  expect(second.stderr).toMatch(/^ssl_key_location +=\senv:KAFKA_CLIENT_CERT_KEY {2}\(KAFKA_CLIENT_CERT_KEY by/m)

  // By a configuration file commands have them as well, which import no consumer.
  const topic = await scenario.topics.create('heroku-ctl')
  mkdirSync(join(scenario.folder, 'config'))
  writeFileSync(join(scenario.folder, 'config/racecar.ts'), "import 'racecar/heroku'\n")
  const told = await racecarctl(scenario.folder, 'produce', '--topic', topic, '--value', 'by hand')
  expect(told).toMatchObject({ code: 0, stdout: `${topic}/0: stored at offset 0.\n` })

  const said = [
    ...[first, second].flatMap(({ lines, stderr }) => [JSON.stringify(lines), stderr]),
    told.stdout,
    told.stderr,
  ]
  const written = readdirSync(scenario.folder, { recursive: true, encoding: 'utf8' })
    .map(name => join(scenario.folder, name))
    .filter(path => statSync(path).isFile())
    .map(path => readFileSync(path, 'utf8'))
  const secrets = texts.flatMap(text => text.split('\n').filter(line => /^[\w+/=]{40,}$/.test(line)))
  expect(secrets.length).toBeGreaterThan(3)
  for (const text of [...said, ...written]) for (const secret of secrets) expect(text).not.toContain(secret)

  const committed = await scenario.committed()
  await scenario.expectWhole([...deaths, ...left.map(pid => ({ pid, at, committed }))])
  await scenario.expectNothingLeft()
})
