// Tokens, given by an authority over HTTP and looked at by a real broker with that authority's keys.

import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest'
import { NoToken, SaslError } from '../../../src/engine/kafkajs/authentication.ts'
import { actionFor } from '../../../src/engine/kafkajs/codes.ts'
import type { ByToken } from '../../../src/security/sasl.ts'
import { type PrivateCluster, privateBroker } from '../../support/broker.ts'
import { TokenAuthority } from '../../support/token-authority.ts'
import { doesAll, reach } from './admission.ts'
import { allDone, openTrial } from './member.ts'

const SECRET = 'hunter2'
let authority: TokenAuthority
let cluster: PrivateCluster
let address: string

beforeAll(async () => {
  authority = await TokenAuthority.open({ geo: SECRET })
  const settings = { 'connections.max.reauth.ms': 60_000 }
  cluster = await privateBroker({ settings, secured: authority.guarding })
  address = `localhost:${cluster.brokers[0]!.ports.secured}`
})
afterAll(async () => {
  await cluster.remove()
  await authority[Symbol.asyncDispose]()
})
beforeEach(() => {
  Object.assign(authority, { fails: undefined, lifetime: 3_600 })
})

const sasl = (secret = SECRET): ByToken => ({
  mechanism: 'OAUTHBEARER',
  from: { kind: 'endpoint', url: authority.endpoint, clientId: 'geo', clientSecret: () => secret, scope: undefined },
  extensions: {},
})

test('a member joins, fetches, commits and produces with one token', async () => {
  const before = authority.asked.length
  await doesAll(cluster.address, { brokers: [address], sasl: sasl() })
  expect(authority.asked.length - before).toBe(1)
})

test('whose tokens hold for three seconds goes on without a word, nothing lost and nothing twice', async () => {
  authority.lifetime = 3
  const before = authority.asked.length
  await using trial = await openTrial({ at: cluster.address })
  const { probe } = await trial.join({ settings: { brokers: [address], sasl: sasl() } })
  let sent = 0
  while (authority.asked.length - before < 4) {
    const record = { topic: trial.topic, partition: 1, key: null, value: Buffer.from(String(sent)), headers: [] }
    expect(await probe.engine.produce([record])).toEqual([undefined])
    sent += 1
  }
  await allDone(trial, [probe], sent)
  expect(probe.seen).toHaveLength(sent)
  expect(probe.events('broker.unreachable')).toEqual([])
  expect(probe.events('group.joined')).toHaveLength(1)
})

test('an authority that is away for a while is missed by nobody who has a token that holds', async () => {
  authority.lifetime = 10
  await using trial = await openTrial({ at: cluster.address })
  const { probe } = await trial.join({ settings: { brokers: [address], sasl: sasl() } })
  const record = { topic: trial.topic, partition: 1, key: null, value: Buffer.from('sent'), headers: [] }
  expect(await probe.engine.produce([record])).toEqual([undefined])
  authority.fails = { status: 503, body: 'later', type: 'text/plain' }
  // All connections are renewed meanwhile.
  for (const end = performance.now() + 8_300; performance.now() < end; )
    expect(await probe.engine.produce([record])).toEqual([undefined])
  authority.fails = undefined
  await vi.waitFor(async () => expect(await probe.engine.produce([record])).toEqual([undefined]), 5_000)
}, 30_000)

test('a password that the authority refuses ends a start', async () => {
  const { error } = await reach(address, { sasl: sasl('hunter3') })
  expect(error).toBeInstanceOf(SaslError)
  expect(actionFor(error)).toBe('denied')
  expect((error as Error).message).toMatch(/^no token for OAUTHBEARER: http:.*\/token says invalid_client \(/)
  expect((error as Error).message).not.toContain('hunter')
})

test('an authority that is down is waited for', async () => {
  authority.fails = { status: 503, body: 'later', type: 'text/plain' }
  const { error } = await reach(address, { sasl: sasl() })
  expect(error).toBeInstanceOf(NoToken)
  expect(actionFor(error)).toBe('coordinator')
})

test('a token that the broker does not take is told with what the broker says of it', async () => {
  authority.fails = {
    status: 200,
    body: JSON.stringify({ access_token: authority.token('geo', { aud: 'other' }), token_type: 'Bearer' }),
  }
  const { error } = await reach(address, { sasl: sasl() })
  expect(error).toBeInstanceOf(SaslError)
  expect((error as Error).message).toMatch(
    /does not let us in by OAUTHBEARER: .*invalid_token.*Look at sasl_oauthbearer_scope/,
  )
})
