// Connections over TLS to a server that is nobody's Kafka: what is told of those that do not come about, how often, and that
// certificates are read again. What Kafka itself answers stands in test/broker/engine/tls.test.ts.

import { once } from 'node:events'
import { renameSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Server } from 'node:net'
import { createServer as createTlsServer, type TLSSocket, type TlsOptions } from 'node:tls'
import { afterAll, describe, expect, onTestFinished, test, vi } from 'vitest'
import { Brokers } from '../../../src/engine/kafkajs/brokers.ts'
import { TlsError } from '../../../src/engine/kafkajs/transport.ts'
import { Troubles } from '../../../src/engine/kafkajs/troubles.ts'
import { createBus } from '../../../src/events/bus.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import type { Tls } from '../../../src/security/tls.ts'
import { Authority, type Issued, textOf } from '../../support/certificates.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { FakeBroker } from './fake-broker.ts'

const authority = new Authority()
const here = authority.issue('here', { names: 'IP:127.0.0.1' })
const gone = authority.issue('gone', { names: 'IP:127.0.0.1' })
const other = new Authority('somebody else')
afterAll(() => {
  authority[Symbol.dispose]()
  other[Symbol.dispose]()
})

const right: Tls = { ca: authority.certificate, certificate: undefined, key: undefined, verifyHostname: true }
const shown = ({ certificate, key }: Issued): TlsOptions => ({ cert: textOf(certificate), key: textOf(key) })

async function listening(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => void server.close())
  return `127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** A broker behind TLS, and whom it has seen. */
async function secured(options: TlsOptions) {
  const broker = await FakeBroker.open()
  onTestFinished(() => broker[Symbol.asyncDispose]())
  const seen: TLSSocket[] = []
  const [host, port] = broker.address.split(':')
  const server = createTlsServer(options, socket => {
    seen.push(socket)
    const inside = connect(Number(port), host)
    for (const end of [socket, inside]) end.on('error', () => {})
    socket.pipe(inside).pipe(socket)
  })
  server.on('tlsClientError', () => {})
  return { address: await listening(server), seen }
}

function reaching(address: string, tls: Tls | null) {
  const bus = createBus()
  const told: string[] = []
  bus.on('broker.unreachable', ({ error }) => told.push(error.message))
  const parts = { clientId: 'test', socketTimeout: 5_000, bus, clock: systemClock }
  const brokers = new Brokers({ ...parts, brokers: [address], tls, sasl: null })
  onTestFinished(() => brokers.close())
  return { brokers, told }
}

test('a broker whose certificate names its address answers', async () => {
  const { address, seen } = await secured(shown(here))
  const { brokers, told } = reaching(address, right)
  expect((await brokers.any()).address).toBe(address)
  expect([seen.length, told]).toEqual([1, []])
})

test.each<[string, () => TlsOptions, Partial<Tls>, RegExp]>([
  ['that has expired', () => shown(authority.issue('old', { names: 'IP:127.0.0.1', days: -1 })), {}, /has expired$/],
  [
    'for another name',
    () => shown(authority.issue('other', { names: 'DNS:kafka' })),
    {},
    /is for DNS:kafka, and not for 127\.0\.0\.1/,
  ],
  ['that names nobody', () => shown(authority.issue('nameless')), {}, /is for nameless, and not for 127\.0\.0\.1/],
  ['that has been revoked', () => shown(gone), { crl: authority.revoke([gone]) }, /has been revoked by its authority$/],
  [
    'whose authority has given no revocation list',
    () => shown(here),
    { crl: other.revoke([]) },
    /ssl_crl_location \(.*\.crl\) lacks a revocation list for the certificate of 127\.0\.0\.1:\d+: it needs one of each/,
  ],
  [
    'that only Node could know',
    () => shown(here),
    { ca: undefined },
    /is signed by nobody whom Node trusts: set ssl_ca_location$/,
  ],
])('a certificate %s is refused, and told at once', async (_, options, tls, why) => {
  const { address } = await secured(options())
  const { brokers, told } = reaching(address, { ...right, ...tls })
  await expect(brokers.any()).rejects.toThrow(TlsError)
  expect(told).toEqual([expect.stringMatching(why)])
})

test('a revocation list that expires while it is in use is told with its option', async () => {
  const { address } = await secured(shown(here))
  const crl = authority.revoke([], { days: -1 })
  // It was read before that.
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - 36 * 3_600_000 })
  onTestFinished(() => void vi.useRealTimers())
  await expect(reaching(address, { ...right, crl }).brokers.any()).rejects.toMatchObject({
    message: `a revocation list of ssl_crl_location (${crl}) has expired: put a newer one of its authority there`,
    isOurs: true,
  })
})

test('a certificate that a list of others does not name is accepted', async () => {
  const { address } = await secured(shown(here))
  const { brokers } = reaching(address, { ...right, crl: authority.revoke([gone]) })
  expect((await brokers.any()).address).toBe(address)
})

test('a keystore shows our certificate', async () => {
  const { address, seen } = await secured({ ...shown(here), requestCert: true, ca: textOf(authority.certificate) })
  const keystore = authority.keystore(authority.issue('stored'), { password: 'secret' })
  await reaching(address, { ...right, keystore, keystorePassword: () => 'secret' }).brokers.any()
  expect(seen.map(socket => socket.getPeerCertificate().subject.CN)).toEqual(['stored'])
})

test('who is in a keystore beside our certificate may sign no certificate of a broker', async () => {
  const keystore = authority.keystore(authority.issue('stored'))
  const of = (ca: string | undefined) =>
    secured(shown(here)).then(({ address }) => reaching(address, { ...right, keystore, ca }))
  await expect((await of(other.certificate)).brokers.any()).rejects.toThrow('is signed by nobody that ssl_ca_location')
  await expect((await of(undefined)).brokers.any()).rejects.toThrow('is signed by nobody whom Node trusts')
})

describe('with no broker a secure connection', () => {
  const insecure = async (addresses: readonly string[], tls: Tls | null) => {
    const bus = createBus()
    const told: boolean[] = []
    bus.on('brokers.insecure', ({ isOurs }) => told.push(isOurs))
    const parts = { clientId: 'test', socketTimeout: 5_000, bus, clock: systemClock }
    const brokers = new Brokers({ ...parts, brokers: addresses, tls, sasl: null })
    onTestFinished(() => brokers.close())
    await brokers.any().catch(() => {})
    return told
  }
  const late = () => secured(shown(authority.issue('late', { names: 'IP:127.0.0.1', days: -1 })))
  const bare = () =>
    listening(createServer(socket => socket.on('error', () => {}).end('HTTP/1.1 400 Bad Request\r\n\r\n')))

  test('is told as theirs to mend, or by options alone', async () => {
    expect(await insecure([(await late()).address], right)).toEqual([false])
    expect(await insecure([await bare()], right)).toEqual([true])
    expect(await insecure([await alerting()], null)).toEqual([true])
    expect(await insecure([await bare(), (await late()).address], right)).toEqual([false])
  })

  test('is not told while one works, or may come back', async () => {
    const { address } = await secured(shown(here))
    expect(await insecure([(await late()).address, address], right)).toEqual([])
    expect(await insecure([(await late()).address, '127.0.0.1:1'], right)).toEqual([])
    expect(await insecure(['127.0.0.1:1'], right)).toEqual([])
  })
})

test('what NODE_TLS_REJECT_UNAUTHORIZED says is of no matter', async () => {
  process.env.NODE_TLS_REJECT_UNAUTHORIZED = '0'
  onTestFinished(() => void delete process.env.NODE_TLS_REJECT_UNAUTHORIZED)
  const { address } = await secured(shown(here))
  await expect(reaching(address, { ...right, ca: undefined }).brokers.any()).rejects.toThrow(TlsError)
})

test('a port that answers something else than TLS is told as such', async () => {
  const address = await listening(
    createServer(socket => socket.on('error', () => {}).end('HTTP/1.1 400 Bad Request\r\n\r\n')),
  )
  await expect(reaching(address, right).brokers.any()).rejects.toThrow(`${address} does not speak TLS`)
})

/** As a broker that speaks TLS answers what is in the clear. */
const alerting = () => {
  const alert = Buffer.from([0x15, 3, 3, 0, 2, 2, 40])
  return listening(createServer(socket => socket.on('error', () => {}).end(alert)))
}

test('a port that answers with an alert of TLS is told as such to whoever speaks without', async () => {
  const address = await alerting()
  const refusal = `${address} speaks TLS: set security_protocol to ssl`
  await expect(reaching(address, null).brokers.any()).rejects.toThrow(refusal)
})

test('a renewed certificate of ours is shown by the next connection', async () => {
  const [before, after] = [authority.issue('before'), authority.issue('after')]
  const { address, seen } = await secured({ ...shown(here), requestCert: true, ca: textOf(authority.certificate) })
  const { brokers } = reaching(address, { ...right, ...before })
  const link = await brokers.any()
  renameSync(after.certificate, before.certificate)
  renameSync(after.key, before.key)
  await link.open('fetch')
  expect(seen.map(socket => socket.getPeerCertificate().subject.CN)).toEqual(['before', 'after'])
})

test('a file that is gone hinders the next connection, and is told with its option', async () => {
  const { address } = await secured(shown(here))
  const ca = authority.write('moved.pem', textOf(authority.certificate))
  const { brokers, told } = reaching(address, { ...right, ca })
  const link = await brokers.any()
  renameSync(ca, `${ca}.away`)
  await expect(link.open('fetch')).rejects.toThrow(`ssl_ca_location (${ca}) does not exist`)
  expect(told).toEqual([`ssl_ca_location (${ca}) does not exist`])
})

test('trouble with one broker is told at once, and once in half a minute, until a connection comes about', async () => {
  const clock = new FakeClock()
  const bus = createBus()
  const told: [string, number][] = []
  bus.on('broker.unreachable', ({ broker, waitingMs }) => told.push([broker, waitingMs]))
  const troubles = new Troubles({ bus, clock })
  const failing = (broker: string) => troubles.met(broker, new TlsError('expired'))
  for (let n = 0; n < 5; n++) failing('one')
  failing('two')
  expect(told.splice(0)).toEqual([
    ['one', 0],
    ['two', 0],
  ])
  await clock.advance(30_000)
  for (let n = 0; n < 5; n++) failing('one')
  expect(told.splice(0)).toEqual([['one', 30_000]])
  troubles.met('one', undefined)
  failing('one')
  expect(told).toEqual([['one', 0]])
})
