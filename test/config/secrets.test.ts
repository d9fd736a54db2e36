import { inspect } from 'node:util'
import { describe, expect, it, vi } from 'vitest'
import type * as Table from '../../src/config/options.ts'

// Of other kinds than the table has.
vi.mock('../../src/config/options.ts', async original => {
  const { options } = await original<typeof Table>()
  const { integer } = await import('../../src/config/option.ts')
  const secret = { group: 'Kafka', secret: true, about: 'A secret' } as const
  return {
    options: {
      ...options,
      pin: integer({ least: 1000 })({ ...secret, default: 1234 }),
    },
  }
})

const { loadConfig } = await import('../../src/config/load.ts')
const { maskRaw } = await import('../../src/config/raw/setting.ts')
const { untold } = await import('../../src/config/untold.ts')
const { sectionsOfYaml } = await import('../../src/config/sections.ts')
const { kebabOf, optionNames, optionOf, snakeOf, spellingsOf, variableOf } = await import('../../src/config/names.ts')
const { optionsInForce } = await import('../../src/cli/options-in-force.ts')

const readFile = (path: string): string => {
  if (path === '/run/secrets/password') return 'hunter2\n'
  throw new Error(`ENOENT: no such file or directory, open '${path}'`)
}
const who = { RACECAR_SASL_MECHANISM: 'PLAIN', RACECAR_SASL_USERNAME: 'ann' }
const load = (env: Record<string, string>, more: object = {}) => {
  return loadConfig({ env: { ...who, ...env }, readFile, ...more })
}

const inFile = (values: Record<string, unknown>) => ({
  files: { sections: [{ source: 'config/racecar.yml, section common', values }], problems: [] },
})

describe('a secret', () => {
  it('is read from the file that a variable names, without the new line at its end', () => {
    const { config, sources } = load({ RACECAR_SASL_PASSWORD_FILE: '/run/secrets/password' })
    expect(config.saslPassword).toBe('hunter2')
    expect(sources.saslPassword).toBe('env RACECAR_SASL_PASSWORD_FILE')
  })

  it.each(['SSL_KEY_PASSWORD', 'SSL_KEYSTORE_PASSWORD'])('may be %s', name => {
    const other = { RACECAR_SASL_PASSWORD: 'another' }
    const { config } = load({ ...other, [`RACECAR_${name}_FILE`]: '/run/secrets/password' })
    expect(Object.values(config)).toContain('hunter2')
    const { sources } = load({ ...other, [`RACECAR_${name}`]: 'hunter2' })
    expect(optionsInForce(config, sources as never)).not.toContain('hunter2')
  })

  it('in its own variable goes before the file', () => {
    const env = { RACECAR_SASL_PASSWORD: 'direct', RACECAR_SASL_PASSWORD_FILE: '/run/secrets/password' }
    expect(load(env).config.saslPassword).toBe('direct')
  })

  it('whose file cannot be read is named with the path and the variable', () => {
    expect(() => load({ RACECAR_SASL_PASSWORD_FILE: '/nowhere' })).toThrow(
      "sasl_password cannot be read from /nowhere (env RACECAR_SASL_PASSWORD_FILE): ENOENT: no such file or directory, open '/nowhere'",
    )
  })

  it('is the only kind of option that is read from a file', () => {
    expect(() => load({ RACECAR_CLIENT_ID_FILE: '/run/secrets/password' })).toThrow(
      'env RACECAR_CLIENT_ID_FILE is no option',
    )
  })

  it('is shown nowhere: not among the options in force, and not in an error', () => {
    const { config, sources } = load({ RACECAR_SASL_PASSWORD: 'hunter2' })
    const shown = optionsInForce(config, sources)
    expect(shown).toMatch(/^sasl_password +=\s\*\*\* {2}\(env RACECAR_SASL_PASSWORD\)$/m)
    expect(shown).not.toContain('hunter2')
    for (const sources of [{ env: { RACECAR_PIN: '42' } }, { given: { pin: '42' } }, inFile({ pin: 42 })]) {
      expect(() => loadConfig(sources)).toThrow(/^pin must be a whole number, at least 1000, but .* says "\*\*\*"$/)
    }
  })
})

describe('a secret on the command line', () => {
  const shownToAll = 'and a command line is shown to every user of the machine'

  it.each(optionNames.filter(name => optionOf(name).secret))('is refused, with the ways that there are: %s', name => {
    for (const spelling of spellingsOf(name)) {
      const variable = variableOf(name)
      expect(() => loadConfig({ flags: { [spelling]: 'hunter2' } })).toThrow(
        `${snakeOf(name)} is secret, ${shownToAll} (flag --${kebabOf(spelling)}): set it by ${variable}, by a file that ${variable}_FILE names, or in config/racecar.yml`,
      )
    }
  })

  it('is refused among the settings by librdkafka’s names as well, which others may be', () => {
    expect(() => loadConfig({ flags: { consumer: 'client.id=a,sasl.password=hunter2' } })).toThrow(
      `consumer holds a secret here, ${shownToAll} (flag --consumer): set it by RACECAR_CONSUMER, or in config/racecar.yml`,
    )
    expect(loadConfig({ flags: { consumer: 'client.id=a' } }).config.clientId).toBe('a')
  })
})

it('a password in the variable that is to name its file is not told', () => {
  const text = printed({ env: { ...who, RACECAR_SASL_PASSWORD_FILE: 'hunter2' } })
  expect(text).toContain('sasl_password cannot be read from the file that is named (env RACECAR_SASL_PASSWORD_FILE)')
  expect(text).not.toContain('hunter')
})

it.each(['zebra:zebra2@kafka:9092', 'kafka:9092,sasl_ssl://zebra:zeb,r@/2@kafka-2:9092', 'https://zebra2@kafka'])(
  'names and passwords in addresses are not told: %s',
  address => {
    for (const from of [{ env: { RACECAR_BROKERS: address } }, inFile({ brokers: [address] })]) {
      const text = printed(from)
      expect(text).toMatch(/brokers must be a list of .* says .*\*\*\*@kafka/)
      expect(text).not.toMatch(/zeb|r@/)
    }
    expect(printed({ env: { RACECAR_CONSUMER: `bootstrap.servers=${address}` } })).not.toMatch(/zeb|r@/)
  },
)

it.each(['kafka:9092,kafka-2:9092', 'ann@example.com'])('what is no password is told: %s', text => {
  expect(String(untold(text))).toMatch(/kafka|ann/)
})

const PEM = '-----BEGIN PRIVATE KEY-----\nhunter2==\n-----END PRIVATE KEY-----'

it.each(['sslKeyLocation', 'sslKeystoreLocation', 'clientId'] as const)(
  'a key that stands where the name of its file belongs is refused, and not told: %s',
  name => {
    const flat = PEM.replaceAll('\n', '\\n')
    for (const from of [{ env: { [variableOf(name)]: PEM } }, { given: { [name]: flat } }, inFile({ [name]: PEM })]) {
      const text = printed(from)
      expect(text).toContain('such as the name of a file or env:NAME, and not what a file of keys holds')
      expect(text).not.toContain('hunter')
    }
  },
)

it.each([
  'sasl_password: *hunter2',
  'sasl_password: |hunter2',
  'sasl_password: "\\xhunter2"',
  'sasl_password: !hunter2 {}',
  `sasl_password: \${hunter2!}`,
  `sasl_password: \${PASSWORD:-\${hunter2}}`,
  'sasl_password: `hunter2`',
  'sasl_password: [hunter2',
  'sasl_password: {hunter2: }}',
  'sasl_password: "hunter2" hunter3',
  'sasl_password: hunter: 2',
  'sasl_password:hunter2',
  'sasl_password:\n- hunter2\nhunter3',
  "sasl_password: 'hunter2''",
  'sasl_password: %hunter2',
  'sasl_password: hunter2\n  sasl_password: hunter3',
])('what is wrong with a file is told without what it says: %s', async line => {
  const environment = { name: 'common', isAsked: false }
  const read = await sectionsOfYaml('racecar.yml', `common:\n  ${line}\n`, environment, {})
  expect(JSON.stringify(read.problems)).not.toMatch(/hunter|[^n]unter/)
})

/** As Node prints what nobody catches. */
function printed(from: object): string {
  try {
    loadConfig({ readFile, ...from })
  } catch (error) {
    return inspect(error, { depth: null })
  }
  return expect.unreachable()
}

it.each<[string, object]>([
  ['a variable', { env: { RACECAR_SASL_PASWORD: 'hunter2' } }],
  ['a flag', { flags: { saslPasword: 'hunter2' } }],
  ['a program', { given: { saslPasword: 'hunter2' } }],
  ['a class', { classOptions: { saslPasword: 'hunter2' } }],
  ['a class that may not', { classOptions: { saslPassword: 'hunter2' } }],
  ['a file', inFile({ sasl_pasword: 'hunter2' })],
  ['a file with a number', inFile({ sasl_password: 4711 })],
])('an error does not tell a secret that %s gives by the wrong name or in the wrong place', (_, from) => {
  const text = printed(from)
  expect(text).toContain('ConfigError')
  expect(text).not.toMatch(/hunter|4711/)
})

describe('secrets among the settings by librdkafka’s names', () => {
  const env = { RACECAR_CONSUMER: 'client.id=a,ssl.keystore.password=hunter2,b,sasl.password=hunter3' }

  it('count, and are shown nowhere', () => {
    const { config, sources } = load(env)
    expect(config.saslPassword).toBe('hunter3')
    const shown = optionsInForce(config, sources)
    expect(shown).toMatch(/^sasl_password +=\s\*\*\* {2}\(consumer: sasl.password\)$/m)
    expect(shown).toMatch(/^consumer +=\sclient.id=a,ssl.keystore.password=\*\*\*,sasl.password=\*\*\* {2}/m)
    expect(shown).not.toContain('hunter')
    expect((config as { sslKeystorePassword?: string }).sslKeystorePassword).toBe('hunter2,b')
  })

  it('are not told in what is wrong with them, or beside them', () => {
    const all = [
      { RACECAR_CONSUMER: 'sasl.oauthbearer.client.secret=hunter2' },
      { RACECAR_CONSUMER: 'sasl.password=hunter2', RACECAR_PRODUCER: 'sasl.password=hunter3' },
      { RACECAR_CONSUMER: 'sasl.passwrod.password=hunter2' },
      { RACECAR_CONSUMER: 'sasl.password=hunter2,nonsense.name=1' },
      { RACECAR_CONSUMER: 'sasl.password hunter2' },
      { RACECAR_CONSUMER: 'sasl.password=hunter2', RACECAR_WORKERS: 'x' },
    ]
    for (const env of all) {
      try {
        load(env)
        expect.unreachable(JSON.stringify(env))
      } catch (error) {
        const { message, problems } = error as { message: string; problems: unknown }
        expect(`${message}${JSON.stringify(problems)}`).not.toContain('hunter')
      }
    }
  })

  it.each([
    'ssl.key.pem=-----BEGIN PRIVATE KEY-----\nhunter=,a.b=hunter2==\n-----END PRIVATE KEY-----',
    'client.id=a,ssl_key=hunter2',
    'sasl.jaas.config=org.apache.PlainLoginModule required username="hunter" password="x,client.id=hunter";',
    'sasl.password=hunter2,and=hunter3,client.id=hunter',
    'sasl.password hunter2,client.id=a',
    'client.id=a sasl.password=hunter2',
    '{"sasl.password": "hunter2"}',
  ])('are masked to the end of a text: %j', text => {
    expect(maskRaw(text)).toMatch(/(pem|key|config|password)=\*\*\*$/)
    expect(JSON.stringify(maskRaw([text]))).not.toContain('hunter')
  })

  it.each(['client.id=token-service,session.timeout.ms=1', 'ssl.ca.location=/etc/ca.pem', 'group.id=secret'])(
    'are not what only looks like one in a value: %s',
    text => expect(maskRaw(text)).toBe(text),
  )

  it('are not told where they are no list', () => {
    try {
      loadConfig(inFile({ consumer: { 'sasl.password': 'hunter2' } }))
      expect.unreachable()
    } catch (error) {
      const { message, problems } = error as { message: string; problems: unknown }
      expect(message).toBe(
        'consumer must be a list of key=value, no map, by the names of librdkafka (in YAML: - session.timeout.ms=30000), but config/racecar.yml, section common says an object',
      )
      expect(`${message}${JSON.stringify(problems)}`).not.toContain('hunter')
    }
  })

  it('overrule the option with a warning that does not tell them either', () => {
    const { warnings } = load({ ...env, RACECAR_SASL_PASSWORD: 'hunter4' })
    expect(warnings).toEqual([
      'consumer: sasl.password goes before sasl_password, which env RACECAR_SASL_PASSWORD sets to something else',
    ])
  })
})
