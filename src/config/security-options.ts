// The part of the table of options that says how connections to Kafka are secured. A place is a file, or `env:NAME`: where it is
// is no secret, and what stands there never comes into an option. Passwords do, and are secret.

import { choice, Expected, flag, maybeText, type Option } from './option.ts'

const protocol = choice(
  'plaintext',
  'ssl',
)({ group: 'Security', default: 'plaintext', about: 'How to speak to the brokers' })

export const securityOptions = {
  securityProtocol: {
    ...protocol,
    parse(raw) {
      if (typeof raw === 'string' && /^\s*sasl_/i.test(raw))
        throw new Expected('plaintext or ssl, as SASL is not built yet')
      return protocol.parse(raw)
    },
  } satisfies typeof protocol,
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
} satisfies Record<string, Option<unknown>>
