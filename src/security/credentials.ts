// From places to what Node's TLS takes. Read anew for each connection, so that a renewed certificate is used without a restart;
// made anew only where something has changed. Knows nothing of who connects.

import { createHash, createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto'
import type { DetailedPeerCertificate, SecureContext, SecureContextOptions } from 'node:tls'
import { read, reasonOf } from '../lib/reason.ts'
import { unopened } from './keystore.ts'
import { blocks, bytesAt, textAt, textsAt, Unusable } from './pem.ts'
import { listsIn } from './revocation.ts'
import { type Fault, type TlsMaterial, type TlsPlaces, TlsPlacesError } from './tls.ts'
import { mustHold } from './validity.ts'

export class Credentials {
  readonly #material: TlsMaterial
  #made: (Made & { readonly of: string }) | undefined

  constructor(material: TlsMaterial) {
    this.#material = material
  }

  get context(): SecureContext {
    if (!this.#made) this.refresh()
    return this.#made!.context
  }

  /** Whether nobody whom `ca` names has signed anything in a verified chain: OpenSSL trusts a keystore's authorities as well. */
  isForeign(certificate: DetailedPeerCertificate): boolean {
    const signers = this.#made?.signers
    return signers !== undefined && !chainOf(certificate).some(one => signers.some(signer => hasSigned(signer, one)))
  }

  /** What is there by now. Throws TlsPlacesError, and keeps what was there before. */
  refresh(): void {
    const reading = new Reading(this.#material)
    const texts = {
      ca: reading.of('ca', textsAt),
      crl: reading.of('crl', textsAt),
      certificate: reading.of('certificate', textAt),
      key: reading.of('key', textAt),
      keystore: reading.of('keystore', place => bytesAt(place).toString('latin1')),
    }
    const passwords = { key: this.#material.keyPassword?.(), keystore: this.#material.keystorePassword?.() }
    const of = createHash('sha256')
      .update(JSON.stringify([texts, passwords]))
      .digest('base64')
    // The certificates of a whole system take some 50 ms.
    if (this.#made?.of !== of || reading.isFaulty) {
      this.#made = { of, ...contextOf(texts, passwords, reading) }
    }
  }
}

/** All that is wrong with the places; empty where a connection can be tried. */
export function faultsOf(material: TlsMaterial): readonly Fault[] {
  try {
    new Credentials(material).refresh()
    return []
  } catch (error) {
    if (error instanceof TlsPlacesError) return error.faults
    throw error
  }
}

type Texts = { readonly [K in keyof TlsPlaces]: string | undefined }
type Passwords = { readonly [K in 'key' | 'keystore']: string | undefined }

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

interface Made {
  readonly context: SecureContext
  /** Who must stand behind a broker's certificate; undefined: OpenSSL sees to it. */
  readonly signers: readonly X509Certificate[] | undefined
}

function contextOf(texts: Texts, passwords: Passwords, reading: Reading): Made {
  const made = <T>(of: keyof TlsPlaces, make: (text: string) => T): T | undefined => {
    const text = texts[of]
    return text === undefined ? undefined : reading.of(of, () => make(text))
  }
  const ca = made('ca', certificatesIn)
  const crl = made('crl', listsIn)
  const certificate = made('certificate', ownCertificatesIn)
  const key = made('key', text => keyIn(text, passwords.key))
  if (certificate && key) reading.of('key', () => mustBelong(certificate[0]!, key.object))
  const keystore = made('keystore', text => keystoreIn(text, passwords.keystore))
  reading.end()
  // What OpenSSL will not have for its age is refused here: short keys, broken digests.
  const context = reading.of(certificate ? 'certificate' : keystore ? 'keystore' : 'ca', () => {
    return secureContext({
      ca,
      crl,
      cert: certificate?.join('\n'),
      key: key?.pem,
      passphrase: key?.passphrase,
      ...keystore,
    })
  })
  reading.end()
  return { context: context ?? secureContext({}), signers: keystore && signersOf(ca) }
}

function signersOf(ca: readonly string[] = process.getBuiltinModule('node:tls').rootCertificates): X509Certificate[] {
  return ca.map(pem => new X509Certificate(pem))
}

function chainOf(certificate: DetailedPeerCertificate): X509Certificate[] {
  const { raw, issuerCertificate } = certificate
  const isLast = !issuerCertificate || issuerCertificate === certificate
  return [new X509Certificate(raw), ...(isLast ? [] : chainOf(issuerCertificate))]
}

const hasSigned = (signer: X509Certificate, certificate: X509Certificate): boolean =>
  certificate.checkIssued(signer) && certificate.verify(signer.publicKey)

function secureContext(options: SecureContextOptions): SecureContext {
  try {
    return createContext(options)
  } catch (error) {
    throw new Unusable(`cannot be used: ${reasonOf(error)}`)
  }
}

/** Loaded only where it is wanted: most connections are in the clear. */
const createContext = (options: SecureContextOptions): SecureContext =>
  process.getBuiltinModule('node:tls').createSecureContext(options)

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

function ownCertificatesIn(text: string): string[] {
  const [own, ...others] = certificatesIn(text)
  mustBeValid(new X509Certificate(own!), '')
  return [own!, ...others]
}

function mustBeValid({ validFrom, validTo }: X509Certificate, what: string): void {
  mustHold({ from: Date.parse(validFrom), until: Date.parse(validTo) }, what, 'renew it')
}

function isCertificate(pem: string): boolean {
  try {
    return new X509Certificate(pem).raw.length > 0
  } catch {
    return false
  }
}

interface Key {
  readonly pem: string
  readonly object: KeyObject
  readonly passphrase: string | undefined
}

function keyIn(text: string, passphrase: string | undefined): Key {
  const [pem, ...others] = blocks(text, /PRIVATE KEY$/)
  if (pem === undefined) throw new Unusable('holds no private key in PEM (-----BEGIN PRIVATE KEY-----)')
  if (others.length > 0) throw new Unusable('holds more than one private key')
  const isLocked = /^-----BEGIN ENCRYPTED|^Proc-Type: 4,ENCRYPTED/m.test(pem)
  if (isLocked && passphrase === undefined) throw new Unusable('is protected by a password: set ssl_key_password')
  try {
    return { pem, passphrase, object: createPrivateKey({ key: pem, passphrase }) }
  } catch (error) {
    if (isLocked && /BAD_DECRYPT/.test(String(read(error, 'code'))))
      throw new Unusable('is not opened by ssl_key_password: that is not its password')
    throw new Unusable('holds a private key that cannot be read')
  }
}

/** With whatever certificates lead to its root. */
function keystoreIn(text: string, passphrase: string | undefined): Pick<SecureContextOptions, 'pfx' | 'passphrase'> {
  const pfx = Buffer.from(text, 'latin1')
  let own: Buffer | undefined
  try {
    // Documented nowhere: without it the broker tells that it has expired.
    own = createContext({ ca: [], pfx, passphrase }).context.getCertificate?.()
  } catch (error) {
    throw unopened(error, pfx, passphrase)
  }
  if (own) mustBeValid(new X509Certificate(own), 'holds a certificate that ')
  return { pfx, passphrase }
}
