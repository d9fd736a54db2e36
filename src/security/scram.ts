// SCRAM (RFC 5802, RFC 7677), the client's side: shows that we know the password without sending it, and has the server show that it
// knows it too. Texts in, texts out; knows nothing of Kafka. Errors tell nothing of the password, nor of what was made from it.

import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'

export interface ScramParts {
  readonly digest: 'sha256' | 'sha512'
  /** As they are, in UTF-8, without SASLprep: that is what brokers do, and Kafka's own clients. */
  readonly username: string
  readonly password: string
  /** Printable ASCII without a comma. */
  readonly nonce?: string
}

/** The server is not what it says, or says what is no SCRAM: the second half of a sentence about it. */
export class ScramError extends Error {
  override readonly name = 'ScramError'
}

const LENGTHS = { sha256: 32, sha512: 64 } as const
/** RFC 7677; and more than any broker stores, so that a false one cannot keep us at work. */
const ITERATIONS = { least: 4096, most: 1_000_000 }
/** No channel is bound. */
const HEADER = 'n,,'

const derive = promisify(pbkdf2)

/** For one conversation: `first`, `final`, `verify`, in this order. */
export class Scram {
  readonly #parts: ScramParts
  readonly #nonce: string
  #signature: Buffer | undefined

  constructor(parts: ScramParts) {
    this.#parts = parts
    this.#nonce = parts.nonce ?? randomBytes(24).toString('base64')
  }

  /** What we say first. */
  get first(): string {
    return `${HEADER}${this.#bare}`
  }

  /** What we say to the server's first words. Rejects with ScramError. */
  async final(serverFirst: string): Promise<string> {
    const { nonce, salt, iterations } = this.#read(serverFirst)
    const { digest, password } = this.#parts
    const salted = await derive(password, salt, iterations, LENGTHS[digest], digest)
    const clientKey = this.#hmac(salted, 'Client Key')
    const withoutProof = `c=${Buffer.from(HEADER).toString('base64')},r=${nonce}`
    const whole = `${this.#bare},${serverFirst},${withoutProof}`
    const clientSignature = this.#hmac(createHash(digest).update(clientKey).digest(), whole)
    this.#signature = this.#hmac(this.#hmac(salted, 'Server Key'), whole)
    const proof = clientKey.map((byte, at) => byte ^ clientSignature[at]!)
    return `${withoutProof},p=${Buffer.from(proof).toString('base64')}`
  }

  /** Whether its last words show that it knows the password. Throws ScramError. */
  verify(serverFinal: string): void {
    const { e: refusal, v } = attributesOf(serverFinal)
    if (refusal !== undefined) throw new ScramError(`refuses us: ${refusal}`)
    const signature = Buffer.from(v ?? '', 'base64')
    const expected = this.#signature
    if (!expected || signature.length !== expected.length || !timingSafeEqual(signature, expected))
      throw new ScramError('does not show that it knows our password: it is not what it says that it is')
  }

  get #bare(): string {
    const name = this.#parts.username.replaceAll('=', '=3D').replaceAll(',', '=2C')
    return `n=${name},r=${this.#nonce}`
  }

  #read(serverFirst: string): { nonce: string; salt: Buffer; iterations: number } {
    const { m: extension, r: nonce = '', s: salt = '', i = '' } = attributesOf(serverFirst)
    if (extension !== undefined) throw new ScramError('asks for an extension of SCRAM that is not known here')
    if (!nonce.startsWith(this.#nonce) || nonce.length === this.#nonce.length)
      throw new ScramError('does not answer to what we said (its nonce does not begin with ours)')
    if (salt === '') throw new ScramError('gives no salt')
    const iterations = /^\d+$/.test(i) ? Number(i) : Number.NaN
    const { least, most } = ITERATIONS
    if (!(iterations >= least && iterations <= most))
      throw new ScramError(`asks for ${i} iterations, which must be from ${least} to ${most}`)
    return { nonce, salt: Buffer.from(salt, 'base64'), iterations }
  }

  #hmac(key: Buffer, text: string): Buffer {
    return createHmac(this.#parts.digest, key).update(text).digest()
  }
}

/** `r=…,s=…`; values may hold `=`. */
function attributesOf(text: string): Readonly<Record<string, string | undefined>> {
  return Object.fromEntries(text.split(',').map(part => [part.slice(0, 1), part.slice(2)]))
}
