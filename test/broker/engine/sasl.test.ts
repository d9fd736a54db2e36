// Connections to a broker that asks who we are, and asks again after three seconds.

import { afterAll, beforeAll, expect, test } from 'vitest'
import { SaslError } from '../../../src/engine/kafkajs/authentication.ts'
import { actionFor } from '../../../src/engine/kafkajs/codes.ts'
import { openSender } from '../../../src/engine/kafkajs/sender.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import type { ByPassword } from '../../../src/security/sasl.ts'
import { type PrivateCluster, privateBroker } from '../../support/broker.ts'
import { askingWho, setPassword } from '../../support/sasl.ts'
import { doesAll, outlives, reach } from './admission.ts'

const SESSION_MS = 3_000
const password = 'correct horse, battery=staple ñ'
let cluster: PrivateCluster
let address: string

beforeAll(async () => {
  const settings = { 'connections.max.reauth.ms': SESSION_MS }
  cluster = await privateBroker({ settings, secured: askingWho({ ann: 'plain' }) })
  address = `localhost:${cluster.brokers[0]!.ports.secured}`
  await setPassword(cluster, 'SCRAM-SHA-256', 'ann', password)
  await setPassword(cluster, 'SCRAM-SHA-512', 'ann', password)
})

afterAll(() => cluster.remove())

const ann = (mechanism: ByPassword['mechanism']): ByPassword => {
  return { mechanism, username: 'ann', password: () => (mechanism === 'PLAIN' ? 'plain' : password) }
}

test.each(['PLAIN', 'SCRAM-SHA-256', 'SCRAM-SHA-512'] as const)(
  'a member joins, fetches, commits and produces: %s',
  mechanism => doesAll(cluster.address, { brokers: [address], sasl: ann(mechanism) }),
)

test('whose session ends three times goes on without a word, nothing lost and nothing twice', () =>
  outlives(SESSION_MS, cluster.address, { brokers: [address], sasl: ann('SCRAM-SHA-512') }))

test.each<[string, ByPassword, RegExp]>([
  [
    'another password',
    { ...ann('PLAIN'), password: () => 'hunter2' },
    /as ann by PLAIN: .*Look at sasl_username and sasl_password/,
  ],
  [
    'another password',
    { ...ann('SCRAM-SHA-256'), password: () => 'hunter2' },
    /as ann by SCRAM-SHA-256: .*invalid credentials/,
  ],
  ['a name that nobody has', { ...ann('SCRAM-SHA-512'), username: 'bob' }, /as bob by SCRAM-SHA-512/],
])('is not let in with %s, which ends a start: %o', async (_, sasl, why) => {
  const { error, told } = await reach(address, { sasl })
  expect(error).toBeInstanceOf(SaslError)
  expect(actionFor(error)).toBe('denied')
  expect(String(error)).toMatch(why)
  expect(String(error)).not.toContain(sasl.password())
  // By whoever asked.
  expect(told).toEqual([])
})

test('is told of a port that does not ask', async () => {
  const { error } = await reach(cluster.address, { sasl: ann('PLAIN') })
  expect(String(error)).toMatch(/does not ask who we are: name the port that does, or set security_protocol/)
})

test('a command ends with 77', async () => {
  const sasl = { ...ann('PLAIN'), password: () => 'hunter2' }
  const parts = { topic: 'any', clientId: 'test', socketTimeout: 5_000, withinMs: 600_000, clock: systemClock }
  const how = { partitioner: 'consistent_random', compression: 'none' } as const
  const opening = openSender({ ...parts, ...how, tls: null, sasl, brokers: [address], onStored: () => {} })
  await expect(opening).rejects.toMatchObject({
    code: 'NOT_ALLOWED',
    message: expect.stringContaining('as ann by PLAIN'),
  })
})
