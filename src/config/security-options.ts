// The part of the table of options that says how connections to Kafka are secured, and who we are there. A place is a file, or
// `env:NAME`: where it is is no secret, and what stands there never comes into an option. Passwords do, and are secret.

import { choice, flag, integer, maybeChoice, maybeSecret, maybeText, type Option, text } from './option.ts'
import { maybeTokenUrl, saslExtensions } from './token-options.ts'

export const securityOptions = {
  securityProtocol: choice(
    'plaintext',
    'ssl',
    'sasl_plaintext',
    'sasl_ssl',
  )({
    group: 'Security',
    default: 'plaintext',
    about:
      'How to speak to the brokers: encrypted (ssl), with who we are (sasl_…), or both. With a sasl_mechanism it is sasl_ssl where nobody says',
  }),
  sslCaLocation: maybeText({
    group: 'Security',
    default: undefined,
    about:
      'Who may sign the certificates of brokers: a file in PEM, a folder of such files, or env:NAME; by default whom Node trusts',
  }),
  sslCrlLocation: maybeText({
    group: 'Security',
    default: undefined,
    about:
      'Which certificates of brokers are revoked: the lists of all authorities up to the root, a file in PEM, a folder of such files, or env:NAME',
  }),
  sslCertificateLocation: maybeText({
    group: 'Security',
    default: undefined,
    about: 'Our certificate, where brokers ask for one, with what leads to its root: a file in PEM, or env:NAME',
  }),
  sslKeyLocation: maybeText({
    group: 'Security',
    default: undefined,
    about: 'The private key of our certificate: a file in PEM, or env:NAME',
  }),
  sslKeyPassword: maybeText({
    group: 'Security',
    default: undefined,
    secret: true,
    about: 'What opens ssl_key_location, where that is encrypted',
  }),
  sslKeystoreLocation: maybeText({
    group: 'Security',
    default: undefined,
    about:
      'Our certificate, its key and what leads to its root in one file of PKCS#12, or env:NAME in base64; instead of ssl_certificate_location and ssl_key_location',
  }),
  sslKeystorePassword: maybeText({
    group: 'Security',
    default: undefined,
    secret: true,
    about: 'What opens ssl_keystore_location',
  }),
  sslVerifyHostname: flag({
    group: 'Security',
    default: true,
    about:
      "Whether a broker's certificate must name the host that it was reached by; who has signed it counts in any case",
  }),
  saslMechanism: maybeChoice(
    'PLAIN',
    'SCRAM-SHA-256',
    'SCRAM-SHA-512',
    'OAUTHBEARER',
    'AWS_MSK_IAM',
    'GSSAPI',
  )({
    group: 'Security',
    default: undefined,
    about:
      'How the brokers are shown who we are: by name and password, by a token, or by a ticket of Kerberos (GSSAPI)',
  }),
  saslUsername: maybeText({ group: 'Security', default: undefined, about: 'Who we are to the brokers' }),
  saslPassword: maybeSecret({
    group: 'Security',
    default: undefined,
    about: 'The password that belongs to sasl_username; RACECAR_SASL_PASSWORD_FILE names a file that holds it',
  }),
  saslOauthbearerTokenEndpointUrl: maybeTokenUrl({
    group: 'Security',
    default: undefined,
    about:
      'Where OAUTHBEARER gets its tokens from, by client credentials (OAuth 2), with the package openid-client: a URL with https, or with http on this machine',
  }),
  saslOauthbearerClientId: maybeText({
    group: 'Security',
    default: undefined,
    about: 'Who we are to sasl_oauthbearer_token_endpoint_url',
  }),
  saslOauthbearerClientSecret: maybeSecret({
    group: 'Security',
    default: undefined,
    about: 'The password that belongs to sasl_oauthbearer_client_id',
  }),
  saslOauthbearerScope: maybeText({
    group: 'Security',
    default: undefined,
    about: 'What sasl_oauthbearer_token_endpoint_url is asked for; several, parted by blanks',
  }),
  saslOauthbearerExtensions: saslExtensions({
    group: 'Security',
    default: Object.freeze([]),
    about:
      'What OAUTHBEARER tells the brokers beside the token (KIP-342), such as logicalCluster=lkc-1,identityPoolId=pool-2',
  }),
  saslOauthbearerTokenProvider: maybeText({
    group: 'Security',
    default: undefined,
    about:
      'A module in JavaScript or TypeScript whose default export is a function that gives OAUTHBEARER its tokens; instead of sasl_oauthbearer_token_endpoint_url',
  }),
  saslAwsRegion: maybeText({
    group: 'Security',
    default: undefined,
    about: "The region of AWS_MSK_IAM's tokens; by default that of the brokers' names, or AWS_REGION",
  }),
  saslKerberosServiceName: text({
    group: 'Security',
    default: 'kafka',
    about: 'What brokers are called in Kerberos, before the host by which each is reached; with the package kerberos',
  }),
  saslKerberosPrincipal: maybeText({
    group: 'Security',
    default: undefined,
    about:
      'Who we are in Kerberos, with or without its realm; by default the first in the keytab or in the ticket cache',
  }),
  saslKerberosKeytab: maybeText({
    group: 'Security',
    default: undefined,
    about:
      'The file with our key, from which Kerberos gets and renews tickets by itself; without it the ticket cache is used that is there',
  }),
  saslKerberosKinitCmd: maybeText({
    group: 'Security',
    default: undefined,
    about:
      'A command of the shell that puts a ticket into the cache, with %{sasl.kerberos.keytab}, %{sasl.kerberos.principal} and the like; instead of what a keytab does by itself',
  }),
  saslKerberosMinTimeBeforeRelogin: integer({ most: 86_400_000 })({
    group: 'Security',
    default: 60_000,
    placeholder: 'milliseconds',
    about:
      'Milliseconds for which a ticket of sasl_kerberos_kinit_cmd is new enough: the next connection after that runs it again; 0: never',
  }),
  saslOverSsl: flag({
    group: 'Security',
    default: true,
    about:
      'With a sasl_mechanism and no security_protocol: whether the latter is sasl_ssl; false: it is sasl_plaintext',
  }),
} satisfies Record<string, Option<unknown>>
