// Every secret of the table of options, set in every way that there is, and everything that racecar says, shows, writes or hands on
// meanwhile, looked through for it.

import { chmodSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { optionNames, optionOf, snakeOf, variableOf } from '../../../src/config/names.ts'
import type { OptionName } from '../../../src/config/options.ts'
import { bothNames } from '../../../src/config/raw/both.ts'
import { Authority } from '../../support/certificates.ts'
import { listeningPorts } from '../../support/listening.ts'
import { NOWHERE, Project } from '../../support/process.ts'
import type { RacecarProcess } from '../../support/racecar-process.ts'
import { racecarctl } from '../../support/racecarctl.ts'
import { handedOn, run, written } from '../../support/traces.ts'

const authority = new Authority()
afterAll(() => authority[Symbol.dispose]())
const own = authority.issue('own')

const secrets = optionNames.filter(name => optionOf(name).secret)
/** In nothing else that is ever said. */
const MARK = 'zebra'
const secretOf = (name: OptionName) => `${MARK}-${name}`

/** What a secret does not go without: a new one in the table may need an entry here, and is covered then. */
const company: Partial<Record<OptionName, (secret: string) => Readonly<Record<string, string>>>> = {
  saslPassword: () => ({ sasl_mechanism: 'SCRAM-SHA-512', sasl_username: 'ann' }),
  saslOauthbearerClientSecret: () => ({
    sasl_mechanism: 'OAUTHBEARER',
    sasl_oauthbearer_token_endpoint_url: 'http://localhost:1/token',
    sasl_oauthbearer_client_id: 'ann',
  }),
  sslKeyPassword: secret => ({
    security_protocol: 'ssl',
    ssl_certificate_location: own.certificate,
    ssl_key_location: authority.lock(own, secret),
  }),
  sslKeystorePassword: secret => ({
    security_protocol: 'ssl',
    ssl_keystore_location: authority.keystore(own, { password: secret }),
  }),
}

const yaml = (lines: readonly string[]) => `common:\n${lines.map(line => `  ${line}\n`).join('')}`
const companyOf = (name: OptionName) =>
  Object.entries(company[name]?.(secretOf(name)) ?? {}).map(([key, value]) => `${key}: ${value}`)
const rawNameOf = (name: OptionName) =>
  bothNames.find(({ fate }) => fate.kind === 'option' && fate.option === name)?.names[0] ?? 'has.no.name'

/** Sets it in one way, and gives the variables that racecar is started with. */
type Way = (project: Project, name: OptionName, secret: string) => Readonly<Record<string, string>>

const ways: Readonly<Record<string, Way>> = {
  'in a file of options': (project, name, secret) => {
    project.write('config/racecar.yml', yaml([...companyOf(name), `${snakeOf(name)}: ${secret}`]))
    return {}
  },
  'in a file in code': (project, name) => {
    project.write('config/racecar.yml', yaml(companyOf(name)))
    const written = `appendFileSync(process.env.SAID + '.environment', JSON.stringify(process.env))`
    const read = `readFileSync(new URL('../inputs/secret', import.meta.url), 'utf8')`
    project.write(
      'config/racecar.mjs',
      `import { appendFileSync, readFileSync } from 'node:fs'\n${written}\nexport default { ${name}: ${read} }`,
    )
    return {}
  },
  'in its variable': (project, name, secret) => {
    project.write('config/racecar.yml', yaml(companyOf(name)))
    project.write(
      'config/racecar.mjs',
      `import { appendFileSync } from 'node:fs'
       appendFileSync(process.env.SAID + '.environment', JSON.stringify(process.env))
       export default {}`,
    )
    return { [variableOf(name)]: secret }
  },
  'in a file that its variable names': (project, name) => {
    project.write('config/racecar.yml', yaml(companyOf(name)))
    return { [`${variableOf(name)}_FILE`]: project.path('inputs/secret') }
  },
  'by the name of librdkafka, in a file': (project, name, secret) => {
    project.write('config/racecar.yml', yaml([...companyOf(name), 'consumer:', `- ${rawNameOf(name)}=${secret}`]))
    return {}
  },
  'by the name of librdkafka, in a variable': (project, name, secret) => {
    project.write('config/racecar.yml', yaml(companyOf(name)))
    return { RACECAR_PRODUCER: `client.id=a,${rawNameOf(name)}=${secret}` }
  },
}

/** Its first lives end with an error that holds the secret, and one that is none. */
const CODE = {
  module: `
    import { readFileSync } from 'node:fs'
    const secret = readFileSync(new URL('../inputs/secret', import.meta.url), 'utf8')
    process.on('SIGUSR2', () => say('heard all'))`,
  members: `
    initialize() {
      say('life ' + process.pid)
      const life = readFileSync(process.env.SAID, 'utf8').split('life').length - 1
      const config = { saslPassword: secret, sasl: { password: secret }, token: secret }
      if (life === 1) throw Object.assign(new Error('broken', { cause: config }), { config })
      if (life === 2) throw config
      if (life === 3) return void Promise.reject(Object.assign(new TypeError('unhandled'), config)), new Promise(() => {})
      say('up ' + process.pid)
    }`,
}

function withSecret(way: Way, name: OptionName) {
  const project = new Project(CODE)
  const secret = secretOf(name)
  project.write('inputs/secret', secret)
  const env = { ...way(project, name, secret), XDG_CACHE_HOME: project.path('cache'), TMPDIR: project.folder }
  return { project, env, secret }
}

const told = (texts: readonly string[]) => texts.filter(text => text.includes(MARK))

const pidAfter = (word: string, { said }: Project): number | undefined => {
  const line = said.find(one => one.startsWith(word))
  return line === undefined ? undefined : Number(line.slice(word.length))
}

/** What a running one tells whoever asks, and hands on. */
async function interrogate(project: Project, racecar: RacecarProcess): Promise<string[]> {
  await project.until('the fourth life', () => pidAfter('up', project) !== undefined || racecar.exit !== undefined)
  expect(racecar.exit, racecar.stderr).toBeUndefined()
  const worker = pidAfter('up', project)!
  for (let time = 0; time < 100; time++) {
    for (const pid of [racecar.pid, worker]) process.kill(pid, 'SIGUSR1')
    // Of signals that wait the kernel keeps one.
    await new Promise(resolve => setImmediate(resolve))
  }
  process.kill(worker, 'SIGUSR2')
  await project.until('the worker having heard all', () => project.said.includes('heard all'))
  await project.until('the options being shown', () => racecar.stderr.includes('log_format'))
  expect([racecar.pid, worker].flatMap(listeningPorts)).toEqual([])
  const asked = await Promise.all([
    racecarctl(project.folder, 'status'),
    racecarctl(project.folder, 'status', '--json'),
    racecarctl(project.folder, 'quiet', '--timeout', '5'),
  ])
  expect(asked.map(({ code }) => code)).toEqual([0, 0, 0])
  const shown = [
    readFileSync(`/proc/${racecar.pid}/cmdline`, 'latin1'),
    ...handedOn([worker]),
    ...written(project.folder),
  ]
  expect(shown.length).toBeGreaterThan(5)
  return [...asked.map(answer => JSON.stringify(answer)), ...shown]
}

async function live(way: Way, name: OptionName, log: readonly string[]): Promise<void> {
  const { project, env } = withSecret(way, name)
  await using _ = project
  const settings = ['--workers', '1', '--restart-backoff-max', '0.1', '--crash-limit', '10', ...log]
  const racecar = project.startUnder(['env', ...Object.entries(env).map(pair => pair.join('='))], ...settings)
  const shown = await interrogate(project, racecar)
  const stop = await racecarctl(project.folder, 'stop')
  expect(await project.ended(racecar)).toEqual([0, null])
  const said = racecar.stderr + JSON.stringify(racecar.lines) + project.read('racecar.log')
  // It was there to be told.
  expect(racecar.stderr).toMatch(new RegExp(`^${snakeOf(name)} += \\*\\*\\* `, 'm'))
  expect(said).toMatch(/broken[\s\S]*unhandled/)
  expect(told([...shown, ...written(project.folder), said, JSON.stringify(stop)])).toEqual([])
  project.expectNothingLeft()
}

const IN_JSON: readonly string[] = []
const AS_TEXT = ['--log-format', 'text', '--logfile', 'racecar.log']

/** Each way with one secret at least, each secret in one way at least: all that a way does it does by the table. */
const count = Object.keys(ways).length
const cases = Object.entries(ways).map(([title, way], turn) => {
  const some = secrets.filter((_, index) => index % count === turn || index === turn % secrets.length)
  return [title, way, some, turn % 2 === 0 ? IN_JSON : AS_TEXT] as const
})

describe.each(cases)('row 42: a secret that is set %s', (_, way, some, log) => {
  it('is in no line of the log, dump of SIGUSR1, answer to racecarctl, file, argument or environment of a worker', async () => {
    await Promise.all(some.map(name => live(way, name, log)))
  })

  it.each(some)('is not told by racecar config and check, nor in errors beside it: %s', async name => {
    const { project, env, secret } = withSecret(way, name)
    await using _ = project
    project.write('said', 'life life life life\n')
    const ended = await Promise.all([
      run(project, env, 'config', 'WelcomeConsumer'),
      run(project, env, 'check', 'WelcomeConsumer'),
      run(project, env, '--log-levle', 'debug', 'WelcomeConsumer'),
      run(project, { ...env, RACECAR_WORKERS: 'x' }, '--brokers', `ann:${secret}@kafka`, 'WelcomeConsumer'),
    ])
    expect(ended.map(({ code }) => code)).toEqual([0, 0, 64, 78])
    expect(ended[3]?.text).toMatch(/workers must be .*[\s\S]*brokers must be|brokers must be .*[\s\S]*workers must be/)
    expect(ended[0]?.text).toMatch(new RegExp(`^${snakeOf(name)} += \\*\\*\\* `, 'm'))
    expect(told(ended.map(({ text }) => text))).toEqual([])
  })
})

it.each(secrets)('row 42: a secret on the command line is refused, and not repeated: %s', async name => {
  await using project = new Project()
  const flag = `--${snakeOf(name).replaceAll('_', '-')}`
  for (const args of [[flag, secretOf(name)], [`${flag}=${secretOf(name)}`]]) {
    const { code, text } = await run(project, {}, ...args, 'WelcomeConsumer')
    expect(code).toBe(78)
    expect(text).toContain(`${snakeOf(name)} is secret, and a command line is shown to every user of the machine`)
    expect(text).not.toContain(MARK)
  }
})

it('row 42: a secret that a class sets is refused, and not repeated', async () => {
  for (const name of secrets) {
    await using project = new Project({
      members: `static { this.configure({ ${name}: '${secretOf(name)}' }) }`,
    })
    const { code, text } = await run(project, {}, '--brokers', NOWHERE, '--log-level', 'debug', 'WelcomeConsumer')
    expect([name, code]).toEqual([name, 78])
    expect(text).toContain(`${snakeOf(name)} cannot be set by a class`)
    expect(text).not.toContain(MARK)
  }
})

it('row 42: no child gets a secret of the environment: neither the compiler nor a daemon’s workers', async () => {
  await using project = new Project(CODE)
  project.write('inputs/secret', secretOf('saslPassword'))
  project.write(
    'consumers/typed-consumer.ts',
    `export { WelcomeConsumer as TypedConsumer } from './welcome-consumer.js'`,
  )
  project.write('config/racecar.yml', yaml(companyOf('saslPassword')))
  project.write('said', 'life life life\n')
  const esbuild = join('node_modules', '@esbuild', `${process.platform}-${process.arch}`, 'bin', 'esbuild')
  const compiler = project.path('inputs/compiler')
  project.write('inputs/compiler', `#!/bin/sh\nenv >> "$SAID.compiler"\nexec ${join(process.cwd(), esbuild)} "$@"\n`)
  chmodSync(compiler, 0o755)
  const env = {
    RACECAR_SASL_PASSWORD: secretOf('saslPassword'),
    ESBUILD_BINARY_PATH: compiler,
    XDG_CACHE_HOME: project.path('cache'),
  }
  const { code, text } = await run(
    project,
    env,
    ...['--brokers', NOWHERE, '--daemonize', '--pidfile', 'racecar.pid', '--logfile', 'racecar.log'],
    'TypedConsumer',
  )
  const pid = Number(project.read('racecar.pid'))
  try {
    expect(code).toBe(0)
    expect(project.read('said.compiler')).toContain('SAID=')
    const worker = pidAfter('up', project)!
    const [command] = handedOn([pid])
    expect(told([text, command!, ...handedOn([worker]), ...written(project.folder)])).toEqual([])
    expect((await racecarctl(project.folder, 'stop')).code).toBe(0)
    expect(told(written(project.folder))).toEqual([])
  } finally {
    if (pid > 0 && (await racecarctl(project.folder, 'status')).code === 0) process.kill(pid, 'SIGKILL')
  }
})
