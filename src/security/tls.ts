// What connections are secured with, as options name it: files, folders, variables. Where it lies is told to everybody; what is
// written there is read by who connects, and shown to nobody, and no more are the passwords that open it.

import { snakeOf } from '../lib/snake.ts'
import type { Secret } from './secret.ts'

export interface TlsPlaces {
  /** A file of certificates, or a folder of such files; undefined: those that Node trusts. */
  readonly ca: string | undefined
  /** A file of revocation lists, or a folder of such files: one of each authority. Left out: nobody looks. */
  readonly crl?: string | undefined
  /** Both or none. */
  readonly certificate: string | undefined
  readonly key: string | undefined
  /** A file in PKCS#12 instead of these two. */
  readonly keystore?: string | undefined
}

export interface TlsPasswords {
  readonly keyPassword?: Secret | undefined
  readonly keystorePassword?: Secret | undefined
}

export type TlsMaterial = TlsPlaces & TlsPasswords

export type Tls = TlsMaterial & {
  /** false: of whom a certificate is makes no difference; who has signed it still does. */
  readonly verifyHostname: boolean
}

/** What is wrong with one of the places, as the second half of a sentence about it. */
export interface Fault {
  readonly of: keyof TlsPlaces
  readonly why: string
}

export class TlsPlacesError extends Error {
  readonly faults: readonly Fault[]

  constructor(places: TlsPlaces, faults: readonly Fault[]) {
    super(faults.map(({ of, why }) => `${snakeOf(OPTIONS[of])} (${places[of]}) ${why}`).join('; '))
    this.name = 'TlsPlacesError'
    this.faults = faults
  }
}

/** The options that they are. */
export const OPTIONS = {
  ca: 'sslCaLocation',
  crl: 'sslCrlLocation',
  certificate: 'sslCertificateLocation',
  key: 'sslKeyLocation',
  keystore: 'sslKeystoreLocation',
} as const satisfies Record<keyof TlsPlaces, string>
