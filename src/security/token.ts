// A token, and what there is instead where nobody gives one.

import type { Extensions } from './sasl.ts'

export interface Token {
  readonly value: string
  /** Milliseconds since the epoch; undefined: nobody knows, so that each connection gets one of its own. */
  readonly expiresAt: number | undefined
  readonly extensions?: Extensions | undefined
}

/** As the first half of a sentence that `reason` ends: `No token from https://…`. */
export class TokenError extends Error {
  override readonly name = 'TokenError'
  /** Whoever gives tokens says that we get none; false: it may be that nobody answers. */
  readonly isRefusal: boolean

  constructor(message: string, { isRefusal = false, cause }: { isRefusal?: boolean; cause?: unknown } = {}) {
    super(message, { cause })
    this.isRefusal = isRefusal
  }
}

/** Rejects with TokenError, or whatever it may be. */
export type GetToken = (signal: AbortSignal) => Promise<Token>

/** Of a token that says so itself, as those in JSON do (RFC 7519, section 4.1.4): milliseconds since the epoch. */
export function expiryIn(token: string): number | undefined {
  try {
    const { exp } = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as { exp?: unknown }
    return typeof exp === 'number' ? exp * 1000 : undefined
  } catch {
    return undefined
  }
}
