import { describe, expect, it } from 'vitest'
import type { Cluster } from '../../src/config/cluster.ts'
import { loadConfig, type Sources } from '../../src/config/load.ts'
import { ConfigError } from '../../src/config/problems.ts'

const outcome = (from: Sources) => {
  try {
    return loadConfig(from).warnings
  } catch (error) {
    return error instanceof ConfigError ? error.problems.map(({ sentence }) => sentence) : error
  }
}

describe('options of secured connections', () => {
  it('are refused where nobody has said that connections are secured', () => {
    expect(outcome({ given: { sslCaLocation: 'ca.pem' } })).toEqual([
      'ssl_ca_location (ca.pem, the program) needs security_protocol ssl or sasl_ssl, which nobody has set: everything would go in the clear',
    ])
    expect(outcome({ env: { RACECAR_SSL_VERIFY_HOSTNAME: 'false' } })).toEqual([
      expect.stringMatching(
        /^ssl_verify_hostname \(false, env RACECAR_SSL_VERIFY_HOSTNAME\) needs security_protocol ssl or sasl_ssl/,
      ),
    ])
  })

  it('are believed while a module that a consumer imports may still say so', () => {
    const given = { sslCaLocation: 'ca.pem' }
    const sections = [{ source: 'a module', values: { securityProtocol: 'ssl' } }]
    expect(outcome({ given, presetsPending: true })).toEqual([])
    expect(outcome({ given, presets: [{ name: 'a module', sections, problems: [] }] })).toEqual([])
    expect(outcome({ given })).toEqual([expect.stringContaining('needs security_protocol ssl or sasl_ssl')])
  })

  it('are left unused, with a warning, where somebody wants plaintext', () => {
    const given = { sslCaLocation: 'ca.pem', sslCertificateLocation: 'a', sslKeyLocation: 'b' }
    expect(outcome({ given, flags: { securityProtocol: 'plaintext' } })).toEqual([
      'ssl_ca_location (ca.pem, the program) is not used, because of security_protocol (plaintext, flag --security-protocol): everything goes in the clear',
    ])
  })

  it.each<[object, string]>([
    [
      { sslKeyLocation: 'key.pem' },
      'ssl_key_location (key.pem, the program) needs its certificate: set ssl_certificate_location',
    ],
    [
      { sslCertificateLocation: 'a.pem' },
      'ssl_certificate_location (a.pem, the program) needs its private key: set ssl_key_location',
    ],
    [
      { sslKeystoreLocation: 'a.p12', sslKeyLocation: 'b.pem', sslCertificateLocation: 'c.pem' },
      'ssl_keystore_location (a.p12, the program) and ssl_certificate_location (c.pem, the program) both say who we are: set the one or the other',
    ],
    [
      { embedded: true },
      'embedded (true, the program) starts a Kafka that is not secured: security_protocol (ssl, the program) must be plaintext with it',
    ],
    [
      { securityProtocol: 'SSL' },
      'security_protocol must be one of plaintext, ssl, sasl_plaintext, sasl_ssl, but the program says "SSL"',
    ],
  ])('must fit each other: %o', (given, sentence) => {
    expect(outcome({ given: { securityProtocol: 'ssl', ...given } })).toEqual([sentence])
  })

  it('are looked at where they lie, once all else is right', () => {
    const asked: Pick<Cluster, 'tls' | 'sasl'>[] = []
    const faultsOf = (cluster: Pick<Cluster, 'tls' | 'sasl'>) => {
      asked.push(cluster)
      return [{ option: 'sslCaLocation', why: 'does not exist' }] as const
    }
    const given = { securityProtocol: 'ssl', sslCaLocation: 'ca.pem' } as const
    expect(outcome({ given, faultsOf })).toEqual(['ssl_ca_location (ca.pem, the program) does not exist'])
    expect(asked).toMatchObject([{ tls: { ca: 'ca.pem', certificate: undefined, key: undefined }, sasl: null }])
    outcome({ given: { ...given, workers: -1 }, faultsOf })
    expect(asked).toHaveLength(1)
  })
})
