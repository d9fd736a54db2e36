// The options that say where Kafka is, who we are there, and how we get there: what everybody needs who connects.

import type { Tls } from '../security/tls.ts'
import type { Config } from './options.ts'
import type { securityOptions } from './security-options.ts'

export interface Cluster {
  readonly brokers: readonly string[]
  readonly clientId: string
  /** null: in the clear. */
  readonly tls: Tls | null
}

type Of = Pick<Config, 'brokers' | 'clientId' | keyof typeof securityOptions>

export function clusterOf(config: Of): Cluster {
  const { brokers, clientId, securityProtocol } = config
  return { brokers, clientId, tls: securityProtocol === 'ssl' ? tlsOf(config) : null }
}

const tlsOf = (config: Of): Tls => ({
  ca: config.sslCaLocation,
  crl: config.sslCrlLocation,
  certificate: config.sslCertificateLocation,
  key: config.sslKeyLocation,
  keyPassword: config.sslKeyPassword,
  keystore: config.sslKeystoreLocation,
  keystorePassword: config.sslKeystorePassword,
  verifyHostname: config.sslVerifyHostname,
})
