// What is wrong with what connections are secured with, as far as it lies on this machine: found before anybody connects.

import { existsSync } from 'node:fs'
import { findOptional } from '../lib/import-optional.ts'
import { faultsOf as ofTls } from './credentials.ts'
import * as msk from './msk.ts'
import type { Sasl } from './sasl.ts'
import { OPTIONS, type TlsMaterial } from './tls.ts'
import * as endpoint from './token-endpoint.ts'

/** As the second half of a sentence about an option. */
export interface Fault {
  readonly option: (typeof OPTIONS)[keyof typeof OPTIONS] | 'saslMechanism' | 'saslOauthbearerTokenProvider'
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
  if (!('from' in sasl)) return
  const { from } = sasl
  switch (from.kind) {
    case 'endpoint':
      yield* withoutPackage(endpoint.PACKAGE, 6)
      break
    case 'module':
      if (!existsSync(from.file)) yield { option: 'saslOauthbearerTokenProvider', why: 'does not exist' }
      break
    case 'msk':
      yield* withoutPackage(msk.PACKAGE, 1)
      if (msk.regionOf(from) === undefined)
        yield { option: 'saslMechanism', why: 'needs a region of AWS: set sasl_aws_region or AWS_REGION' }
      break
    default:
      from satisfies never
  }
}

function* withoutPackage(name: string, major: number): Generator<Fault> {
  if (findOptional(name, process.cwd()) !== undefined) return
  yield {
    option: 'saslMechanism',
    why: `needs the package ${name}, which is not installed: npm install ${name}@${major}`,
  }
}
