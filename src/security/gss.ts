// The package `kerberos`, which gives Node the library of MIT Kerberos. It is looked for where it may be missing, and belongs to whoever
// asks for it; the library is of the system.

import { createRequire } from 'node:module'
import { findOptional } from '../lib/import-optional.ts'
import { reasonOf } from '../lib/reason.ts'
import { Unusable } from './pem.ts'

/** Without it the library would choose between several ways to speak GSS-API. */
export const KRB5 = 9

/** The part of the package that this needs; all bytes in base64. */
export interface Gss {
  initializeClient(service: string, options: { mechOID: number; principal?: string | undefined }): Promise<GssClient>
}

export interface GssClient {
  readonly contextComplete: boolean
  /** Who we are, once that is complete. */
  readonly username: string
  step(challenge: string): Promise<string | null>
  unwrap(challenge: string): Promise<string>
  wrap(challenge: string, options: { user: string }): Promise<string>
}

/** Throws Unusable, with what to install. */
export function loadGss(cwd: string): Gss {
  const install = 'npm install kerberos@7, with a compiler and the headers of MIT Kerberos (libkrb5-dev, or krb5-devel)'
  const file = findOptional('kerberos', cwd)
  if (file === undefined) throw new Unusable(`needs the package kerberos, which is not installed: ${install}`)
  try {
    return createRequire(file)(file) as Gss
  } catch (error) {
    const why = reasonOf(error).split('\n')[0]!
    const cure = /Opening library/.test(why)
      ? 'install MIT Kerberos (libgssapi-krb5-2, or krb5-libs)'
      : `let npm compile it (npm rebuild kerberos), or ${install}`
    throw new Unusable(`needs the package kerberos, which cannot be loaded (${why}): ${cure}`)
  }
}
