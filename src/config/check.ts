// What single options cannot know of each other. One entry a rule: the options that it looks at, and the sentence that it says.
// A rule is left out while one of its options is unsettled: wrong by itself, still to be set by a class, or of no matter.

import { OPTIONS } from '../security/tls.ts'
import { isAuthenticated, isEncrypted } from './cluster.ts'
import { optionOf, snakeOf } from './names.ts'
import type { Config, OptionName } from './options.ts'
import type { Problem } from './problems.ts'
import { mask } from './sources.ts'

export interface Checked {
  readonly wrong: readonly Problem[]
  readonly doubtful: readonly string[]
}

interface Rule {
  readonly of: readonly OptionName[]
  /** `isSet`: by somebody, and not left at its default. */
  readonly isBroken: (config: Config, isSet: (option: OptionName) => boolean) => boolean
  /** `name` gives an option with its value and source. */
  readonly says: (name: (option: OptionName) => string, config: Config) => string
}

/** Of the options that only secured connections have, one that is set. */
const ofTls = (config: Config): OptionName | undefined =>
  LOCATIONS.find(option => config[option] !== undefined) ?? (config.sslVerifyHostname ? undefined : 'sslVerifyHostname')

const LOCATIONS = Object.values(OPTIONS)

/** Of the options that say in PEM who we are, one that is set. */
const ownInPem = (config: Config): OptionName | undefined =>
  (['sslCertificateLocation', 'sslKeyLocation'] as const).find(option => config[option] !== undefined)

/** Somebody counts on being encrypted, and is not. */
export const isBare = (config: Config): boolean => !isEncrypted(config.securityProtocol) && ofTls(config) !== undefined

const SASL = ['saslMechanism', 'saslUsername', 'saslPassword'] as const

const ofSasl = (config: Config): OptionName | undefined => SASL.find(option => config[option] !== undefined)

const missingOfSasl = (config: Config): OptionName | undefined => SASL.find(option => config[option] === undefined)

/** Somebody counts on being known to the brokers, and is not. */
const isNobody = (config: Config): boolean => !isAuthenticated(config.securityProtocol) && ofSasl(config) !== undefined

/** Where an embedded Kafka can be. */
const LOOPBACK = /^(localhost|127\.0\.0\.1):\d+$/

const refused: readonly Rule[] = [
  {
    of: ['embedded', 'brokers'],
    isBroken: ({ embedded, brokers }) => embedded && !(brokers.length === 1 && LOOPBACK.test(brokers[0]!)),
    says: name =>
      `${name('embedded')} starts one broker, on the loopback address alone: ${name('brokers')} must be localhost with a port`,
  },
  {
    of: ['embedded', 'securityProtocol'],
    isBroken: ({ embedded, securityProtocol }) => embedded && securityProtocol !== 'plaintext',
    says: name =>
      `${name('embedded')} starts a Kafka that is not secured: ${name('securityProtocol')} must be plaintext with it`,
  },
  {
    of: [...LOCATIONS, 'sslVerifyHostname', 'securityProtocol'],
    // Who says plaintext himself, for development say, means it.
    isBroken: (config, isSet) => isBare(config) && !isSet('securityProtocol'),
    says: (name, config) =>
      `${name(ofTls(config)!)} needs security_protocol ssl or sasl_ssl, which nobody has set: everything would go in the clear`,
  },
  {
    of: ['sslCertificateLocation', 'sslKeyLocation'],
    isBroken: ({ sslCertificateLocation: one, sslKeyLocation: other }) => (one === undefined) !== (other === undefined),
    says: (name, { sslKeyLocation }) =>
      sslKeyLocation === undefined
        ? `${name('sslCertificateLocation')} needs its private key: set ssl_key_location`
        : `${name('sslKeyLocation')} needs its certificate: set ssl_certificate_location`,
  },
  {
    of: ['sslKeystoreLocation', 'sslCertificateLocation', 'sslKeyLocation'],
    isBroken: config => config.sslKeystoreLocation !== undefined && ownInPem(config) !== undefined,
    says: (name, config) =>
      `${name('sslKeystoreLocation')} and ${name(ownInPem(config)!)} both say who we are: set the one or the other`,
  },
  {
    of: [...SASL, 'securityProtocol'],
    isBroken: config => isAuthenticated(config.securityProtocol) && missingOfSasl(config) !== undefined,
    says: (name, config) => {
      const of = config.saslMechanism === undefined ? 'securityProtocol' : 'saslMechanism'
      const all = SASL.filter(option => option !== of).map(snakeOf)
      return `${name(of)} needs ${all.join(', ')}: set ${snakeOf(missingOfSasl(config)!)}`
    },
  },
  {
    of: [...SASL, 'securityProtocol'],
    // Who says plaintext himself means it, as above; with ssl somebody has taken it for enough.
    isBroken: (config, isSet) => isNobody(config) && (config.securityProtocol === 'ssl' || !isSet('securityProtocol')),
    says: (name, config) =>
      config.saslMechanism === undefined
        ? `${name(ofSasl(config)!)} needs sasl_mechanism, which nobody has set: no broker would be told who we are`
        : `${name('saslMechanism')} is not used with ${name('securityProtocol')}: set security_protocol to sasl_ssl`,
  },
  {
    of: ['heartbeatInterval', 'sessionTimeout'],
    isBroken: ({ heartbeatInterval, sessionTimeout }) => heartbeatInterval >= sessionTimeout,
    says: name => `${name('heartbeatInterval')} must be below ${name('sessionTimeout')}`,
  },
  {
    // A fetch waits on the broker, and what it brings has to be begun within the session that it was fetched in.
    of: ['sessionTimeout', 'maxWaitTime', 'heartbeatInterval'],
    isBroken: config =>
      config.heartbeatInterval < config.sessionTimeout && config.sessionTimeout < leastSession(config),
    says: (name, config) =>
      `${name('sessionTimeout')} must be at least 3 × ${name('maxWaitTime')} + ${name('heartbeatInterval')}, ` +
      `which is ${leastSession(config)}: raise session_timeout or lower max_wait_time`,
  },
  {
    of: ['maxWaitTime', 'socketTimeout'],
    isBroken: ({ maxWaitTime, socketTimeout }) => maxWaitTime >= socketTimeout,
    says: name => `${name('maxWaitTime')} must be below ${name('socketTimeout')}`,
  },
  {
    of: ['maxPauseTimeout', 'pauseWithExponentialBackoff'],
    isBroken: ({ maxPauseTimeout, pauseWithExponentialBackoff }) =>
      maxPauseTimeout !== undefined && !pauseWithExponentialBackoff,
    says: name => `${name('maxPauseTimeout')} needs pause_with_exponential_backoff, which is off`,
  },
  {
    of: ['maxPauseTimeout', 'pauseTimeout'],
    isBroken: ({ maxPauseTimeout, pauseTimeout, pauseWithExponentialBackoff }) =>
      pauseWithExponentialBackoff && maxPauseTimeout !== undefined && maxPauseTimeout < pauseTimeout,
    says: name => `${name('maxPauseTimeout')} must be at least ${name('pauseTimeout')}`,
  },
  {
    of: ['partitionAssignmentStrategy'],
    isBroken: ({ partitionAssignmentStrategy: all }) => all.length > 1 && all.includes('cooperative-sticky'),
    says: name =>
      `${name('partitionAssignmentStrategy')} must not mix cooperative-sticky with range or roundrobin: ` +
      'all members of a group give partitions away in the same manner',
  },
]

const warned: readonly Rule[] = [
  {
    of: [...LOCATIONS, 'sslVerifyHostname', 'securityProtocol'],
    isBroken: (config, isSet) => isBare(config) && isSet('securityProtocol'),
    says: (name, config) =>
      `${name(ofTls(config)!)} is not used, because of ${name('securityProtocol')}: everything goes in the clear`,
  },
  {
    of: [...SASL, 'securityProtocol'],
    isBroken: (config, isSet) =>
      isNobody(config) && config.securityProtocol === 'plaintext' && isSet('securityProtocol'),
    says: (name, config) =>
      `${name(ofSasl(config)!)} is not used, because of ${name('securityProtocol')}: no broker is told who we are`,
  },
  {
    of: ['saslMechanism', 'securityProtocol'],
    isBroken: ({ saslMechanism, securityProtocol }) =>
      saslMechanism === 'PLAIN' && securityProtocol === 'sasl_plaintext',
    says: name =>
      `${name('saslMechanism')} sends the password as it is, and ${name('securityProtocol')} encrypts nothing: whoever listens has it`,
  },
  {
    of: ['saslOverSsl', 'securityProtocol'],
    isBroken: ({ saslOverSsl, securityProtocol }, isSet) =>
      isSet('saslOverSsl') && saslOverSsl !== (securityProtocol === 'sasl_ssl'),
    says: name => `${name('saslOverSsl')} does not count, because of ${name('securityProtocol')}`,
  },
  {
    of: ['heartbeatInterval', 'sessionTimeout'],
    isBroken: ({ heartbeatInterval, sessionTimeout }) => heartbeatInterval > sessionTimeout / 3,
    says: name =>
      `${name('heartbeatInterval')} is above a third of ${name('sessionTimeout')}: two lost heartbeats end the membership`,
  },
  {
    of: ['pauseWithExponentialBackoff', 'maxPauseTimeout'],
    isBroken: config => config.pauseWithExponentialBackoff && config.maxPauseTimeout === undefined,
    says: () =>
      'pause_with_exponential_backoff is on without max_pause_timeout: the pauses of a failing partition double without limit',
  },
  {
    of: ['offsetCommitInterval', 'synchronousCommits'],
    isBroken: ({ offsetCommitInterval, synchronousCommits }) =>
      synchronousCommits && offsetCommitInterval !== optionOf('offsetCommitInterval').default,
    says: name =>
      `${name('offsetCommitInterval')} does not count with ${name('synchronousCommits')}: each message is committed before the next one of its partition`,
  },
  {
    of: ['retryTimes', 'pauseTimeout'],
    isBroken: ({ retryTimes, pauseTimeout }) => retryTimes !== undefined && retryTimes > 0 && pauseTimeout <= 0,
    says: (name, { pauseTimeout }) =>
      `${name('retryTimes')} is never reached with ${name('pauseTimeout')}: ` +
      `the first error ${pauseTimeout === 0 ? 'ends the worker' : 'stops the partition'}`,
  },
  {
    of: ['maxCrashesPerMessage', 'crashLimit'],
    isBroken: ({ maxCrashesPerMessage, crashLimit }) => maxCrashesPerMessage >= crashLimit,
    says: name =>
      `${name('maxCrashesPerMessage')} is not below ${name('crashLimit')}: a slot is given up before it is certain which message ends its workers`,
  },
  {
    of: ['rebalanceDrainTimeout', 'maxPollInterval'],
    isBroken: ({ rebalanceDrainTimeout, maxPollInterval }) => rebalanceDrainTimeout > maxPollInterval,
    says: name =>
      `${name('rebalanceDrainTimeout')} is above ${name('maxPollInterval')}, which is all the time that the group gives a member`,
  },
]

export function check(
  config: Config,
  sources: Record<OptionName, string>,
  isUnsettled: (option: OptionName) => boolean,
): Checked {
  const name = (option: OptionName): string =>
    `${snakeOf(option)} (${inWords(mask(option, config[option]))}, ${sources[option]})`
  const isSet = (option: OptionName): boolean => sources[option] !== 'default'
  const applies = (rule: Rule): boolean => !rule.of.some(isUnsettled) && rule.isBroken(config, isSet)
  return {
    wrong: refused.filter(applies).map(rule => {
      // Of several options the one is to blame that somebody set.
      const option = rule.of.find(isSet) ?? rule.of[0]!
      return {
        option: snakeOf(option),
        value: mask(option, config[option]),
        source: sources[option],
        sentence: rule.says(name, config),
      }
    }),
    doubtful: warned.filter(applies).map(rule => rule.says(name, config)),
  }
}

// Without the noise of binary fractions: 3 × 0.1 + 0.3 is 0.6.
const leastSession = ({ maxWaitTime, heartbeatInterval }: Config): number =>
  Math.round((3 * maxWaitTime + heartbeatInterval) * 1000) / 1000

const inWords = (value: unknown): string => (Array.isArray(value) ? value.join(',') : String(value))
