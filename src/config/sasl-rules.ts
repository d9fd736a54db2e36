// What the options that say who we are to the brokers have to do with each other: each mechanism wants its own.

import { isAuthenticated } from './cluster.ts'
import { troubleInCommand } from './kerberos.ts'
import { optionOf, snakeOf } from './names.ts'
import type { Config, OptionName } from './options.ts'
import type { Rule } from './rule.ts'

type Mechanism = NonNullable<Config['saslMechanism']>

interface Wants {
  /** All of them. */
  readonly needs: readonly OptionName[]
  readonly takes?: readonly OptionName[]
}

const byName: Wants = { needs: ['saslUsername', 'saslPassword'] }
const ENDPOINT = ['saslOauthbearerTokenEndpointUrl', 'saslOauthbearerClientId', 'saslOauthbearerClientSecret'] as const
const PROVIDER = 'saslOauthbearerTokenProvider'

const WANTS: Readonly<Record<Mechanism, Wants>> = {
  PLAIN: byName,
  'SCRAM-SHA-256': byName,
  'SCRAM-SHA-512': byName,
  OAUTHBEARER: { needs: [], takes: [...ENDPOINT, 'saslOauthbearerScope', 'saslOauthbearerExtensions', PROVIDER] },
  AWS_MSK_IAM: { needs: [], takes: ['saslAwsRegion'] },
  GSSAPI: {
    needs: [],
    takes: [
      ...(['saslKerberosServiceName', 'saslKerberosPrincipal', 'saslKerberosKeytab'] as const),
      ...(['saslKerberosKinitCmd', 'saslKerberosMinTimeBeforeRelogin'] as const),
    ],
  },
}

const all = Object.values(WANTS).flatMap(({ needs, takes = [] }) => [...needs, ...takes])
const SASL: readonly OptionName[] = ['saslMechanism', ...new Set(all)]

const isThere = (config: Config, option: OptionName): boolean =>
  config[option] !== optionOf(option).default && !(Array.isArray(config[option]) && config[option].length === 0)

const firstOf = (config: Config): OptionName | undefined => SASL.find(option => isThere(config, option))

/** Of what the mechanism needs, what is not there. */
function missing(config: Config): readonly OptionName[] {
  const { saslMechanism } = config
  const needs = saslMechanism === undefined ? ['saslMechanism' as const] : needsOf(saslMechanism, config)
  return needs.filter(option => !isThere(config, option))
}

/** Without a provider of tokens there has to be an endpoint. */
const needsOf = (mechanism: Mechanism, config: Config): readonly OptionName[] =>
  mechanism === 'OAUTHBEARER' && !isThere(config, PROVIDER) ? ENDPOINT : WANTS[mechanism].needs

/** What is set for another mechanism. */
const useless = (config: Config): OptionName | undefined => {
  const { needs, takes = [] } = WANTS[config.saslMechanism!]
  return SASL.find(option => ![...needs, ...takes, 'saslMechanism'].includes(option) && isThere(config, option))
}

const ofEndpoint = (config: Config): OptionName | undefined =>
  [...ENDPOINT, 'saslOauthbearerScope' as const].find(option => isThere(config, option))

/** Somebody counts on being known to the brokers, and is not. */
const isNobody = (config: Config): boolean => !isAuthenticated(config.securityProtocol) && firstOf(config) !== undefined

const OPEN: readonly Mechanism[] = ['PLAIN', 'OAUTHBEARER', 'AWS_MSK_IAM']

export const saslRefused: readonly Rule[] = [
  {
    of: [...SASL, 'securityProtocol'],
    isBroken: config => isAuthenticated(config.securityProtocol) && missing(config).length > 0,
    says: (name, config) => {
      const { saslMechanism } = config
      if (saslMechanism === undefined) return `${name('securityProtocol')} needs sasl_mechanism, which nobody has set`
      const needed = needsOf(saslMechanism, config)
      const or = needed === ENDPOINT ? `, or ${snakeOf(PROVIDER)}` : ''
      return `${name('saslMechanism')} needs ${needed.map(snakeOf).join(', ')}${or}: set ${snakeOf(missing(config)[0]!)}`
    },
  },
  {
    of: [...SASL, 'securityProtocol'],
    isBroken: config =>
      config.saslMechanism === 'OAUTHBEARER' && isThere(config, PROVIDER) && ofEndpoint(config) !== undefined,
    says: (name, config) =>
      `${name(PROVIDER)} and ${name(ofEndpoint(config)!)} both say where tokens come from: set the one or the other`,
  },
  {
    of: [...SASL, 'securityProtocol'],
    // Who says plaintext himself, for development say, means it; with ssl somebody has taken it for enough.
    isBroken: (config, isSet) => isNobody(config) && (config.securityProtocol === 'ssl' || !isSet('securityProtocol')),
    says: (name, config) =>
      config.saslMechanism === undefined
        ? `${name(firstOf(config)!)} needs sasl_mechanism, which nobody has set: no broker would be told who we are`
        : `${name('saslMechanism')} is not used with ${name('securityProtocol')}: set security_protocol to sasl_ssl`,
  },
  {
    of: [...SASL, 'securityProtocol'],
    isBroken: config => config.saslMechanism === 'GSSAPI' && troubleInCommand(config) !== undefined,
    says: (name, config) => `${name('saslKerberosKinitCmd')} ${troubleInCommand(config)}`,
  },
]

export const saslWarned: readonly Rule[] = [
  {
    of: [...SASL, 'securityProtocol'],
    isBroken: (config, isSet) =>
      isNobody(config) && config.securityProtocol === 'plaintext' && isSet('securityProtocol'),
    says: (name, config) =>
      `${name(firstOf(config)!)} is not used, because of ${name('securityProtocol')}: no broker is told who we are`,
  },
  {
    of: ['saslMechanism', 'securityProtocol'],
    isBroken: ({ saslMechanism, securityProtocol }) =>
      saslMechanism !== undefined && OPEN.includes(saslMechanism) && securityProtocol === 'sasl_plaintext',
    says: (name, { saslMechanism }) => {
      const what = saslMechanism === 'PLAIN' ? 'password' : 'token'
      return `${name('saslMechanism')} sends the ${what} as it is, and ${name('securityProtocol')} encrypts nothing: whoever listens has it`
    },
  },
  {
    of: SASL,
    isBroken: config => config.saslMechanism !== undefined && useless(config) !== undefined,
    says: (name, config) => `${name(useless(config)!)} is not used with ${name('saslMechanism')}`,
  },
  {
    of: SASL,
    isBroken: config =>
      config.saslMechanism === 'GSSAPI' &&
      config.saslKerberosKinitCmd === undefined &&
      isThere(config, 'saslKerberosMinTimeBeforeRelogin'),
    says: name =>
      `${name('saslKerberosMinTimeBeforeRelogin')} does not count without sasl_kerberos_kinit_cmd: Kerberos renews the tickets of a keytab when half of their time is over`,
  },
  {
    of: ['saslOverSsl', 'securityProtocol'],
    isBroken: ({ saslOverSsl, securityProtocol }, isSet) =>
      isSet('saslOverSsl') && saslOverSsl !== (securityProtocol === 'sasl_ssl'),
    says: name => `${name('saslOverSsl')} does not count, because of ${name('securityProtocol')}`,
  },
]
