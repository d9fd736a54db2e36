// Which options count for a producer that has no consumer around it.

import type { OptionName } from './options.ts'

export const ofProducers = [
  'brokers',
  'clientId',
  'messageTimeout',
  'socketTimeout',
  'partitioner',
  'producerCompressionCodec',
  'securityProtocol',
  'sslCaLocation',
  'sslCrlLocation',
  'sslCertificateLocation',
  'sslKeyLocation',
  'sslKeyPassword',
  'sslKeystoreLocation',
  'sslKeystorePassword',
  'sslVerifyHostname',
  'saslMechanism',
  'saslUsername',
  'saslPassword',
  'saslOauthbearerTokenEndpointUrl',
  'saslOauthbearerClientId',
  'saslOauthbearerClientSecret',
  'saslOauthbearerScope',
  'saslOauthbearerExtensions',
  'saslOauthbearerTokenProvider',
  'saslAwsRegion',
  'saslOverSsl',
] as const satisfies readonly OptionName[]
