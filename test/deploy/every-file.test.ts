// Every file of deploy/ is looked at by a check that knows its kind; a file that none knows fails. That each check can fail is shown by
// breaking a copy of the whole folder in one place.
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, onTestFinished } from 'vitest'
import { deploy } from '../support/at-home.ts'
import { runtimeOf } from '../support/dockerfile.ts'
import { compose, dockerfile, ignored } from './containers.ts'
import { manifests } from './kubernetes.ts'
import { page } from './page.ts'
import { finish, foreman, hasSystemd, procfile, run, unit, value } from './supervised.ts'

type Check = (path: string, home: string) => string[] | Promise<string[]>

const runtimeIn = (home: string) => runtimeOf(join(home, 'container/Dockerfile'))

const kinds: readonly (readonly [of: RegExp, check: Check])[] = [
  [/^README\.md$/, page],
  [/Dockerfile$/, dockerfile],
  [/\.?dockerignore$/, ignored],
  [/^container\/docker-compose\.yml$/, (path, home) => compose(path, runtimeIn(home).entrypoint)],
  [/^kubernetes\/[a-z]+\.yaml$/, (path, home) => manifests(path, runtimeIn(home))],
  [/^systemd\/racecar@?\.service$/, unit],
  [/^(runit|s6)\/run$/, run],
  [/^(runit|s6)\/finish$/, finish],
  [/^s6\/(type|down-signal|timeout-kill)$/, value],
  [/^(procfile|heroku)\/Procfile$/, procfile],
  [/^procfile\/\.foreman$/, foreman],
]

const filesIn = (home: string) =>
  readdirSync(home, { recursive: true, encoding: 'utf8' }).filter(name => statSync(join(home, name)).isFile())

async function faultsOf(name: string, home = deploy): Promise<string[]> {
  const checks = kinds.filter(([of]) => of.test(name)).map(([, check]) => check)
  return checks.length === 1 ? await checks[0]!(join(home, name), home) : [`${checks.length} checks know it`]
}

async function expectFound(name: string, from: string, to: string, fault: string): Promise<void> {
  const copy = mkdtempSync(join(tmpdir(), 'racecar-deploy-'))
  onTestFinished(() => rmSync(copy, { recursive: true }))
  cpSync(deploy, copy, { recursive: true })
  const text = readFileSync(join(copy, name), 'utf8')
  expect(text).toContain(from)
  writeFileSync(join(copy, name), text.replaceAll(from, to))
  expect((await faultsOf(name, copy)).join('\n')).toContain(fault)
}

it.each(filesIn(deploy))('deploy/%s holds what it promises', async name => {
  expect(await faultsOf(name)).toEqual([])
})

it('the Compose file of the repository holds what it promises', async () => {
  expect(await compose(join(deploy, '../docker-compose.yml'), [])).toEqual([])
})

it.each([
  ['container/Dockerfile', 'USER 1000:1000', 'USER node', 'USER node is root, or no number'],
  ['container/Dockerfile', 'RUN npm ci', 'RAN npm ci', 'Unknown instruction: RAN'],
  [
    'container/Dockerfile',
    'ENTRYPOINT ["node_modules/.bin/racecar"]',
    'ENTRYPOINT npx racecar',
    'ENTRYPOINT is not racecar alone',
  ],
  ['container/Dockerfile', '"--workers"', '"--wrokers"', "unknown option '--wrokers'"],
  ['container/Dockerfile', 'liveness-probe"', 'lifeness-probe"', 'lifeness-probe'],
  ['container/docker-compose.yml', 'stop_grace_period: 30s', 'stop_grace: 30s', 'must NOT have unevaluated properties'],
  ['container/docker-compose.yml', 'stop_grace_period: 30s', 'stop_grace_period: 20s', 'stop_grace_period of 20 s'],
  ['container/docker-compose.yml', 'RACECAR_BROKERS', 'RACECAR_BROKER', 'RACECAR_BROKER'],
  ['container/.dockerignore', '.git\n', '', '.git'],
  ['kubernetes/deployment.yaml', 'replicas: 2', 'replicass: 2', 'additional properties'],
  [
    'kubernetes/deployment.yaml',
    'terminationGracePeriodSeconds: 30',
    'terminationGracePeriodSeconds: 29',
    'the grace is too short',
  ],
  ['kubernetes/deployment.yaml', 'SCRAM-SHA-512', 'SCRAM-SHA-1024', 'sasl_mechanism'],
  ['kubernetes/deployment.yaml', 'name: RACECAR_SASL_USERNAME', 'name: RACECAR_SASL_USER', 'RACECAR_SASL_USER'],
  ['kubernetes/deployment.yaml', 'kafka/ca.crt', 'kafka/ca.pem', 'ca.pem is no key of a secret'],
  ['kubernetes/statefulset.yaml', 'serviceName: geo-coding', 'serviceName: geo', 'there is no Service geo'],
  ['kubernetes/statefulset.yaml', 'RACECAR_GROUP_INSTANCE_ID', 'RACECAR_CLIENT_ID', 'would fence each other'],
  ['kubernetes/scaledobject.yaml', 'lagThreshold', 'lagTreshold', "KEDA's Kafka knows no lagTreshold"],
  ['kubernetes/scaledobject.yaml', 'maxReplicaCount', 'maxReplicas', 'additional properties'],
  ['kubernetes/poddisruptionbudget.yaml', 'maxUnavailable: 1', 'maxUnavailable: [1]', 'maxUnavailable'],
  ['systemd/racecar.service', 'TimeoutStopSec=30', 'TimeoutStopSec=20', 'TimeoutStopSec is too short'],
  ['systemd/racecar.service', '64 75 77 78', '64 75 77', 'RestartPreventExitStatus has other codes'],
  ['systemd/racecar@.service', 'racecarctl restart', 'racecarctl reload', 'reload'],
  ['runit/run', '--pidfile', '--pid', "unknown option '--pid'"],
  ['runit/finish', '64 | 75', '64 | 65 | 75', 'other codes'],
  ['s6/run', 'exec s6-setuidgid', 's6-setuidgid', 'a shell stays in front'],
  ['s6/timeout-kill', '30000', '3000', 'is not what it has to be'],
  ['procfile/Procfile', 'mail.pid', 'geo.pid', 'two have one pidfile'],
  ['heroku/Procfile', 'geo: exec', 'geo:', 'a shell in front'],
  ['README.md', '`shutdown_timeout`', '`shutdown_timeuot`', 'no option shutdown_timeuot'],
  ['README.md', 's6/type', 's6/typ', 'nothing at s6/typ'],
] as const)('deploy/%s would be found with %s changed to %s', expectFound)

it.runIf(hasSystemd)('systemd itself would find a key that it does not know', async () => {
  await expectFound('systemd/racecar.service', 'ProtectHome', 'ProtectHouse', 'Unknown key')
})

it('a file that no check knows is found', async () => {
  expect(await faultsOf('nomad/racecar.hcl')).toEqual(['0 checks know it'])
})
