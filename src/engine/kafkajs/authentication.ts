// Says on each new connection who we are, and hears for how long that holds. One for all connections to a cluster, as it remembers
// whether we were ever let in: a name or password that was never right ends a start, while one that was may be right again once
// somebody has changed it on both sides.

import type { Sasl } from '../../security/sasl.ts'
import type { Answers } from './answers.ts'
import { type Action, actionOf, KafkaError, Lasting } from './codes.ts'

/** Sends one request on the connection; rejects when that breaks. */
export type Ask = <A extends 'SaslHandshake' | 'SaslAuthenticate'>(api: A, args: object) => Promise<Answers[A]>

/** We are not let in, or the broker is not what it says. Tells nothing of the password. */
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

export class Authentication {
  readonly #sasl: Sasl
  #hasSucceeded = false

  constructor(sasl: Sasl) {
    this.#sasl = sasl
  }

  /** Whether any broker has ever let us in. */
  get hasSucceeded(): boolean {
    return this.#hasSucceeded
  }

  /** Resolves to the milliseconds for which it holds, Infinity where there is no end. Rejects with SaslError. */
  async perform(ask: Ask, address: string): Promise<number> {
    await this.#agree(ask, address)
    const conversation = new Conversation(ask, reason => this.#refusal(address, reason))
    await this.#prove(conversation, address)
    this.#hasSucceeded = true
    return conversation.lifetime
  }

  async #agree(ask: Ask, address: string): Promise<void> {
    const { mechanism } = this.#sasl
    const { errorCode, enabledMechanisms } = await ask('SaslHandshake', { mechanism })
    const { code } = new KafkaError('', errorCode)
    if (code === 'UNSUPPORTED_SASL_MECHANISM')
      throw new SaslError(
        this,
        `${address} knows no ${mechanism}: set sasl_mechanism to one of ${enabledMechanisms.join(', ')}`,
      )
    if (code === 'ILLEGAL_SASL_STATE')
      throw new SaslError(
        this,
        `${address} does not ask who we are: name the port that does, or set security_protocol to plaintext or ssl`,
      )
    if (actionOf(errorCode) !== 'ok') throw this.#refusal(address, code)
  }

  async #prove(conversation: Conversation, address: string): Promise<void> {
    const { mechanism, username, password } = this.#sasl
    switch (mechanism) {
      case 'PLAIN':
        await conversation.say(`\0${username}\0${password}`)
        return
      case 'SCRAM-SHA-256':
      case 'SCRAM-SHA-512': {
        const { Scram, ScramError } = await import('../../security/scram.ts')
        const scram = new Scram({ digest: mechanism === 'SCRAM-SHA-256' ? 'sha256' : 'sha512', username, password })
        try {
          scram.verify(await conversation.say(await scram.final(await conversation.say(scram.first))))
        } catch (error) {
          throw error instanceof ScramError ? new SaslError(this, `${address} ${error.message}`) : error
        }
        return
      }
      default:
        mechanism satisfies never
    }
  }

  #refusal(address: string, reason: string): SaslError {
    const { mechanism, username } = this.#sasl
    return new SaslError(
      this,
      `${address} does not let us in as ${username} by ${mechanism}: ${reason}. Look at sasl_username and sasl_password`,
    )
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

  /** Resolves to what the broker says to that. */
  async say(text: string): Promise<string> {
    const answer = await this.#ask('SaslAuthenticate', { authBytes: withSize(Buffer.from(text)) })
    const { errorCode, errorMessage, authBytes, sessionLifetimeMs } = answer
    if (actionOf(errorCode) !== 'ok') throw this.#refusal(errorMessage ?? new KafkaError('', errorCode).code)
    this.lifetime = Number(sessionLifetimeMs ?? 0) || Number.POSITIVE_INFINITY
    return authBytes.toString('utf8', SIZE)
  }
}

/** kafkajs wants it there, and gives it back with what the broker says. */
const SIZE = 4

function withSize(bytes: Buffer): Buffer {
  const size = Buffer.alloc(SIZE)
  size.writeInt32BE(bytes.length)
  return Buffer.concat([size, bytes])
}
