// Who gives tokens: a token endpoint of OAuth 2 on loopback, and the keys by which a broker finds that a token is of it. What it knows
// can be changed while it runs, and it can be told to fail.

import { generateKeyPairSync, sign } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import type { PrivateOptions } from '../../scripts/broker.d/index.mjs'

export interface Asked {
  readonly authorization: string | undefined
  readonly body: string
}

const newKey = () => generateKeyPairSync('rsa', { modulusLength: 2048 })
const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url')

export class TokenAuthority implements AsyncDisposable {
  /** Who may have tokens, by their passwords. */
  readonly clients: Record<string, string>
  /** Seconds for which a token holds. */
  lifetime = 3_600
  /** Whether it says in its answer how long that is. */
  saysLifetime = true
  /** What it answers instead. */
  fails: { readonly status: number; readonly body: string; readonly type?: string } | undefined
  /** It takes what it is asked, and says nothing. */
  isMute = false
  readonly asked: Asked[] = []
  readonly #server: Server
  #key = newKey()
  #keys = 1

  private constructor(server: Server, clients: Record<string, string>) {
    this.#server = server
    this.clients = clients
    server.on('request', (request, response) => void this.#answer(request, response))
  }

  static async open(clients: Record<string, string>): Promise<TokenAuthority> {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    return new TokenAuthority(server, clients)
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  get endpoint(): string {
    return `${this.url}/token`
  }

  /** From now on tokens are signed by another key, which no broker knows yet. */
  changeKey(): void {
    this.#key = newKey()
    this.#keys++
  }

  token(name: string, more: object = {}): string {
    const now = Math.floor(Date.now() / 1000)
    const claims = { iss: this.url, aud: 'kafka', sub: name, iat: now, exp: now + this.lifetime, ...more }
    const signed = `${part({ alg: 'RS256', typ: 'JWT', kid: String(this.#keys) })}.${part(claims)}`
    return `${signed}.${sign('sha256', Buffer.from(signed), this.#key.privateKey).toString('base64url')}`
  }

  /** A listener of a private broker that lets in whoever has a token of it. */
  get guarding(): NonNullable<PrivateOptions['secured']> {
    const keys = `${this.url}/keys`
    return {
      protocol: 'SASL_PLAINTEXT',
      settings: {
        'sasl.enabled.mechanisms': 'OAUTHBEARER',
        'oauthbearer.sasl.jaas.config':
          'org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";',
        'oauthbearer.sasl.server.callback.handler.class':
          'org.apache.kafka.common.security.oauthbearer.OAuthBearerValidatorCallbackHandler',
        'oauthbearer.sasl.oauthbearer.jwks.endpoint.url': keys,
        'oauthbearer.sasl.oauthbearer.expected.audience': 'kafka',
        'oauthbearer.sasl.oauthbearer.expected.issuer': this.url,
      },
      javaOptions: [`-Dorg.apache.kafka.sasl.oauthbearer.allowed.urls=${keys}`],
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#server.closeAllConnections()
    this.#server.close()
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const say = (status: number, body: string, type = 'application/json') =>
      response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body)
    if (request.url === '/keys') {
      const jwk = this.#key.publicKey.export({ format: 'jwk' })
      return void say(200, JSON.stringify({ keys: [{ ...jwk, kid: String(this.#keys), use: 'sig', alg: 'RS256' }] }))
    }
    const { authorization } = request.headers
    this.asked.push({ authorization, body: await text(request) })
    if (this.isMute) return
    if (this.fails) return void say(this.fails.status, this.fails.body, this.fails.type)
    const [name = '', password = ''] = namesIn(authorization)
    if (this.clients[name] !== password || password === '')
      return void say(
        401,
        JSON.stringify({ error: 'invalid_client', error_description: 'Client authentication failed' }),
      )
    const lifetime = this.saysLifetime ? { expires_in: this.lifetime } : {}
    say(200, JSON.stringify({ access_token: this.token(name), token_type: 'Bearer', ...lifetime }))
  }
}

/** RFC 6749, section 2.3.1. */
function namesIn(authorization = ''): string[] {
  const [, encoded = ''] = authorization.split(' ')
  return Buffer.from(encoded, 'base64')
    .toString()
    .split(':')
    .map(one => decodeURIComponent(one.replaceAll('+', ' ')))
}
