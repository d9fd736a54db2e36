import { describe, expect, it } from 'vitest'
import { loadConfig } from '../../src/config/load.ts'
import { ConfigError } from '../../src/config/problems.ts'
import { herokuPreset } from '../../src/heroku/preset.ts'

const CERTIFICATES = {
  KAFKA_TRUSTED_CERT: 'trusted-text',
  KAFKA_CLIENT_CERT: 'client-text',
  KAFKA_CLIENT_CERT_KEY: 'key-text',
}
const ALL = { KAFKA_URL: 'kafka+ssl://one.example:9096,kafka+ssl://two.example:9096', ...CERTIFICATES }

const refusal = (env: Record<string, string>): string => {
  try {
    loadConfig({ presets: [herokuPreset(env)] })
    return ''
  } catch (error) {
    return error instanceof ConfigError ? error.message : String(error)
  }
}

describe('racecar/heroku', () => {
  it('makes options of the variables, and names them as their source', () => {
    const { config, sources } = loadConfig({ presets: [herokuPreset(ALL)] })
    expect(config).toMatchObject({
      brokers: ['one.example:9096', 'two.example:9096'],
      securityProtocol: 'ssl',
      sslCaLocation: 'env:KAFKA_TRUSTED_CERT',
      sslCertificateLocation: 'env:KAFKA_CLIENT_CERT',
      sslKeyLocation: 'env:KAFKA_CLIENT_CERT_KEY',
      sslVerifyHostname: false,
    })
    expect(sources).toMatchObject({
      brokers: 'KAFKA_URL by racecar/heroku',
      sslKeyLocation: 'KAFKA_CLIENT_CERT_KEY by racecar/heroku',
      sslVerifyHostname: 'racecar/heroku',
    })
  })

  it('hands on no secret', () => {
    expect(JSON.stringify(herokuPreset(ALL))).not.toMatch(/-text/)
  })

  it('weighs less than all that somebody has set', () => {
    const files = { sections: [{ source: 'config/racecar.yml', values: { brokers: 'file:1' } }], problems: [] }
    const { config } = loadConfig({ presets: [herokuPreset(ALL)], files, env: { RACECAR_SSL_VERIFY_HOSTNAME: 'true' } })
    expect(config).toMatchObject({ brokers: ['file:1'], securityProtocol: 'ssl', sslVerifyHostname: true })
  })

  it('needs no certificates for kafka://', () => {
    const { config, warnings } = loadConfig({ presets: [herokuPreset({ KAFKA_URL: 'kafka://one:9092' })] })
    expect(config).toMatchObject({ brokers: ['one:9092'], securityProtocol: 'plaintext', sslCaLocation: undefined })
    expect(warnings).toEqual([])
  })

  it.each<[string, Record<string, string>, RegExp]>([
    [
      'all that is missing',
      { KAFKA_TRUSTED_CERT: 'trusted-text' },
      /^KAFKA_URL, KAFKA_CLIENT_CERT and KAFKA_CLIENT_CERT_KEY are not set, .*heroku addons:create heroku-kafka.* --as KAFKA\)$/,
    ],
    ['the one that is missing', { ...ALL, KAFKA_CLIENT_CERT: '' }, /^KAFKA_CLIENT_CERT is not set, /],
    [
      'another name that the add-on has',
      { HEROKU_KAFKA_BLUE_URL: 'kafka+ssl://a:1', HEROKU_KAFKA_BLUE_TRUSTED_CERT: 'trusted-text' },
      /--as KAFKA\), where HEROKU_KAFKA_BLUE_TRUSTED_CERT has another name in front$/,
    ],
    [
      'addresses that are none',
      { ...ALL, KAFKA_URL: 'https://secret@host/x' },
      /^KAFKA_URL must be a list of kafka\+ssl:\/\/host:port/,
    ],
    ['two ways at once', { ...ALL, KAFKA_URL: 'kafka://a:1,kafka+ssl://b:2' }, /^KAFKA_URL has kafka:\/\/ beside/],
  ])('is refused naming %s, and no value', (_, env, says) => {
    const sentence = refusal(env)
    expect(sentence).toMatch(says)
    expect(sentence).not.toMatch(/-text|secret/)
  })

  it('knows prefixes, and what lacks them', () => {
    const preset = herokuPreset({ ...ALL, KAFKA_PREFIX: 'wabash-1.' })
    const of = (topics: string[], given = {}) => {
      const subscriptions = topics.map(topic => ({ topic }))
      const { config, warnings } = loadConfig({ presets: [preset], consumer: 'MailConsumer', subscriptions, given })
      return { prefix: config.groupIdPrefix, warnings }
    }
    expect(of(['wabash-1.mails'])).toEqual({ prefix: 'wabash-1.', warnings: [] })
    expect(of(['mails']).warnings).toEqual([
      'the topic mails does not begin with wabash-1. (KAFKA_PREFIX by racecar/heroku), as all topics and groups of this Kafka do: subscribe to wabash-1.mails',
    ])
    expect(of([], { groupId: 'mailers' }).warnings).toEqual([
      expect.stringMatching(/^the group mailers does not begin/),
    ])
  })

  it('counts once where both a configuration file and a consumer import it', () => {
    const preset = herokuPreset({})
    expect(() => loadConfig({ presets: [preset, preset] })).toThrow(/^KAFKA_URL, .* are not set/)
  })
})
