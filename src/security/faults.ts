// What is wrong with what connections are secured with, as far as it lies on this machine: found before anybody connects.

import { existsSync } from 'node:fs'
import { faultsOf as ofTls } from './credentials.ts'
import { loadGss } from './gss.ts'
import { isAmong, principalsIn } from './keytab.ts'
import * as msk from './msk.ts'
import { installing, isInstalled, type Peer } from './peer.ts'
import { Unusable } from './pem.ts'
import type { ByTicket, Sasl } from './sasl.ts'
import { OPTIONS, type TlsMaterial } from './tls.ts'
import * as endpoint from './token-endpoint.ts'

/** As the second half of a sentence about an option. */
export interface Fault {
  readonly option:
    | (typeof OPTIONS)[keyof typeof OPTIONS]
    | 'saslMechanism'
    | 'saslOauthbearerTokenProvider'
    | 'saslKerberosKeytab'
  readonly why: string
}

interface Wanted {
  readonly tls: TlsMaterial | null
  readonly sasl: Sasl | null
}

/** Empty where a connection can be tried. */
export function faultsOf({ tls, sasl }: Wanted): readonly Fault[] {
  const placed = tls === null ? [] : ofTls(tls).map(({ of, why }) => ({ option: OPTIONS[of], why }))
  return [...placed, ...(sasl === null ? [] : ofSasl(sasl))]
}

function* ofSasl(sasl: Sasl): Generator<Fault> {
  if ('tickets' in sasl) yield* ofKerberos(sasl)
  if (!('from' in sasl)) return
  const { from } = sasl
  switch (from.kind) {
    case 'endpoint':
      yield* without(endpoint.PEER)
      break
    case 'module':
      if (!existsSync(from.file)) yield { option: 'saslOauthbearerTokenProvider', why: 'does not exist' }
      break
    case 'msk':
      yield* without(msk.PEER)
      if (msk.regionOf(from) === undefined)
        yield { option: 'saslMechanism', why: 'needs a region of AWS: set sasl_aws_region or AWS_REGION' }
      break
    default:
      from satisfies never
  }
}

function* without(peer: Peer): Generator<Fault> {
  if (isInstalled(peer)) return
  yield {
    option: 'saslMechanism',
    why: `needs the package ${peer.name}, which is not installed: ${installing(peer)}`,
  }
}

function* ofKerberos({ principal, tickets }: ByTicket): Generator<Fault> {
  try {
    loadGss(process.cwd())
  } catch (error) {
    if (!(error instanceof Unusable)) throw error
    yield { option: 'saslMechanism', why: error.message }
  }
  if (tickets.kind !== 'keytab') return
  try {
    const all = principalsIn(tickets.file)
    if (all.length === 0) yield { option: 'saslKerberosKeytab', why: 'holds no key' }
    else if (principal !== undefined && !isAmong(principal, all))
      yield { option: 'saslKerberosKeytab', why: `holds no key of ${principal}, but of ${all.join(', ')}` }
  } catch (error) {
    if (!(error instanceof Unusable)) throw error
    yield { option: 'saslKerberosKeytab', why: error.message }
  }
}
