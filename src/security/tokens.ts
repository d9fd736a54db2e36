// Tokens, wherever they come from: kept for a part of the time for which they hold, got once however many connections want one, and
// not asked for again at once where there was none. Knows no Kafka; tells of no token.

import { backoff } from '../lib/backoff.ts'
import type { Cancel, Clock } from '../lib/clock.ts'
import { reasonOf } from '../lib/reason.ts'
import { within } from '../lib/within.ts'
import type { TokenSource } from './sasl.ts'
import { type GetToken, type Token, TokenError } from './token.ts'

/** Milliseconds for which a token may be waited for; and while the one before still holds. */
export const TOKEN_MS = 10_000
const BETTER_MS = 1_000
/** A connection is renewed after 0.7 of the time that the broker grants, which is what is left to its token: by then there is another one. */
const KEPT_FOR = 0.6
/** For so long it is shown where nobody gives another one; a broker may not take what is about to end. */
const HOLDS_FOR = 0.9
/** Whoever gives a token that brokers do not take is asked for another one this seldom, in milliseconds: it may give the same. */
const DROP_MS = 10_000
const REST = { first: 250, most: 10_000, jitter: 0.3 }

export interface TokensParts {
  readonly get: GetToken
  /** Who gives them. */
  readonly giver: string
  readonly clock: Clock
  /** Of a token that did not come while the one before still holds. */
  readonly warn?: (why: string) => void
}

/** Instants on the clock's scale. */
interface Kept {
  readonly token: Token
  readonly since: number
  readonly until: number
  readonly holdsUntil: number
}

export class Tokens {
  readonly #get: GetToken
  readonly #giver: string
  readonly #clock: Clock
  readonly #warn: (why: string) => void
  #kept: Kept | undefined
  #getting: Promise<Token> | undefined
  #failures = 0
  #rest: { readonly until: number; readonly why: unknown } | undefined

  constructor({ get, giver, clock, warn = () => {} }: TokensParts) {
    this.#get = get
    this.#giver = giver
    this.#clock = clock
    this.#warn = warn
  }

  /** Rejects with TokenError. */
  async current(): Promise<Token> {
    const now = this.#clock.now()
    const kept = this.#kept
    if (kept && now < kept.until) return kept.token
    const holding = kept && now < kept.holdsUntil ? kept.token : undefined
    if (this.#rest && now < this.#rest.until) {
      if (holding) return holding
      throw this.#rest.why
    }
    this.#getting ??= this.#another(holding).finally(() => {
      this.#getting = undefined
    })
    const getting = this.#getting
    if (holding === undefined) return getting
    // A connection that waited here for an authority that is away would cost a member its place in the group.
    const isInTime = await within(this.#clock, getting, now + BETTER_MS)
    return isInTime ? getting.catch(() => holding) : holding
  }

  /** A broker did not take it. */
  drop(token: Token): void {
    if (this.#kept?.token === token && this.#clock.now() - this.#kept.since >= DROP_MS) this.#kept = undefined
  }

  async #another(before: Token | undefined): Promise<Token> {
    try {
      const token = await this.#bounded()
      const lasting = token.expiresAt === undefined ? 0 : token.expiresAt - this.#clock.epoch()
      if (token.expiresAt !== undefined && lasting <= 0) throw expired(token.expiresAt)
      const since = this.#clock.now()
      const times = { since, until: since + lasting * KEPT_FOR, holdsUntil: since + lasting * HOLDS_FOR }
      this.#kept = lasting > 0 ? { token, ...times } : undefined
      this.#failures = 0
      this.#rest = undefined
      return token
    } catch (cause) {
      const why = cause instanceof TokenError ? cause : new TokenError(reasonOf(cause), { cause })
      this.#failures += 1
      this.#rest = { until: this.#clock.now() + backoff(this.#failures, REST), why }
      // Once for each time without one: while it holds, nothing is lost.
      if (before && this.#failures === 1) this.#warn(why.message)
      throw why
    }
  }

  #bounded(): Promise<Token> {
    const giveUp = new AbortController()
    let cancel: Cancel | undefined
    const late = new Promise<never>((_, reject) => {
      cancel = this.#clock.after(TOKEN_MS, () => {
        giveUp.abort()
        reject(new TokenError(`${this.#giver} gives none within ${TOKEN_MS / 1000} s`))
      })
    })
    return Promise.race([this.#get(giveUp.signal), late]).finally(() => cancel?.())
  }
}

const expired = (at: number): TokenError =>
  new TokenError(
    `the token that was given has expired (${new Date(at).toISOString()}): look at who gives it, and at this machine's clock`,
  )

/** As people know it. */
export const giverOf = (source: TokenSource): string =>
  source.kind === 'endpoint' ? source.url : source.kind === 'module' ? source.file : 'AWS'

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
