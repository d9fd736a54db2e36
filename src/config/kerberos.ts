// The options of Kerberos as what its room takes: where tickets come from, and what a command may name as librdkafka does,
// `%{sasl.kerberos.keytab}`.

import { namesIn } from '../security/placeholders.ts'
import type { TicketSource } from '../security/sasl.ts'
import type { Config } from './options.ts'

type Of = Pick<
  Config,
  | 'brokers'
  | 'clientId'
  | 'securityProtocol'
  | 'saslKerberosServiceName'
  | 'saslKerberosPrincipal'
  | 'saslKerberosKeytab'
  | 'saslKerberosKinitCmd'
  | 'saslKerberosMinTimeBeforeRelogin'
>

export function ticketsOf(config: Of): TicketSource {
  const { saslKerberosKeytab: file, saslKerberosKinitCmd: command, saslKerberosMinTimeBeforeRelogin: againMs } = config
  if (command !== undefined) return { kind: 'command', command, values: valuesOf(config), againMs }
  return file === undefined ? { kind: 'cache' } : { kind: 'keytab', file }
}

const PRINCIPAL = 'sasl.kerberos.principal'

/** By librdkafka's names. */
const valuesOf = (config: Of): Readonly<Record<string, string | undefined>> => ({
  'bootstrap.servers': config.brokers.join(','),
  'client.id': config.clientId,
  'security.protocol': config.securityProtocol,
  'sasl.mechanism': 'GSSAPI',
  'sasl.mechanisms': 'GSSAPI',
  'sasl.kerberos.service.name': config.saslKerberosServiceName,
  [PRINCIPAL]: config.saslKerberosPrincipal,
  'sasl.kerberos.keytab': config.saslKerberosKeytab,
})

/** What is wrong with the names that stand in the command, as the second half of a sentence about it. */
export function troubleInCommand(config: Of): string | undefined {
  const values = valuesOf(config)
  const names = namesIn(config.saslKerberosKinitCmd ?? '')
  const foreign = names.find(name => !(name in values))
  if (foreign !== undefined) return `names %{${foreign}}, but can name ${Object.keys(values).join(', ')} alone`
  // Who is not named is the first in the keytab.
  const isKnown = (name: string): boolean =>
    values[name] !== undefined || (name === PRINCIPAL && config.saslKerberosKeytab !== undefined)
  const empty = names.find(name => !isKnown(name))
  return empty === undefined ? undefined : `names %{${empty}}: set ${empty.replaceAll('.', '_')}`
}
