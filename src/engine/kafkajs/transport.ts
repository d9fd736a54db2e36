// The way to a broker: sockets, in the clear or secured, and what it means when one fails. What is wrong with certificates passes
// by nobody's waiting, and is said with what can be done about it. Knows nothing of what is sent.

import { connect as connectInTheClear, isIP, type Socket } from 'node:net'
import type { ConnectionOptions, PeerCertificate } from 'node:tls'
import { Credentials } from '../../security/credentials.ts'
import { type Tls, TlsPlacesError } from '../../security/tls.ts'
import { Lasting, Unreached } from './codes.ts'

export interface Address {
  readonly host: string
  readonly port: number
}

export class TlsError extends Lasting {
  override readonly name = 'TlsError'
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
      throw error instanceof TlsPlacesError ? new TlsError(error.message) : error
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
      ...(tls.verifyHostname ? {} : { checkServerIdentity: () => undefined }),
    }
  }

  /** Why a connection did not come about; undefined: that has nothing to do with TLS. */
  explain(error: NodeJS.ErrnoException, { host, port }: Address): Error | undefined {
    if (this.#secured === null) return undefined
    const { tls } = this.#secured
    const address = `${host}:${port}`
    const sentence = ofCertificate(error, address, host, tls) ?? ofProtocol(error, address, tls)
    if (sentence !== undefined) return new TlsError(sentence, { cause: error })
    // Brokers that start or stop do that as well.
    return error.code === 'ECONNRESET'
      ? new Unreached(`${address} has broken the connection off before it said anything: does that port speak TLS?`)
      : undefined
  }
}

/** Unencrypted bytes that a broker sends where it wanted TLS: an alert. As the length of an answer they would be 350 MB. */
export const isTlsAlert = (bytes: Buffer): boolean => bytes[0] === 0x15 && bytes[1] === 0x03

export const wantsTls = ({ host, port }: Address): TlsError =>
  new TlsError(`${host}:${port} speaks TLS: set security_protocol to ssl, or name the port that does not`)

/** What we find wrong with the broker's. */
function ofCertificate(
  error: NodeJS.ErrnoException & { cert?: PeerCertificate },
  address: string,
  host: string,
  { ca }: Tls,
): string | undefined {
  const { code = '', cert } = error
  const whose = `the certificate of ${address}`
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    const names = cert?.subjectaltname ?? cert?.subject?.CN ?? 'nobody'
    return `${whose} is for ${names}, and not for ${host}: reach it by that name, or set ssl_verify_hostname to false`
  }
  if (code === 'CERT_HAS_EXPIRED') return `${whose}, or of who has signed it, has expired`
  if (code === 'CERT_NOT_YET_VALID') return `${whose}, or of who has signed it, is not valid yet by this clock`
  const signers = ca === undefined ? 'whom Node trusts: set ssl_ca_location' : `that ssl_ca_location (${ca}) holds`
  if (UNKNOWN_SIGNER.test(code)) return `${whose} is signed by nobody ${signers}`
  return REFUSED.test(code) ? `${whose} is not accepted: ${error.message}` : undefined
}

const UNKNOWN_SIGNER = /^(UNABLE_TO_GET_ISSUER_CERT|UNABLE_TO_VERIFY_LEAF|SELF_SIGNED_CERT|DEPTH_ZERO_SELF_SIGNED)/
/** As OpenSSL calls them. */
const REFUSED = /^(CERT_|CRL_|ERROR_IN_C|UNABLE_TO_(GET_CRL|DECRYPT|DECODE)|INVALID_(CA|PURPOSE)|PATH_LENGTH)/

/** What the broker finds wrong with ours, or we with each other. */
function ofProtocol(error: NodeJS.ErrnoException & { reason?: string }, address: string, tls: Tls): string | undefined {
  const { code = '', reason = error.message } = error
  if (!code.startsWith('ERR_SSL_')) return undefined
  if (/WRONG_VERSION_NUMBER|PACKET_LENGTH_TOO_LONG/.test(code))
    return `${address} does not speak TLS: name the port that does, or set security_protocol to plaintext`
  if (!/ALERT_.*(CERTIFICATE|UNKNOWN_CA)/.test(code)) return `TLS with ${address} fails: ${reason}`
  return tls.certificate === undefined
    ? `${address} asks for a certificate of ours: set ssl_certificate_location and ssl_key_location`
    : `${address} refuses our certificate (ssl_certificate_location, ${tls.certificate}): ${reason}`
}
