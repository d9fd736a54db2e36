import { describe, expect, it } from 'vitest'
import { clusterOf } from '../../src/config/cluster.ts'
import { loadConfig, type Sources } from '../../src/config/load.ts'
import { ConfigError } from '../../src/config/problems.ts'

const outcome = (from: Sources) => {
  try {
    return loadConfig(from).warnings
  } catch (error) {
    return error instanceof ConfigError ? error.problems.map(({ sentence }) => sentence) : error
  }
}

const given = { saslMechanism: 'SCRAM-SHA-256', saslUsername: 'ann', saslPassword: 'hunter2' }

describe('name and password', () => {
  it('choose an encrypted connection where nobody says, or another by sasl_over_ssl', () => {
    const { config, sources } = loadConfig({ given })
    expect([config.securityProtocol, sources.securityProtocol]).toEqual(['sasl_ssl', 'because of sasl_mechanism'])
    expect(clusterOf(config)).toMatchObject({
      tls: { verifyHostname: true },
      sasl: { mechanism: 'SCRAM-SHA-256', username: 'ann', password: 'hunter2' },
    })
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
    expect(clusterOf(config)).toMatchObject({ tls: null, sasl: { mechanism: 'SCRAM-SHA-512', password: 'hunter2' } })
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
      'security_protocol (sasl_ssl, the program) needs sasl_mechanism, sasl_username, sasl_password: set sasl_mechanism',
    ],
    [
      { securityProtocol: 'ssl' },
      'sasl_mechanism (SCRAM-SHA-256, the program) is not used with security_protocol (ssl, the program): set security_protocol to sasl_ssl',
    ],
    [
      { saslMechanism: 'GSSAPI' },
      'sasl_mechanism must be one of PLAIN, SCRAM-SHA-256, SCRAM-SHA-512, but the program says "GSSAPI"',
    ],
    [{ saslPassword: 42 }, 'sasl_password must be a text, but the program says "***"'],
  ])('are refused where they are not whole: %o', (changed, sentence) => {
    const said = Object.entries({ ...given, ...changed }).filter(([, value]) => value !== undefined)
    expect(outcome({ given: Object.fromEntries(said) })).toEqual([sentence])
  })
})
