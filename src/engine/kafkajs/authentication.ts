// Says on each new connection who we are, and hears for how long that holds. One for all connections to a cluster, as it remembers
// whether we were ever let in: a name or password that was never right ends a start, while one that was may be right again once
// somebody has changed it on both sides.

import type { Clock } from '../../lib/clock.ts'
import { asSentence } from '../../lib/sentence.ts'
import type { Kerberos } from '../../security/kerberos.ts'
import type { KerberosError } from '../../security/kerberos-trouble.ts'
import type { ByTicket, ByToken, Sasl } from '../../security/sasl.ts'
import type { Token, TokenError } from '../../security/token.ts'
import { giverOf, Tokens, tokensFrom } from '../../security/tokens.ts'
import type { Answers } from './answers.ts'
import { type Action, actionOf, KafkaError, Lasting } from './codes.ts'

/** Sends one request on the connection; rejects when that breaks. */
export type Ask = <A extends 'SaslHandshake' | 'SaslAuthenticate'>(api: A, args: object) => Promise<Answers[A]>

/** We are not let in, or the broker is not what it says. Tells nothing of what is secret. */
export class SaslError extends Lasting {
  override readonly name = 'SaslError'
  readonly #of: Authentication

  constructor(of: Authentication, message: string) {
    super(message)
    this.#of = of
  }

  override get action(): Action {
    return this.#of.hasSucceeded ? super.action : 'denied'
  }
}

/** There is no token to show, or no ticket; there may be one later. */
export class NoToken extends Lasting {
  override readonly name = 'NoToken'
}

/** Resolves to what the broker says to that. Rejects with SaslError where it has had enough. */
type Say = (words: string | Buffer) => Promise<Buffer>

export interface AuthenticationParts {
  readonly sasl: Sasl
  readonly clock: Clock
  /** Of what is no trouble yet. */
  readonly warn?: (sentence: string) => void
}

export class Authentication {
  readonly #parts: AuthenticationParts
  readonly #sasl: Sasl
  readonly #tokens: Tokens | undefined
  #kerberos: Promise<Kerberos> | undefined
  #hasSucceeded = false

  constructor(parts: AuthenticationParts) {
    const { sasl, clock } = parts
    this.#parts = parts
    this.#sasl = sasl
    const warn = (why: string) =>
      parts.warn?.(`no token for ${sasl.mechanism}: ${asSentence(why)} Going on with the one before while it holds.`)
    this.#tokens =
      'from' in sasl ? new Tokens({ get: tokensFrom(sasl.from), giver: giverOf(sasl.from), clock, warn }) : undefined
  }

  /** Whether any broker has ever let us in. */
  get hasSucceeded(): boolean {
    return this.#hasSucceeded
  }

  /** Resolves to the milliseconds for which it holds, Infinity where there is no end. Rejects with SaslError or NoToken. */
  async perform(ask: Ask, address: string): Promise<number> {
    await this.#agree(ask, address)
    const conversation = new Conversation(ask, reason => this.#refusal(address, reason))
    await this.#prove(words => conversation.say(words), address)
    this.#hasSucceeded = true
    return conversation.lifetime
  }

  async #agree(ask: Ask, address: string): Promise<void> {
    const { mechanism } = this.#sasl
    const { errorCode, enabledMechanisms } = await ask('SaslHandshake', { mechanism: asBrokersCall(mechanism) })
    const { code } = new KafkaError('', errorCode)
    if (code === 'UNSUPPORTED_SASL_MECHANISM')
      throw new SaslError(
        this,
        `${address} knows no ${asBrokersCall(mechanism)}: set sasl_mechanism to one of ${enabledMechanisms.join(', ')}`,
      )
    if (code === 'ILLEGAL_SASL_STATE')
      throw new SaslError(
        this,
        `${address} does not ask who we are: name the port that does, or set security_protocol to plaintext or ssl`,
      )
    if (actionOf(errorCode) !== 'ok') throw this.#refusal(address, code)
  }

  async #prove(say: Say, address: string): Promise<void> {
    const sasl = this.#sasl
    switch (sasl.mechanism) {
      case 'PLAIN':
        await say(`\0${sasl.username}\0${sasl.password()}`)
        return
      case 'SCRAM-SHA-256':
      case 'SCRAM-SHA-512': {
        const { Scram, ScramError } = await import('../../security/scram.ts')
        const digest = sasl.mechanism === 'SCRAM-SHA-256' ? 'sha256' : 'sha512'
        const scram = new Scram({ digest, username: sasl.username, password: sasl.password() })
        const ask = async (words: string) => (await say(words)).toString()
        try {
          scram.verify(await ask(await scram.final(await ask(scram.first))))
        } catch (error) {
          throw error instanceof ScramError ? new SaslError(this, `${address} ${error.message}`) : error
        }
        return
      }
      case 'OAUTHBEARER':
      case 'AWS_MSK_IAM':
        await this.#bear(sasl, say)
        return
      case 'GSSAPI':
        await this.#showTicket(sasl, say, address)
        return
      default:
        sasl satisfies never
    }
  }

  /** RFC 7628. */
  async #bear({ mechanism, extensions }: ByToken, say: Say): Promise<void> {
    const token = await this.#token(mechanism)
    const all = Object.entries({ ...extensions, ...token.extensions }).map(([key, value]) => `\x01${key}=${value}`)
    try {
      const why = await say(`n,,\x01auth=Bearer ${token.value}${all.join('')}\x01\x01`)
      // It will say so in Kafka's words as soon as it has heard that we have heard it.
      if (why.length > 0) await say('\x01')
    } catch (error) {
      // A connection that breaks says nothing of the token.
      if (error instanceof SaslError) this.#tokens!.drop(token)
      throw error
    }
  }

  async #token(mechanism: string): Promise<Token> {
    try {
      return await this.#tokens!.current()
    } catch (error) {
      const { message, isRefusal } = error as TokenError
      const sentence = `no token for ${mechanism}: ${message}`
      throw isRefusal ? new SaslError(this, sentence) : new NoToken(sentence)
    }
  }

  async #showTicket(sasl: ByTicket, say: Say, address: string): Promise<void> {
    const { clock, warn = () => {} } = this.#parts
    this.#kerberos ??= import('../../security/kerberos.ts').then(({ Kerberos }) => new Kerberos({ sasl, clock, warn }))
    const host = hostOf(address)
    const kerberos = await this.#kerberos
    try {
      await kerberos.prove(host, say)
    } catch (error) {
      if (error instanceof SaslError) kerberos.drop()
      if (!isNoTicket(error)) throw error
      const who = sasl.principal === undefined ? '' : ` as ${sasl.principal}`
      const sentence = `no ticket for ${sasl.serviceName} on ${host}${who}: ${error.message}`
      throw error.isRefusal ? new SaslError(this, sentence) : new NoToken(sentence)
    }
  }

  #refusal(address: string, reason: string): SaslError {
    const sasl = this.#sasl
    const name = 'username' in sasl ? sasl.username : 'principal' in sasl ? sasl.principal : undefined
    const who = name === undefined ? '' : ` as ${name}`
    return new SaslError(
      this,
      `${address} does not let us in${who} by ${sasl.mechanism}: ${reason}. Look at ${optionsOf(sasl)}`,
    )
  }
}

const asBrokersCall = (mechanism: Sasl['mechanism']): string =>
  mechanism === 'AWS_MSK_IAM' ? 'OAUTHBEARER' : mechanism

/** Without loading what nobody may need. */
const isNoTicket = (error: unknown): error is KerberosError => error instanceof Error && error.name === 'KerberosError'

/** `[::1]:9092` too: a host is called without the brackets. */
const hostOf = (address: string): string => address.replace(/:\d+$/, '').replace(/^\[(.*)\]$/, '$1')

/** What may be wrong. */
function optionsOf(sasl: Sasl): string {
  if ('username' in sasl) return 'sasl_username and sasl_password'
  if (sasl.mechanism === 'GSSAPI')
    return "sasl_kerberos_principal, and at the broker's keytab, its clock beside that of the KDC, and its sasl.kerberos.principal.to.local.rules"
  switch (sasl.from.kind) {
    case 'endpoint':
      return 'sasl_oauthbearer_scope and sasl_oauthbearer_extensions, and at what the broker wants of a token'
    case 'module':
      return 'what sasl_oauthbearer_token_provider gives, and at what the broker wants of a token'
    case 'msk':
      return "sasl_aws_region, AWS's credentials and their policy (kafka-cluster:Connect)"
    default:
      return sasl.from satisfies never
  }
}

class Conversation {
  lifetime = Number.POSITIVE_INFINITY
  readonly #ask: Ask
  readonly #refusal: (reason: string) => SaslError

  constructor(ask: Ask, refusal: (reason: string) => SaslError) {
    this.#ask = ask
    this.#refusal = refusal
  }

  async say(words: string | Buffer): Promise<Buffer> {
    const answer = await this.#ask('SaslAuthenticate', { authBytes: withSize(Buffer.from(words as string)) })
    const { errorCode, errorMessage, authBytes, sessionLifetimeMs } = answer
    if (actionOf(errorCode) !== 'ok') throw this.#refusal(errorMessage ?? new KafkaError('', errorCode).code)
    this.lifetime = Number(sessionLifetimeMs ?? 0) || Number.POSITIVE_INFINITY
    return authBytes.subarray(SIZE)
  }
}

/** kafkajs wants it there, and gives it back with what the broker says. */
const SIZE = 4

function withSize(bytes: Buffer): Buffer {
  const size = Buffer.alloc(SIZE)
  size.writeInt32BE(bytes.length)
  return Buffer.concat([size, bytes])
}
