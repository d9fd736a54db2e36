// Connections over TLS with a broker that asks for a certificate: who is let in does what members do, and who is not is told why.

import { afterAll, beforeAll, expect, test } from 'vitest'
import { openSender } from '../../../src/engine/kafkajs/sender.ts'
import { TlsError } from '../../../src/engine/kafkajs/transport.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import type { Tls } from '../../../src/security/tls.ts'
import { type PrivateCluster, privateBroker } from '../../support/broker.ts'
import { Authority, securedBy } from '../../support/certificates.ts'
import { doesAll, reach } from './admission.ts'

const authority = new Authority()
const other = new Authority('somebody else')
let cluster: PrivateCluster
let port: number

beforeAll(async () => {
  cluster = await privateBroker({ secured: securedBy(authority) })
  port = cluster.brokers[0]!.ports.secured
})

afterAll(async () => {
  await cluster.remove()
  authority[Symbol.dispose]()
  other[Symbol.dispose]()
})

const ours = authority.issue('client')
const right: Tls = { ...ours, ca: authority.certificate, verifyHostname: true }

const nobody: Tls = { ...right, certificate: undefined, key: undefined }

const at = (host: string) => `${host}:${port}`

test('a member joins, fetches, commits and produces', () =>
  doesAll(cluster.address, { brokers: [at('localhost')], tls: right }))

test.each<[string, () => Tls]>([
  [
    'by a keystore',
    () => ({ ...nobody, keystore: authority.keystore(ours, { password: 'secret' }), keystorePassword: () => 'secret' }),
  ],
  ['by an encrypted key', () => ({ ...right, key: authority.lock(ours, 'secret'), keyPassword: () => 'secret' })],
  ['while a revocation list does not name its certificate', () => ({ ...right, crl: authority.revoke([ours]) })],
])('is reached %s', async (_, tls) => {
  expect(await reach(at('localhost'), { tls: tls() })).toEqual({ reached: at('localhost'), told: [] })
})

test.each<[string, Tls | null, string | undefined, RegExp]>([
  [
    'by a certificate that nobody we trust has signed',
    { ...right, ca: other.certificate },
    undefined,
    /the certificate of localhost:\d+ is signed by nobody that ssl_ca_location \(.*ca\.pem\) holds/,
  ],
  [
    'by another name than its certificate has',
    right,
    '127.0.0.1',
    /certificate of 127\.0\.0\.1:\d+ is for DNS:localhost, and not for 127\.0\.0\.1: .* or set ssl_verify_hostname/,
  ],
  ['without a certificate of ours', nobody, undefined, /asks for a certificate of ours: set ssl_certificate_location/],
  [
    "by a certificate of ours of somebody else's",
    { ...right, ...other.issue('stranger') },
    undefined,
    /refuses our certificate \(ssl_certificate_location, .*stranger\.pem\)/,
  ],
  [
    'by a certificate of ours of somebody else’s in a keystore',
    { ...nobody, keystore: other.keystore(other.issue('guest')) },
    undefined,
    /refuses our certificate \(ssl_keystore_location, .*\.p12\)/,
  ],
  ['in the clear', null, undefined, /speaks TLS: set security_protocol to ssl/],
])('is not reached %s, which is told at once', async (_, tls, host, why) => {
  const { error, told } = await reach(at(host ?? 'localhost'), { tls })
  expect(error).toBeInstanceOf(TlsError)
  expect(String(error)).toMatch(why)
  expect(told).toEqual([(error as Error).message])
})

test('a command does not wait for what nobody mends meanwhile', async () => {
  const tls = { ...right, ca: other.certificate }
  const parts = { topic: 'any', clientId: 'test', socketTimeout: 5_000, withinMs: 600_000, clock: systemClock }
  const how = { partitioner: 'consistent_random', compression: 'none' } as const
  await expect(
    openSender({ ...parts, ...how, tls, sasl: null, brokers: [at('localhost')], onStored: () => {} }),
  ).rejects.toMatchObject({
    code: 'TLS_FAILED',
    exitCode: 69,
    cure: '',
    message: expect.stringMatching(/^No secure connection to localhost:\d+: .* is signed by nobody/),
  })
})

test('is not reached over TLS at a port without, which may pass', async () => {
  const { error, told } = await reach(cluster.address, { tls: right })
  expect(String(error)).toMatch(/has broken the connection off before it said anything: does that port speak TLS\?/)
  expect(told).toEqual([])
})

test('with ssl_verify_hostname off its name is of no matter, and who has signed it is', async () => {
  const [lax, address] = [{ ...right, verifyHostname: false }, at('127.0.0.1')]
  expect(await reach(address, { tls: lax })).toEqual({ reached: address, told: [] })
  expect(String((await reach(address, { tls: { ...lax, ca: other.certificate } })).error)).toContain(
    'is signed by nobody',
  )
})
