// From places to what Node's TLS takes. Read anew for each connection, so that a renewed certificate is used without a restart;
// made anew only where something has changed. Knows nothing of who connects.

import { createHash, createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import type { SecureContext, SecureContextOptions } from 'node:tls'
import { reasonOf } from '../lib/reason.ts'
import { blocks, textAt, textsAt, Unusable } from './pem.ts'
import { type Fault, type TlsPlaces, TlsPlacesError } from './tls.ts'

export class Credentials {
  readonly #places: TlsPlaces
  #made: { readonly of: string; readonly context: SecureContext } | undefined

  constructor(places: TlsPlaces) {
    this.#places = places
  }

  get context(): SecureContext {
    if (!this.#made) this.refresh()
    return this.#made!.context
  }

  /** What is there by now. Throws TlsPlacesError, and keeps what was there before. */
  refresh(): void {
    const reading = new Reading(this.#places)
    const texts = {
      ca: reading.of('ca', textsAt),
      certificate: reading.of('certificate', textAt),
      key: reading.of('key', textAt),
    }
    const of = createHash('sha256').update(JSON.stringify(texts)).digest('base64')
    // The certificates of a whole system take some 50 ms.
    if (this.#made?.of !== of || reading.isFaulty) this.#made = { of, context: contextOf(texts, reading) }
  }
}

/** All that is wrong with the places; empty where a connection can be tried. */
export function faultsOf(places: TlsPlaces): readonly Fault[] {
  try {
    new Credentials(places).refresh()
    return []
  } catch (error) {
    if (error instanceof TlsPlacesError) return error.faults
    throw error
  }
}

type Texts = { readonly [K in keyof TlsPlaces]: string | undefined }

/** Goes on where something is wrong, so that all of it is told at once. */
class Reading {
  readonly #places: TlsPlaces
  readonly #faults: Fault[] = []

  constructor(places: TlsPlaces) {
    this.#places = places
  }

  get isFaulty(): boolean {
    return this.#faults.length > 0
  }

  of<T>(of: keyof TlsPlaces, take: (place: string) => T): T | undefined {
    const place = this.#places[of]
    if (place === undefined) return undefined
    try {
      return take(place)
    } catch (error) {
      if (!(error instanceof Unusable)) throw error
      this.#faults.push({ of, why: error.message })
      return undefined
    }
  }

  end(): void {
    if (this.isFaulty) throw new TlsPlacesError(this.#places, this.#faults)
  }
}

function contextOf(texts: Texts, reading: Reading): SecureContext {
  const made = <T>(of: keyof TlsPlaces, make: (text: string) => T): T | undefined => {
    const text = texts[of]
    return text === undefined ? undefined : reading.of(of, () => make(text))
  }
  const ca = made('ca', certificatesIn)
  const certificate = made('certificate', certificatesIn)
  const key = made('key', keyIn)
  if (certificate && key) reading.of('key', () => mustBelong(certificate[0]!, key.object))
  reading.end()
  // What OpenSSL will not have for its age is refused here: short keys, broken digests.
  const context = reading.of(certificate ? 'certificate' : 'ca', () => {
    return secureContext({ ca, cert: certificate?.join('\n'), key: key?.pem })
  })
  reading.end()
  return context ?? secureContext({})
}

function secureContext(options: SecureContextOptions): SecureContext {
  try {
    // Loaded only where it is wanted: most connections are in the clear.
    return process.getBuiltinModule('node:tls').createSecureContext(options)
  } catch (error) {
    throw new Unusable(`cannot be used: ${reasonOf(error)}`)
  }
}

function mustBelong(certificate: string, key: KeyObject): void {
  if (!new X509Certificate(certificate).checkPrivateKey(key)) throw new Unusable('does not belong to the certificate')
}

function certificatesIn(text: string): string[] {
  const found = blocks(text, /^(X509 )?CERTIFICATE$/)
  if (found.length === 0) throw new Unusable('holds no certificate in PEM (-----BEGIN CERTIFICATE-----)')
  const broken = found.findIndex(block => !isCertificate(block))
  if (broken < 0) return found
  throw new Unusable(`holds a certificate that cannot be read${found.length > 1 ? `, number ${broken + 1}` : ''}`)
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0
  } catch {
    return false
  }
}

function keyIn(text: string): { readonly pem: string; readonly object: KeyObject } {
  const [pem, ...others] = blocks(text, /PRIVATE KEY$/)
  if (pem === undefined) throw new Unusable('holds no private key in PEM (-----BEGIN PRIVATE KEY-----)')
  if (others.length > 0) throw new Unusable('holds more than one private key')
  if (/^-----BEGIN ENCRYPTED|^Proc-Type: 4,ENCRYPTED/m.test(pem))
    throw new Unusable('is protected by a passphrase, which cannot be given yet: openssl pkey -in … -out … removes it')
  try {
    return { pem, object: createPrivateKey(pem) }
  } catch {
    throw new Unusable('holds a private key that cannot be read')
  }
}
