// The options that say where Kafka is, who we are there, and how we get there: what everybody needs who connects.

import type { Sasl } from '../security/sasl.ts'
import type { Tls } from '../security/tls.ts'
import type { Config } from './options.ts'
import type { securityOptions } from './security-options.ts'

export interface Cluster {
  readonly brokers: readonly string[]
  readonly clientId: string
  /** null: in the clear. */
  readonly tls: Tls | null
  /** null: nobody is told who we are. */
  readonly sasl: Sasl | null
}

type Of = Pick<Config, 'brokers' | 'clientId' | keyof typeof securityOptions>

export function clusterOf(config: Of): Cluster {
  const { brokers, clientId, securityProtocol } = config
  return {
    ...{ brokers, clientId },
    tls: isEncrypted(securityProtocol) ? tlsOf(config) : null,
    sasl: isAuthenticated(securityProtocol) ? saslOf(config) : null,
  }
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

type Protocol = Config['securityProtocol']

export const isEncrypted = (protocol: Protocol): boolean => protocol === 'ssl' || protocol === 'sasl_ssl'
export const isAuthenticated = (protocol: Protocol): boolean => protocol === 'sasl_plaintext' || protocol === 'sasl_ssl'

/** Where one is missing the configuration has been refused. */
function saslOf({ saslMechanism: mechanism, saslUsername: username, saslPassword: password }: Of): Sasl | null {
  if (mechanism === undefined || username === undefined || password === undefined) return null
  return { mechanism, username, password }
}
