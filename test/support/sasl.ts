// A listener of a private broker that asks who its clients are, in the clear, and passwords for it. Those for SCRAM can be set and
// changed while the broker runs, those for PLAIN stand in its settings.

import { type PrivateOptions, setScramPassword } from '../../scripts/broker.d/index.mjs'
import type { PrivateCluster } from './broker.ts'

/** `plain`: passwords by name. */
export function askingWho(plain: Readonly<Record<string, string>>): NonNullable<PrivateOptions['secured']> {
  const users = Object.entries(plain).map(([name, password]) => `user_${name}="${password}"`)
  const of = (module: string) => `org.apache.kafka.common.security.${module} required`
  return {
    protocol: 'SASL_PLAINTEXT',
    settings: {
      'sasl.enabled.mechanisms': 'PLAIN,SCRAM-SHA-256,SCRAM-SHA-512',
      'plain.sasl.jaas.config': `${of('plain.PlainLoginModule')} ${users.join(' ')};`,
      'scram-sha-256.sasl.jaas.config': `${of('scram.ScramLoginModule')};`,
      'scram-sha-512.sasl.jaas.config': `${of('scram.ScramLoginModule')};`,
    },
  }
}

export const setPassword = (
  cluster: PrivateCluster,
  mechanism: 'SCRAM-SHA-256' | 'SCRAM-SHA-512',
  username: string,
  password: string,
): Promise<void> => setScramPassword({ port: cluster.brokers[0]!.ports.client, mechanism, username, password })
