// The way to a broker: sockets, in the clear or secured, and what it means when one fails. What is wrong with certificates passes
// by nobody's waiting, and is said with what can be done about it. Knows nothing of what is sent.

import { connect as connectInTheClear, isIP, type Socket } from 'node:net'
import type { ConnectionOptions, DetailedPeerCertificate, PeerCertificate } from 'node:tls'
import { snakeOf } from '../../lib/snake.ts'
import { Credentials } from '../../security/credentials.ts'
import { OPTIONS, type Tls, TlsPlacesError } from '../../security/tls.ts'
import { Lasting, Unreached } from './codes.ts'

export interface Address {
  readonly host: string
  readonly port: number
}

export class TlsError extends Lasting {
  override readonly name = 'TlsError'
  /** Options alone mend it, or what they name; else it may as well be the broker's to mend, or an authority's. */
  readonly isOurs: boolean

  constructor(message: string, { isOurs = false, ...options }: ErrorOptions & { readonly isOurs?: boolean } = {}) {
    super(message, options)
    this.isOurs = isOurs
  }
}

const KEEP_ALIVE_MS = 60_000

interface Secured {
  readonly tls: Tls
  readonly credentials: Credentials
}

export class Transport {
  readonly #secured: Secured | null

  constructor(tls: Tls | null) {
    this.#secured = tls === null ? null : { tls, credentials: new Credentials(tls) }
  }

  /** Before each connection: certificates may have been renewed. Throws TlsError. */
  refresh(): void {
    try {
      this.#secured?.credentials.refresh()
    } catch (error) {
      throw error instanceof TlsPlacesError ? new TlsError(error.message, { isOurs: true }) : error
    }
  }

  connect(to: Address, onConnect: () => void): Socket {
    const socket = this.#secured
      ? process.getBuiltinModule('node:tls').connect(this.#options(to, this.#secured), onConnect)
      : connectInTheClear({ host: to.host, port: to.port }, onConnect)
    return socket.setNoDelay(true).setKeepAlive(true, KEEP_ALIVE_MS)
  }

  #options({ host, port }: Address, { tls, credentials }: Secured): ConnectionOptions {
    return {
      host,
      port,
      ...(isIP(host) ? {} : { servername: host }),
      secureContext: credentials.context,
      // Not what NODE_TLS_REJECT_UNAUTHORIZED says.
      rejectUnauthorized: true,
      checkServerIdentity: (name, certificate) => {
        if (credentials.isForeign(certificate as DetailedPeerCertificate)) return foreign()
        return tls.verifyHostname ? identityOf(name, certificate) : undefined
      },
    }
  }

  /** Why a connection did not come about; undefined: that has nothing to do with TLS. */
  explain(error: NodeJS.ErrnoException, { host, port }: Address): Error | undefined {
    if (this.#secured === null) return undefined
    const { tls } = this.#secured
    const address = `${host}:${port}`
    const ours = ofLists(error, address, tls) ?? ofOptions(error, address, tls)
    const sentence = ours ?? ofCertificate(error, address, host, tls) ?? ofProtocol(error, address, tls)
    if (sentence !== undefined) return new TlsError(sentence, { cause: error, isOurs: ours !== undefined })
    // Brokers that start or stop do that as well.
    return error.code === 'ECONNRESET'
      ? new Unreached(`${address} has broken the connection off before it said anything: does that port speak TLS?`)
      : undefined
  }
}

/** As OpenSSL would say it. */
const foreign = (): Error => Object.assign(new Error('signed by nobody known'), { code: 'UNABLE_TO_GET_ISSUER_CERT' })

const identityOf = (name: string, certificate: PeerCertificate): Error | undefined =>
  process.getBuiltinModule('node:tls').checkServerIdentity(name, certificate)

/** Unencrypted bytes that a broker sends where it wanted TLS: an alert. As the length of an answer they would be 350 MB. */
export const isTlsAlert = (bytes: Buffer): boolean => bytes[0] === 0x15 && bytes[1] === 0x03

export const wantsTls = ({ host, port }: Address): TlsError =>
  new TlsError(`${host}:${port} speaks TLS: set security_protocol to ssl, or name the port that does not`, {
    isOurs: true,
  })

interface Failure extends NodeJS.ErrnoException {
  readonly cert?: PeerCertificate
  readonly reason?: string
}

/** What is missing among our revocation lists. */
function ofLists({ code = '' }: Failure, address: string, { crl }: Tls): string | undefined {
  const option = `ssl_crl_location (${crl})`
  if (code === 'CRL_HAS_EXPIRED')
    return `a revocation list of ${option} has expired: put a newer one of its authority there`
  return code === 'UNABLE_TO_GET_CRL'
    ? `${option} lacks a revocation list for the certificate of ${address}: it needs one of each authority up to the root`
    : undefined
}

/** What other options would mend. */
function ofOptions({ code = '' }: Failure, address: string, tls: Tls): string | undefined {
  if (/^ERR_SSL_(WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG)/.test(code))
    return `${address} does not speak TLS: name the port that does, or set security_protocol to plaintext`
  return OUR_CERTIFICATE.test(code) && (tls.certificate ?? tls.keystore) === undefined
    ? `${address} asks for a certificate of ours: set ssl_certificate_location and ssl_key_location, or ssl_keystore_location`
    : undefined
}

/** An alert of the broker's about it. */
const OUR_CERTIFICATE = /^ERR_SSL_.*ALERT_.*(CERTIFICATE|UNKNOWN_CA)/

/** What we find wrong with the broker's. */
function ofCertificate(error: Failure, address: string, host: string, { ca }: Tls): string | undefined {
  const { code = '', cert } = error
  const whose = `the certificate of ${address}`
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    const names = cert?.subjectaltname ?? cert?.subject?.CN ?? 'nobody'
    return `${whose} is for ${names}, and not for ${host}: reach it by that name, or set ssl_verify_hostname to false`
  }
  if (code === 'CERT_HAS_EXPIRED') return `${whose}, or of who has signed it, has expired`
  if (code === 'CERT_REVOKED') return `${whose}, or of who has signed it, has been revoked by its authority`
  if (code === 'CERT_NOT_YET_VALID') return `${whose}, or of who has signed it, is not valid yet by this clock`
  const signers = ca === undefined ? 'whom Node trusts: set ssl_ca_location' : `that ssl_ca_location (${ca}) holds`
  if (UNKNOWN_SIGNER.test(code)) return `${whose} is signed by nobody ${signers}`
  return REFUSED.test(code) ? `${whose} is not accepted: ${error.message}` : undefined
}

const UNKNOWN_SIGNER = /^(UNABLE_TO_GET_ISSUER_CERT|UNABLE_TO_VERIFY_LEAF|SELF_SIGNED_CERT|DEPTH_ZERO_SELF_SIGNED)/
/** As OpenSSL calls them. */
const REFUSED = /^(CERT_|CRL_|ERROR_IN_C|UNABLE_TO_(GET_CRL|DECRYPT|DECODE)|INVALID_(CA|PURPOSE)|PATH_LENGTH)/

/** What the broker finds wrong with ours, or we with each other. */
function ofProtocol({ code = '', message, reason = message }: Failure, address: string, tls: Tls): string | undefined {
  if (!code.startsWith('ERR_SSL_')) return undefined
  if (!OUR_CERTIFICATE.test(code)) return `TLS with ${address} fails: ${reason}`
  const of = tls.certificate === undefined ? 'keystore' : 'certificate'
  return `${address} refuses our certificate (${snakeOf(OPTIONS[of])}, ${tls[of]}): ${reason}`
}
