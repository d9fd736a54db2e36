// What single options cannot know of each other. One entry a rule: the options that it looks at, and the sentence that it says.
// A rule is left out while one of its options is unsettled: wrong by itself, still to be set by a class, or of no matter.

import { OPTIONS } from '../security/tls.ts'
import { isEncrypted } from './cluster.ts'
import { optionOf, snakeOf } from './names.ts'
import type { Config, OptionName } from './options.ts'
import type { Problem } from './problems.ts'
import type { Rule } from './rule.ts'
import { saslRefused, saslWarned } from './sasl-rules.ts'
import { mask } from './sources.ts'

export interface Checked {
  readonly wrong: readonly Problem[]
  readonly doubtful: readonly string[]
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
  ...saslRefused,
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
  ...saslWarned,
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
