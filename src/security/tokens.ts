// Tokens, wherever they come from: kept for a part of the time for which they hold, got once however many connections want one, and
// not asked for again at once where there was none. Knows no Kafka; tells of no token.

import { backoff } from '../lib/backoff.ts'
import type { Cancel, Clock } from '../lib/clock.ts'
import { reasonOf } from '../lib/reason.ts'
import type { TokenSource } from './sasl.ts'
import { type GetToken, type Token, TokenError } from './token.ts'

/** Milliseconds for which a token may be waited for. */
const TOKEN_MS = 10_000
/** A connection is renewed after 0.7 of the time that the broker grants, which is what is left to its token: by then there is another one. */
const KEPT_FOR = 0.6
const REST = { first: 250, most: 10_000, jitter: 0.3 }

export class Tokens {
  readonly #get: GetToken
  readonly #clock: Clock
  #kept: { readonly token: Token; readonly until: number } | undefined
  #getting: Promise<Token> | undefined
  #failures = 0
  #rest: { readonly until: number; readonly why: unknown } | undefined

  constructor({ get, clock }: { readonly get: GetToken; readonly clock: Clock }) {
    this.#get = get
    this.#clock = clock
  }

  /** Rejects with TokenError. */
  current(): Promise<Token> {
    const now = this.#clock.now()
    if (this.#kept && now < this.#kept.until) return Promise.resolve(this.#kept.token)
    if (this.#rest && now < this.#rest.until) return Promise.reject(this.#rest.why)
    this.#getting ??= this.#another().finally(() => {
      this.#getting = undefined
    })
    return this.#getting
  }

  /** A broker did not take it. */
  drop(token: Token): void {
    if (this.#kept?.token === token) this.#kept = undefined
  }

  async #another(): Promise<Token> {
    try {
      const token = await this.#bounded()
      const lasting = token.expiresAt === undefined ? 0 : token.expiresAt - this.#clock.epoch()
      if (token.expiresAt !== undefined && lasting <= 0)
        throw new TokenError(`the token that was given has expired (${new Date(token.expiresAt).toISOString()})`)
      this.#kept = lasting > 0 ? { token, until: this.#clock.now() + lasting * KEPT_FOR } : undefined
      this.#failures = 0
      this.#rest = undefined
      return token
    } catch (cause) {
      const why = cause instanceof TokenError ? cause : new TokenError(reasonOf(cause), { cause })
      this.#failures += 1
      this.#rest = { until: this.#clock.now() + backoff(this.#failures, REST), why }
      throw why
    }
  }

  #bounded(): Promise<Token> {
    const giveUp = new AbortController()
    let cancel: Cancel | undefined
    const late = new Promise<never>((_, reject) => {
      cancel = this.#clock.after(TOKEN_MS, () => {
        giveUp.abort()
        reject(new TokenError(`there was none within ${TOKEN_MS / 1000} s`))
      })
    })
    return Promise.race([this.#get(giveUp.signal), late]).finally(() => cancel?.())
  }
}

/** What gets tokens from there. What it takes is loaded only when the first one is wanted. */
export function tokensFrom(source: TokenSource): GetToken {
  switch (source.kind) {
    case 'endpoint':
      return async signal => (await import('./token-endpoint.ts')).tokenFrom(source, signal)
    case 'module':
      return async signal => (await import('./token-module.ts')).tokenFrom(source, signal)
    case 'msk':
      return async () => (await import('./msk.ts')).tokenFor(source)
    default:
      return source satisfies never
  }
}
