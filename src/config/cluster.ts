// The options that say where Kafka is, who we are there, and how we get there: what everybody needs who connects.

import { resolve } from 'node:path'
import { extensionIn } from '../security/extension.ts'
import type { Extensions, Sasl, TokenSource } from '../security/sasl.ts'
import { type Secret, secretOf } from '../security/secret.ts'
import type { Tls } from '../security/tls.ts'
import { ticketsOf } from './kerberos.ts'
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

type Of = Pick<Config, 'brokers' | 'clientId' | 'secretFiles' | keyof typeof securityOptions>

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
  keyPassword: secretIn(config, 'sslKeyPassword'),
  keystore: config.sslKeystoreLocation,
  keystorePassword: secretIn(config, 'sslKeystorePassword'),
  verifyHostname: config.sslVerifyHostname,
})

type Protocol = Config['securityProtocol']

export const isEncrypted = (protocol: Protocol): boolean => protocol === 'ssl' || protocol === 'sasl_ssl'
export const isAuthenticated = (protocol: Protocol): boolean => protocol === 'sasl_plaintext' || protocol === 'sasl_ssl'

/** null: something is missing, and the configuration has been refused. */
function saslOf(config: Of): Sasl | null {
  const { saslMechanism: mechanism } = config
  switch (mechanism) {
    case undefined:
      return null
    case 'PLAIN':
    case 'SCRAM-SHA-256':
    case 'SCRAM-SHA-512': {
      const { saslUsername: username } = config
      const password = secretIn(config, 'saslPassword')
      return username === undefined || password === undefined ? null : { mechanism, username, password }
    }
    case 'OAUTHBEARER': {
      const from = tokenSourceOf(config)
      return from && { mechanism, from, extensions: extensionsOf(config) }
    }
    case 'AWS_MSK_IAM':
      return {
        mechanism,
        from: { kind: 'msk', region: config.saslAwsRegion ?? regionIn(config.brokers) },
        extensions: {},
      }
    case 'GSSAPI': {
      const { saslKerberosServiceName: serviceName, saslKerberosPrincipal: principal } = config
      return { mechanism, serviceName, principal, tickets: ticketsOf(config) }
    }
    default:
      return mechanism satisfies never
  }
}

function tokenSourceOf(config: Of): TokenSource | null {
  const {
    saslOauthbearerTokenProvider: file,
    saslOauthbearerTokenEndpointUrl: url,
    saslOauthbearerClientId: clientId,
    saslOauthbearerScope: scope,
  } = config
  if (file !== undefined) return { kind: 'module', file: resolve(file) }
  const clientSecret = secretIn(config, 'saslOauthbearerClientSecret')
  if (url === undefined || clientId === undefined || clientSecret === undefined) return null
  return { kind: 'endpoint', url, clientId, clientSecret, scope }
}

const extensionsOf = ({ saslOauthbearerExtensions: all }: Of): Extensions => Object.fromEntries(all.map(extensionIn))

/** As Amazon names its brokers: `b-1.orders.x1y2z3.c2.kafka.eu-west-1.amazonaws.com:9098`. */
const regionIn = (brokers: readonly string[]): string | undefined =>
  brokers
    .map(broker => /\.kafka(?:-serverless)?\.([a-z0-9-]+)\.amazonaws\.com(?:\.cn)?:/.exec(broker)?.[1])
    .find(Boolean)

type SecretName = 'sslKeyPassword' | 'sslKeystorePassword' | 'saslPassword' | 'saslOauthbearerClientSecret'

function secretIn(config: Of, name: SecretName): Secret | undefined {
  const text = config[name]
  return text === undefined ? undefined : secretOf(text, config.secretFiles?.[name])
}
