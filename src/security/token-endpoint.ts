// A token endpoint of OAuth 2, asked with client credentials (RFC 6749, section 4.4) by the package openid-client, which belongs to the
// user. What an authority says when it refuses is passed on; what it was sent is not.

import type * as OpenId from 'openid-client'
import { cut, read, reasonOf } from '../lib/reason.ts'
import { importPeer } from './peer.ts'
import type { TokenSource } from './sasl.ts'
import { expiryIn, type Token, TokenError } from './token.ts'

export const PEER = { name: 'openid-client', major: 6 }

type Endpoint = Extract<TokenSource, { kind: 'endpoint' }>

/** Rejects with TokenError. */
export async function tokenFrom(endpoint: Endpoint, signal: AbortSignal): Promise<Token> {
  const { url, clientId, clientSecret, scope } = endpoint
  const openId = (await importPeer(PEER)) as unknown as typeof OpenId
  const authority = { issuer: new URL(url).origin, token_endpoint: url }
  // What its id and password are is said as all authorities must understand it.
  const config = new openId.Configuration(authority, clientId, {}, openId.ClientSecretBasic(clientSecret()))
  if (url.startsWith('http:')) openId.allowInsecureRequests(config)
  config[openId.customFetch] = (to, { body, headers, method, redirect }) =>
    fetch(to, { body: body ?? null, headers, method, redirect, signal })
  try {
    const asked = scope === undefined ? {} : { scope }
    const answer = await openId.clientCredentialsGrant(config, asked)
    const seconds = answer.expires_in
    const value = answer.access_token
    return { value, expiresAt: seconds === undefined ? expiryIn(value) : Date.now() + seconds * 1000 }
  } catch (error) {
    throw explained(error, url)
  }
}

/** Ours to mend, unless it says that it is its own trouble or that we come too often. */
const isRefusal = (status: unknown): boolean =>
  typeof status === 'number' && status >= 400 && status < 500 && status !== 408 && status !== 429

function explained(error: unknown, url: string): TokenError {
  const cause = read(error, 'cause')
  const said = read(error, 'error')
  const status = read(error, 'status') ?? read(cause, 'status')
  if (typeof said === 'string') {
    const more = read(error, 'error_description')
    const why = typeof more === 'string' ? `${said} (${cut(more, 300)})` : said
    return new TokenError(`${url} says ${why}`, { isRefusal: isRefusal(status), cause: error })
  }
  if (typeof status === 'number' && status >= 400)
    return new TokenError(`${url} answers with ${status}`, { isRefusal: isRefusal(status), cause: error })
  // fetch says only that it failed, and why in its cause.
  const why = reasonOf(cause instanceof Error ? cause : error)
  return new TokenError(`${url} gives none: ${why}`, { cause: error })
}
