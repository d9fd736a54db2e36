import { once } from 'node:events'
import { createServer } from 'node:net'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { tokenFrom } from '../../src/security/token-endpoint.ts'
import { TokenAuthority } from '../support/token-authority.ts'

let authority: TokenAuthority
beforeAll(async () => {
  authority = await TokenAuthority.open({ 'geo coding': 'hunter2 & co:=%' })
})
afterAll(() => authority[Symbol.asyncDispose]())
beforeEach(() => {
  Object.assign(authority, { fails: undefined, isMute: false, saysLifetime: true, lifetime: 3_600 })
  authority.asked.length = 0
})

const never = new AbortController().signal
const endpoint = (changed = {}) => ({
  ...({ kind: 'endpoint', url: authority.endpoint, clientId: 'geo coding', scope: undefined } as const),
  clientSecret: () => 'hunter2 & co:=%',
  ...changed,
})

const failure = (changed = {}, signal = never) =>
  tokenFrom(endpoint(changed), signal).then(
    () => undefined,
    (error: unknown) => error as Error,
  )

test('gives a token for name and password, whatever these hold, and for a scope', async () => {
  const token = await tokenFrom(endpoint({ scope: 'kafka read' }), never)
  expect(token.value.split('.')).toHaveLength(3)
  expect(token.expiresAt! - Date.now()).toBeGreaterThan(3_500_000)
  expect(authority.asked.map(({ body }) => body)).toEqual(['scope=kafka+read&grant_type=client_credentials'])
})

test('need not say how long it holds where the token does', async () => {
  authority.saysLifetime = false
  const { expiresAt } = await tokenFrom(endpoint(), never)
  expect(expiresAt! - Date.now()).toBeGreaterThan(3_500_000)
})

const wrong = { clientSecret: () => 'hunter3' }

test('that refuses is told in its own words, without what it was sent', async () => {
  const error = await failure(wrong)
  expect(error).toMatchObject({
    name: 'TokenError',
    message: `${authority.endpoint} says invalid_client (Client authentication failed)`,
    isRefusal: true,
  })
})

test.each<[object, boolean, RegExp]>([
  [{ status: 500, body: 'oops', type: 'text/plain' }, false, /\/token answers with 500$/],
  [{ status: 403, body: '<html>', type: 'text/html' }, true, /\/token answers with 403$/],
  [{ status: 429, body: '{"error":"slow_down"}' }, false, /says slow_down$/],
  [{ status: 503, body: '{"error":"temporarily_unavailable"}' }, false, /answers with 503$/],
  [{ status: 200, body: '{"token_type":"Bearer"}' }, false, /\/token gives none: .*access_token/],
  [{ status: 200, body: 'welcome', type: 'text/html' }, false, /\/token gives none: /],
])('that answers %o gives none: a refusal: %s', async (fails, isRefusal, message) => {
  Object.assign(authority, { fails })
  expect(await failure()).toMatchObject({ name: 'TokenError', isRefusal, message: expect.stringMatching(message) })
})

test('that nobody listens at is no refusal', async () => {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  await new Promise(resolve => server.close(resolve))
  const error = await failure({ url: `http://127.0.0.1:${port}/token` })
  expect(error).toMatchObject({ isRefusal: false, message: expect.stringMatching(/gives none: connect ECONNREFUSED/) })
})

test('that says nothing is left when it is told so', async () => {
  authority.isMute = true
  const giveUp = new AbortController()
  const failed = failure({}, giveUp.signal)
  await expect.poll(() => authority.asked.length).toBe(1)
  giveUp.abort()
  expect(await failed).toMatchObject({ name: 'TokenError', isRefusal: false })
})
