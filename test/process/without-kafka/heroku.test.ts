import { expect, it, onTestFinished, vi } from 'vitest'
import { Authority, textOf } from '../../support/certificates.ts'
import { type } from '../../support/command.ts'
import { Project } from '../../support/process.ts'

const SCRATCH = 'MIIscratchedCertificate'

/** Of a Kafka of Heroku's, with these instead or beside. */
function heroku(others: Readonly<Record<string, string>> = {}): void {
  using authority = new Authority()
  const { certificate, key } = authority.issue('client')
  const files = { TRUSTED_CERT: authority.certificate, CLIENT_CERT: certificate, CLIENT_CERT_KEY: key }
  vi.stubEnv('KAFKA_URL', 'kafka+ssl://kafka.example:9096')
  for (const [name, file] of Object.entries(files)) vi.stubEnv(`KAFKA_${name}`, textOf(file))
  for (const [name, value] of Object.entries(others)) vi.stubEnv(name, value)
  onTestFinished(() => void vi.unstubAllEnvs())
}

const IMPORT = "import 'racecar/heroku'"

it.each([
  ['config/racecar.ts, which exports nothing', 'config/racecar.ts', IMPORT],
  ['config/racecar.cjs', 'config/racecar.cjs', "require('racecar/heroku'); module.exports = { workers: 2 }"],
])('the import in %s configures racecar, below what variables say', async (_, file, code) => {
  await using project = new Project()
  project.write(file, code)
  heroku({ KAFKA_PREFIX: 'wabash-1.', RACECAR_SSL_VERIFY_HOSTNAME: 'true' })
  const { exit, out } = await type(project, 'config').returned
  expect(exit).toEqual([0, null])
  expect(out).toMatch(/^brokers +=\skafka\.example:9096 {2}\(KAFKA_URL by racecar\/heroku\)$/m)
  expect(out).toMatch(/^group_id_prefix +=\swabash-1\. {2}\(KAFKA_PREFIX by racecar\/heroku\)$/m)
  expect(out).toMatch(/^ssl_ca_location +=\senv:KAFKA_TRUSTED_CERT {2}\(KAFKA_TRUSTED_CERT by racecar\/heroku\)$/m)
  expect(out).toMatch(/^ssl_verify_hostname +=\strue {2}\(env RACECAR_SSL_VERIFY_HOSTNAME\)$/m)
})

it('the import at the head of a consumer does, and what lacks the prefix is told', async () => {
  await using project = new Project({ module: IMPORT })
  heroku({ KAFKA_PREFIX: 'wabash-1.' })
  const { exit, out } = await type(project, 'check', 'WelcomeConsumer').returned
  expect(exit).toEqual([0, null])
  expect(out).toContain('WelcomeConsumer is fine')
  expect(out).toContain('group wabash-1.welcome-consumer.')
  expect(out).toMatch(
    /^Warning: the topic greetings does not begin with wabash-1\. .*: subscribe to wabash-1\.greetings\.$/m,
  )
})

it('variables that are missing end racecar with 78, all of them named', async () => {
  await using project = new Project({ module: IMPORT })
  const racecar = project.start()
  expect(await project.ended(racecar)).toEqual([78, null])
  expect(racecar.stderr).toMatch(
    /KAFKA_URL, KAFKA_TRUSTED_CERT, KAFKA_CLIENT_CERT and KAFKA_CLIENT_CERT_KEY are not set, .*heroku addons:create/,
  )
  expect(racecar.all('slot.restarting')).toEqual([])
  project.expectNothingLeft()
})

it('a variable that holds no certificate ends racecar with 78, by its name and not by what it holds', async () => {
  await using project = new Project({ module: IMPORT })
  heroku({ KAFKA_CLIENT_CERT: `-----BEGIN CERTIFICATE-----\n${SCRATCH}\n-----END CERTIFICATE-----` })
  const racecar = project.start()
  expect(await project.ended(racecar)).toEqual([78, null])
  expect(racecar.stderr).toContain(
    'ssl_certificate_location (env:KAFKA_CLIENT_CERT, KAFKA_CLIENT_CERT by racecar/heroku) holds a certificate that cannot be read',
  )
  expect(JSON.stringify(racecar.lines) + racecar.stderr).not.toContain(SCRATCH)
  project.expectNothingLeft()
})

it('a file that is not there ends racecar with 78 before anything is forked', async () => {
  await using project = new Project()
  const racecar = project.start('--security-protocol', 'ssl', '--ssl-ca-location', 'nowhere.pem')
  expect(await project.ended(racecar)).toEqual([78, null])
  expect(racecar.stderr).toContain('ssl_ca_location (nowhere.pem, flag --ssl-ca-location) does not exist')
  expect(racecar.forks()).toEqual([])
  project.expectNothingLeft()
})
