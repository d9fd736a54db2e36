// What Heroku says of its Kafka in variables, as options. Where certificates are needed the options name the variables that hold
// them: nothing is written to a disk, so nothing is left there, and every process of a racecar has them by birth.

import { toHostPort } from '../config/host-port.ts'
import type { Preset } from '../config/presets.ts'
import type { Problem } from '../config/problems.ts'
import type { Section } from '../config/sources.ts'

type Env = Readonly<Record<string, string | undefined>>

const NAME = 'racecar/heroku'

const CERTIFICATES = {
  sslCaLocation: 'KAFKA_TRUSTED_CERT',
  sslCertificateLocation: 'KAFKA_CLIENT_CERT',
  sslKeyLocation: 'KAFKA_CLIENT_CERT_KEY',
} as const

export function herokuPreset(env: Env): Preset {
  const { brokers, protocol, wrong } = readUrl(env.KAFKA_URL ?? '')
  const needed = ['KAFKA_URL', ...(protocol === 'ssl' ? Object.values(CERTIFICATES) : [])]
  const missing = needed.filter(name => !env[name])
  const sentences = [...(missing.length > 0 ? [misses(missing, env)] : []), ...(wrong ? [wrong] : [])]
  const prefix = env.KAFKA_PREFIX
  return {
    name: NAME,
    sections: sentences.length > 0 ? [] : sectionsOf(brokers, protocol, prefix),
    problems: sentences.map(problem),
    ...(prefix ? { prefix: { text: prefix, source: by('KAFKA_PREFIX') } } : {}),
  }
}

const by = (variable: string): string => `${variable} by ${NAME}`

const problem = (sentence: string): Problem => ({ option: NAME, value: undefined, source: NAME, sentence })

function sectionsOf(brokers: readonly string[], securityProtocol: string, prefix: string | undefined): Section[] {
  const where: Section[] = [{ source: by('KAFKA_URL'), values: { brokers, securityProtocol } }]
  if (prefix) where.push({ source: by('KAFKA_PREFIX'), values: { groupIdPrefix: prefix } })
  if (securityProtocol !== 'ssl') return where
  const secured = Object.entries(CERTIFICATES).map(([option, variable]) => {
    return { source: by(variable), values: { [option]: `env:${variable}` } }
  })
  // The certificates of Heroku's brokers do not name their hosts (zendesk/ruby-kafka#734, tulios/kafkajs#70), and their authority
  // is the cluster's own.
  return [...where, ...secured, { source: NAME, values: { sslVerifyHostname: false } }]
}

interface Url {
  readonly brokers: readonly string[]
  readonly protocol: 'ssl' | 'plaintext'
  readonly wrong?: string
}

/** `kafka+ssl://host:port`, several with commas between them; `kafka://` is in the clear. */
function readUrl(text: string): Url {
  const given = text.split(',').map(one => /^(?:(kafka(?:\+ssl)?):\/\/)?(.*?)\/?$/.exec(one.trim())!)
  const addresses = given.map(([, , address]) => toHostPort(address!))
  const brokers = addresses.filter(address => address !== undefined)
  const bare = given.filter(([, scheme]) => scheme === 'kafka').length
  const protocol = bare === given.length ? 'plaintext' : 'ssl'
  if (text !== '' && brokers.length < addresses.length)
    return { brokers, protocol, wrong: 'KAFKA_URL must be a list of kafka+ssl://host:port, separated by commas' }
  if (protocol === 'ssl' && bare > 0)
    return {
      brokers,
      protocol,
      wrong: 'KAFKA_URL has kafka:// beside kafka+ssl://: either all of it is secured or none',
    }
  return { brokers, protocol }
}

function misses(missing: readonly string[], env: Env): string {
  const alias = Object.keys(env).find(name => /_TRUSTED_CERT$/.test(name) && name !== CERTIFICATES.sslCaLocation)
  const another = alias === undefined ? '' : `, where ${alias} has another name in front`
  const list = missing.length > 1 ? `${missing.slice(0, -1).join(', ')} and ${missing.at(-1)} are` : `${missing[0]} is`
  return (
    `${list} not set, which ${NAME} needs: add Kafka to the application (heroku addons:create heroku-kafka), ` +
    `or attach it under the name KAFKA (heroku addons:attach … --as KAFKA)${another}`
  )
}
