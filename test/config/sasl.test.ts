import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { clusterOf } from '../../src/config/cluster.ts'
import { loadConfig, type Sources } from '../../src/config/load.ts'
import type { Config } from '../../src/config/options.ts'
import { ConfigError } from '../../src/config/problems.ts'
import type { ByPassword } from '../../src/security/sasl.ts'

const outcome = (from: Sources) => {
  try {
    return loadConfig(from).warnings
  } catch (error) {
    return error instanceof ConfigError ? error.problems.map(({ sentence }) => sentence) : error
  }
}

const passwordOf = (config: Config) => (clusterOf(config).sasl as ByPassword).password()

const given = { saslMechanism: 'SCRAM-SHA-256', saslUsername: 'ann', saslPassword: 'hunter2' }

describe('name and password', () => {
  it('choose an encrypted connection where nobody says, or another by sasl_over_ssl', () => {
    const { config, sources } = loadConfig({ given })
    expect([config.securityProtocol, sources.securityProtocol]).toEqual(['sasl_ssl', 'because of sasl_mechanism'])
    expect(clusterOf(config)).toMatchObject({
      tls: { verifyHostname: true },
      sasl: { mechanism: 'SCRAM-SHA-256', username: 'ann' },
    })
    expect(passwordOf(config)).toBe('hunter2')
    const bare = loadConfig({ given: { ...given, saslOverSsl: false } }).config
    expect(bare.securityProtocol).toBe('sasl_plaintext')
    expect(clusterOf(bare)).toMatchObject({ tls: null, sasl: { username: 'ann' } })
  })

  it('are told to nobody where somebody says plaintext, with a warning', () => {
    const from = { given, flags: { securityProtocol: 'plaintext' } }
    expect(clusterOf(loadConfig(from).config).sasl).toBeNull()
    expect(outcome(from)).toEqual([
      'sasl_mechanism (SCRAM-SHA-256, the program) is not used, because of security_protocol (plaintext, flag --security-protocol): no broker is told who we are',
    ])
  })

  it('are warned of where everybody can read them', () => {
    expect(outcome({ given: { ...given, saslMechanism: 'PLAIN', securityProtocol: 'sasl_plaintext' } })).toEqual([
      'sasl_mechanism (PLAIN, the program) sends the password as it is, and security_protocol (sasl_plaintext, the program) encrypts nothing: whoever listens has it',
    ])
  })

  it('warn of a sasl_over_ssl that does not count', () => {
    expect(outcome({ given: { ...given, securityProtocol: 'sasl_ssl', saslOverSsl: false } })).toEqual([
      'sasl_over_ssl (false, the program) does not count, because of security_protocol (sasl_ssl, the program)',
    ])
  })

  it('are understood by the names of librdkafka, in any case', () => {
    const consumer =
      'security.protocol=SASL_PLAINTEXT,sasl.mechanisms=SCRAM-SHA-512,sasl.username=ann,sasl.password=hunter2'
    const { config } = loadConfig({ env: { RACECAR_CONSUMER: consumer } })
    expect(clusterOf(config)).toMatchObject({ tls: null, sasl: { mechanism: 'SCRAM-SHA-512' } })
    expect(passwordOf(config)).toBe('hunter2')
  })

  it('keep a blank at the end of a password', () => {
    expect(loadConfig({ given: { ...given, saslPassword: 'two words ' } }).config.saslPassword).toBe('two words ')
  })

  it.each<[object, string]>([
    [
      { saslUsername: undefined },
      'sasl_mechanism (SCRAM-SHA-256, the program) needs sasl_username, sasl_password: set sasl_username',
    ],
    [
      { saslPassword: undefined },
      'sasl_mechanism (SCRAM-SHA-256, the program) needs sasl_username, sasl_password: set sasl_password',
    ],
    [
      { saslMechanism: undefined },
      'sasl_username (ann, the program) needs sasl_mechanism, which nobody has set: no broker would be told who we are',
    ],
    [
      { saslMechanism: undefined, saslUsername: undefined },
      'sasl_password (***, the program) needs sasl_mechanism, which nobody has set: no broker would be told who we are',
    ],
    [
      { saslMechanism: undefined, securityProtocol: 'sasl_ssl' },
      'security_protocol (sasl_ssl, the program) needs sasl_mechanism, which nobody has set',
    ],
    [
      { securityProtocol: 'ssl' },
      'sasl_mechanism (SCRAM-SHA-256, the program) is not used with security_protocol (ssl, the program): set security_protocol to sasl_ssl',
    ],
    [
      { saslMechanism: 'NTLM' },
      'sasl_mechanism must be one of PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, OAUTHBEARER, AWS_MSK_IAM, GSSAPI, but the program says "NTLM"',
    ],
    [{ saslPassword: 42 }, 'sasl_password must be a text, but the program says "***"'],
  ])('are refused where they are not whole: %o', (changed, sentence) => {
    const said = Object.entries({ ...given, ...changed }).filter(([, value]) => value !== undefined)
    expect(outcome({ given: Object.fromEntries(said) })).toEqual([sentence])
  })
})

describe('tokens', () => {
  const endpoint = {
    saslMechanism: 'OAUTHBEARER',
    saslOauthbearerTokenEndpointUrl: 'https://login.example.com/token',
    saslOauthbearerClientId: 'geo',
    saslOauthbearerClientSecret: 'hunter2',
  }
  const provider = { saslMechanism: 'OAUTHBEARER', saslOauthbearerTokenProvider: 'config/token.js' }
  const msk = { saslMechanism: 'AWS_MSK_IAM' }

  it('come from an endpoint, with all that it wants to know', () => {
    const more = { saslOauthbearerScope: 'a b', saslOauthbearerExtensions: 'logicalCluster=lkc-1,pool=a=b' }
    const { sasl } = clusterOf(loadConfig({ given: { ...endpoint, ...more } }).config)
    expect(sasl).toEqual({
      mechanism: 'OAUTHBEARER',
      from: {
        ...{ kind: 'endpoint', url: 'https://login.example.com/token', clientId: 'geo', scope: 'a b' },
        clientSecret: expect.any(Function),
      },
      extensions: { logicalCluster: 'lkc-1', pool: 'a=b' },
    })
    expect(JSON.stringify(sasl)).not.toContain('hunter2')
  })

  it('come from a module of the user, wherever racecar goes', () => {
    expect(clusterOf(loadConfig({ given: provider }).config).sasl).toMatchObject({
      from: { kind: 'module', file: `${process.cwd()}/config/token.js` },
    })
  })

  it.each<[object, string | undefined]>([
    [{}, undefined],
    [{ brokers: 'b-1.orders.x1.c2.kafka.eu-west-1.amazonaws.com:9098' }, 'eu-west-1'],
    [{ brokers: 'boot-x.c1.kafka-serverless.us-east-1.amazonaws.com:9098' }, 'us-east-1'],
    [{ brokers: 'b-1.orders.x1.c2.kafka.cn-north-1.amazonaws.com.cn:9098' }, 'cn-north-1'],
    [{ brokers: 'kafka.internal:9098', saslAwsRegion: 'eu-north-1' }, 'eu-north-1'],
  ])('are signed for the region of Amazon that the brokers are in: %o', (given, region) => {
    const { config } = loadConfig({ given: { ...msk, ...given } })
    expect(clusterOf(config).sasl).toMatchObject({ mechanism: 'AWS_MSK_IAM', from: { kind: 'msk', region } })
  })

  it.each<[object, string]>([
    [
      { saslMechanism: 'OAUTHBEARER' },
      'sasl_mechanism (OAUTHBEARER, the program) needs sasl_oauthbearer_token_endpoint_url, sasl_oauthbearer_client_id, sasl_oauthbearer_client_secret, or sasl_oauthbearer_token_provider: set sasl_oauthbearer_token_endpoint_url',
    ],
    [
      { ...endpoint, saslOauthbearerClientSecret: '' },
      'sasl_mechanism (OAUTHBEARER, the program) needs sasl_oauthbearer_token_endpoint_url, sasl_oauthbearer_client_id, sasl_oauthbearer_client_secret, or sasl_oauthbearer_token_provider: set sasl_oauthbearer_client_secret',
    ],
    [
      { ...endpoint, ...provider },
      'sasl_oauthbearer_token_provider (config/token.js, the program) and sasl_oauthbearer_token_endpoint_url (https://login.example.com/token, the program) both say where tokens come from: set the one or the other',
    ],
    ...['http://login.example.com/token', 'https://geo:pw@login.example.com/token', 'token'].map(
      (url): [object, string] => [
        { ...endpoint, saslOauthbearerTokenEndpointUrl: url },
        `sasl_oauthbearer_token_endpoint_url must be a URL that begins with https:// (http:// on this machine alone), without a name and a password, but the program says "${url.replace('geo:pw', '***')}"`,
      ],
    ),
    ...['auth=x', 'x', '=x', 'logical_cluster=x'].map((extension): [object, string] => [
      { ...provider, saslOauthbearerExtensions: extension },
      `sasl_oauthbearer_extensions must be key=value,…, with keys of letters alone, and not auth, but the program says "${extension}"`,
    ]),
  ])('are refused where what they come from is not whole: %o', (given, sentence) => {
    expect(outcome({ given })).toEqual([sentence])
  })

  it('are warned of where everybody can read them, and options of what counts for another mechanism', () => {
    expect(outcome({ given: { ...provider, saslUsername: 'ann', securityProtocol: 'sasl_plaintext' } })).toEqual([
      'sasl_mechanism (OAUTHBEARER, the program) sends the token as it is, and security_protocol (sasl_plaintext, the program) encrypts nothing: whoever listens has it',
      'sasl_username (ann, the program) is not used with sasl_mechanism (OAUTHBEARER, the program)',
    ])
  })

  it('are understood by the names of librdkafka', () => {
    const consumer =
      'security.protocol=SASL_SSL,sasl.mechanisms=OAUTHBEARER,sasl.oauthbearer.method=OIDC,sasl.oauthbearer.client.id=geo,' +
      'sasl.oauthbearer.client.secret=hunter2,sasl.oauthbearer.token.endpoint.url=https://login.example.com/token'
    const { config } = loadConfig({ env: { RACECAR_CONSUMER: consumer } })
    expect(clusterOf(config).sasl).toMatchObject({ from: { kind: 'endpoint', clientId: 'geo' } })
  })
})

describe('a secret in a file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'secret-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'password')
  const readFile = (path: string) => readFileSync(path, 'utf8')
  const from = { given: { ...given, saslPassword: undefined }, env: { RACECAR_SASL_PASSWORD_FILE: file }, readFile }

  it('is read again for each connection, and stays what it was where there is none', () => {
    writeFileSync(file, 'first\n')
    const { config } = loadConfig(from)
    expect(passwordOf(config)).toBe('first')
    writeFileSync(file, 'second\n')
    const { password } = clusterOf(config).sasl as ByPassword
    expect(password()).toBe('second')
    for (const gone of [() => writeFileSync(file, ''), () => rmSync(file)]) {
      gone()
      expect(password()).toBe('second')
    }
  })

  it('does not count where a stronger source says another one', () => {
    writeFileSync(file, 'first')
    const { config } = loadConfig({ ...from, given: { ...given, saslPassword: 'hunter2' } })
    expect([config.secretFiles, passwordOf(config)]).toEqual([undefined, 'hunter2'])
  })
})

describe('tickets of Kerberos', () => {
  const keytab = { saslMechanism: 'GSSAPI', saslKerberosKeytab: '/etc/ann.keytab' }
  const command = { ...keytab, saslKerberosKinitCmd: 'kinit -kt %{sasl.kerberos.keytab} %{sasl.kerberos.principal}' }
  const saslOf = (given: object) => clusterOf(loadConfig({ given: given as Record<string, unknown> }).config).sasl

  it('come from the cache that is there, from a keytab, or by a command', () => {
    expect(saslOf({ saslMechanism: 'GSSAPI' })).toEqual({
      mechanism: 'GSSAPI',
      serviceName: 'kafka',
      principal: undefined,
      tickets: { kind: 'cache' },
    })
    expect(saslOf({ ...keytab, saslKerberosServiceName: 'bus', saslKerberosPrincipal: 'ann' })).toMatchObject({
      serviceName: 'bus',
      principal: 'ann',
      tickets: { kind: 'keytab', file: '/etc/ann.keytab' },
    })
    expect(saslOf({ ...command, brokers: 'a:1,b:2' })).toMatchObject({
      tickets: {
        kind: 'command',
        command: command.saslKerberosKinitCmd,
        values: { 'sasl.kerberos.keytab': '/etc/ann.keytab', 'bootstrap.servers': 'a:1,b:2' },
        againMs: 60_000,
      },
    })
  })

  it('go by an encrypted connection where nobody says, and need none', () => {
    expect(loadConfig({ given: keytab }).config.securityProtocol).toBe('sasl_ssl')
    expect(outcome({ given: { ...keytab, securityProtocol: 'sasl_plaintext' } })).toEqual([])
  })

  it.each<[object, string]>([
    [
      { ...command, saslKerberosKinitCmd: 'kinit %{broker.name}' },
      'sasl_kerberos_kinit_cmd (kinit %{broker.name}, the program) names %{broker.name}, but can name bootstrap.servers, client.id, security.protocol, sasl.mechanism, sasl.mechanisms, sasl.kerberos.service.name, sasl.kerberos.principal, sasl.kerberos.keytab alone',
    ],
    [
      { saslMechanism: 'GSSAPI', saslKerberosKinitCmd: 'kinit %{sasl.kerberos.principal}' },
      'sasl_kerberos_kinit_cmd (kinit %{sasl.kerberos.principal}, the program) names %{sasl.kerberos.principal}: set sasl_kerberos_principal',
    ],
    [
      { saslKerberosKeytab: '/etc/ann.keytab' },
      'sasl_kerberos_keytab (/etc/ann.keytab, the program) needs sasl_mechanism, which nobody has set: no broker would be told who we are',
    ],
    [
      { ...keytab, saslKerberosMinTimeBeforeRelogin: -1 },
      'sasl_kerberos_min_time_before_relogin must be a whole number from 0 to 86400000, but the program says -1',
    ],
  ])('are refused where what they come from is not whole: %o', (given, sentence) => {
    expect(outcome({ given: given as Record<string, unknown> })).toEqual([sentence])
  })

  it('are warned of where an option does not count', () => {
    expect(outcome({ given: { ...keytab, saslUsername: 'ann', saslKerberosMinTimeBeforeRelogin: 1 } })).toEqual([
      'sasl_username (ann, the program) is not used with sasl_mechanism (GSSAPI, the program)',
      'sasl_kerberos_min_time_before_relogin (1, the program) does not count without sasl_kerberos_kinit_cmd: Kerberos renews the tickets of a keytab when half of their time is over',
    ])
    expect(outcome({ given: { ...given, saslKerberosServiceName: 'bus' } })).toEqual([
      'sasl_kerberos_service_name (bus, the program) is not used with sasl_mechanism (SCRAM-SHA-256, the program)',
    ])
  })

  it('are understood by the names of librdkafka', () => {
    const consumer =
      'security.protocol=SASL_PLAINTEXT,sasl.mechanisms=GSSAPI,sasl.kerberos.keytab=/etc/ann.keytab,sasl.kerberos.principal=ann,' +
      'sasl.kerberos.kinit.cmd=kinit -R,sasl.kerberos.min.time.before.relogin=0'
    const { config } = loadConfig({ env: { RACECAR_CONSUMER: consumer } })
    expect(clusterOf(config).sasl).toMatchObject({ principal: 'ann', tickets: { command: 'kinit -R', againMs: 0 } })
  })
})
