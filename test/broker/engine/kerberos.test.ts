// Connections to a broker that asks for tickets of Kerberos, and asks again after three seconds; the KDC is MIT's, the broker's side Java's.

import { copyFileSync } from 'node:fs'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { NoToken, SaslError } from '../../../src/engine/kafkajs/authentication.ts'
import { Brokers } from '../../../src/engine/kafkajs/brokers.ts'
import { actionFor } from '../../../src/engine/kafkajs/codes.ts'
import { createBus } from '../../../src/events/bus.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import { faultsOf } from '../../../src/security/faults.ts'
import type { ByTicket, TicketSource } from '../../../src/security/sasl.ts'
import { type PrivateCluster, privateBroker } from '../../support/broker.ts'
import { Kdc } from '../../support/kdc.ts'
import { doesAll, outlives, reach } from './admission.ts'

const SESSION_MS = 3_000
let kdc: Kdc
let cluster: PrivateCluster
let address: string
let keytab: string

beforeAll(async () => {
  kdc = await Kdc.open()
  keytab = await kdc.create('ann')
  const settings = { 'connections.max.reauth.ms': SESSION_MS }
  cluster = await privateBroker({ settings, secured: await kdc.askingForTickets() })
  address = `localhost:${cluster.brokers[0]!.ports.secured}`
})

afterAll(async () => {
  await cluster?.remove()
  await kdc?.remove()
})

/** As if each test were a process of its own: the library is told by the environment. */
function inEnvironment(cache?: string): void {
  delete process.env.KRB5_CLIENT_KTNAME
  Object.assign(process.env, kdc.env(cache))
}
beforeEach(() => inEnvironment())

const by = (tickets: TicketSource, more: Partial<ByTicket> = {}): ByTicket => {
  return { mechanism: 'GSSAPI', serviceName: 'kafka', principal: undefined, tickets, ...more }
}

const KINIT = 'kinit -kt "%{sasl.kerberos.keytab}" %{sasl.kerberos.principal}'
const byCommand = (command = KINIT): TicketSource => {
  return { kind: 'command', command, values: { 'sasl.kerberos.keytab': keytab }, againMs: 60_000 }
}

test.each(['keytab', 'command', 'cache'] as const)('a member joins, fetches, commits and produces: %s', async kind => {
  inEnvironment(`member-${kind}`)
  if (kind === 'cache') await kdc.ticket(keytab, 'ann', 'member-cache')
  const tickets = {
    keytab: { kind, file: keytab } as TicketSource,
    command: byCommand(),
    cache: { kind } as TicketSource,
  }
  await doesAll(cluster.address, { brokers: [address], sasl: by(tickets[kind]) })
})

test('whose session ends three times goes on without a word, nothing lost and nothing twice', () =>
  outlives(SESSION_MS, cluster.address, { brokers: [address], sasl: by({ kind: 'keytab', file: keytab }) }))

const opened = (sasl: ByTicket, to = address): Brokers =>
  new Brokers({
    ...{ clientId: 'test', tls: null, socketTimeout: 20_000, bus: createBus(), clock: systemClock },
    ...{ sasl, brokers: [to] },
  })

const attempt = (sasl: ByTicket) => reach(address, { sasl }, 20_000)

const letIn = (brokers: Brokers) =>
  expect.poll(() => brokers.any().then(({ isConnected }) => isConnected), { timeout: 60_000 }).toBe(true)

test.each<[string, () => Promise<ByTicket> | ByTicket, RegExp]>([
  [
    'another service',
    () => by({ kind: 'keytab', file: keytab }, { serviceName: 'kafkaesque' }),
    /^no ticket for kafkaesque on localhost: Server kafkaesque\/localhost@RACECAR\.TEST not found.*sasl_kerberos_service_name/,
  ],
  [
    'no ticket',
    () => by({ kind: 'cache' }, { principal: 'ann' }),
    /^no ticket for kafka on localhost as ann: .*Get one by kinit/,
  ],
  [
    'a key from before',
    async () => {
      await kdc.create('carl')
      const old = await kdc.keytab('carl')
      await kdc.keytab('carl')
      return by({ kind: 'keytab', file: old })
    },
    /Decrypt integrity check failed\. .*have its keytab written anew/,
  ],
  [
    'a command that fails',
    () => by(byCommand(`${KINIT}-nobody`)),
    /sasl_kerberos_kinit_cmd has ended with 1: kinit: .*ann@RACECAR\.TEST-nobody/,
  ],
  [
    'a command that gets none',
    () => by(byCommand('true')),
    /No Kerberos credentials available.*sasl_kerberos_kinit_cmd has put none into the cache/,
  ],
])('is not let in with %s, which ends a start', async (_, sasl, why) => {
  const { error } = await attempt(await sasl())
  expect(error).toBeInstanceOf(SaslError)
  expect(actionFor(error)).toBe('denied')
  expect(String((error as Error).message)).toMatch(why)
})

test('is not let in with a ticket that has expired', async () => {
  inEnvironment('short')
  await kdc.ticket(keytab, 'ann', 'short', '1s')
  const sasl = by({ kind: 'cache' })
  await expect
    .poll(async () => (await attempt(sasl)).error, { timeout: 10_000 })
    .toMatchObject({
      name: 'SaslError',
      message: expect.stringMatching(/Ticket expired\. Get another one by kinit, or set sasl_kerberos_keytab/),
    })
})

test('waits for a KDC that is away, and then is let in', async () => {
  const brokers = opened(by({ kind: 'keytab', file: await kdc.create('dora') }))
  await kdc.stop()
  const away = await brokers.any().catch((error: unknown) => error)
  expect(away).toBeInstanceOf(NoToken)
  expect(actionFor(away)).not.toBe('denied')
  expect(String(away)).toMatch(/Cannot contact any KDC for realm .*Look at the KDCs that krb5\.conf names/)
  await kdc.start()
  await letIn(brokers)
  brokers.close()
})

test('a keytab that is no use is found before anybody connects', async () => {
  const faults = (sasl: ByTicket) => faultsOf({ tls: null, sasl })
  expect(faults(by({ kind: 'keytab', file: keytab }, { principal: 'ann' }))).toEqual([])
  expect(faults(by({ kind: 'keytab', file: keytab }, { principal: 'bob' }))).toEqual([
    { option: 'saslKerberosKeytab', why: 'holds no key of bob, but of ann@RACECAR.TEST' },
  ])
  expect(faults(by({ kind: 'keytab', file: `${keytab}-none` }))).toEqual([
    { option: 'saslKerberosKeytab', why: 'does not exist' },
  ])
})

test('is not let in by a broker whose key is another one than that of the ticket, and by a new ticket is', async () => {
  const sasl = by({ kind: 'keytab', file: await kdc.create('fritz') }, { principal: 'fritz' })
  expect((await attempt(sasl)).error).toBeUndefined()
  copyFileSync(await kdc.keytab('kafka/localhost'), kdc.serviceKeytab)
  const brokers = opened(sasl)
  const error = await brokers.any().catch((error: unknown) => error)
  expect(error).toBeInstanceOf(SaslError)
  expect(String(error)).toMatch(/does not let us in as fritz by GSSAPI: .*the broker's keytab/)
  await letIn(brokers)
  brokers.close()
})
