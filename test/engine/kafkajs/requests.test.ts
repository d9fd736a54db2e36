// What options say, as it stands in the bytes of requests.

import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import type { EngineSettings } from '../../../src/engine/engine.ts'
import type { Brokers } from '../../../src/engine/kafkajs/brokers.ts'
import { Coordinator, nobody } from '../../../src/engine/kafkajs/coordinator.ts'
import { Fetcher } from '../../../src/engine/kafkajs/fetcher.ts'
import { Joining } from '../../../src/engine/kafkajs/joining.ts'
import { Link } from '../../../src/engine/kafkajs/link.ts'
import { clientLogger } from '../../../src/engine/kafkajs/logger.ts'
import type { Strangers } from '../../../src/engine/kafkajs/strangers.ts'
import type { Topology } from '../../../src/engine/kafkajs/topology.ts'
import { Transport } from '../../../src/engine/kafkajs/transport.ts'
import { createBus } from '../../../src/events/bus.ts'
import { systemClock } from '../../../src/lib/clock.ts'
import { engineSettings } from '../../../src/runner/settings.ts'
import { defaults, describe as described } from '../../runner/rig.ts'
import { Cursor } from '../../support/kafka-layouts.ts'
import { Api } from '../../support/proxy.ts'
import { FakeBroker } from './fake-broker.ts'

let broker: FakeBroker
let link: Link
let brokers: Brokers
const bus = createBus()

const settingsOf = (config: Partial<typeof defaults>, subscriptions: EngineSettings['subscriptions']) =>
  engineSettings(
    { ...defaults, ...config },
    { ...described('process'), subscriptions, retryTopics: [], deadLetterTopics: [] },
    { groupId: 'orders', instanceId: null },
  )

beforeEach(async () => {
  broker = await FakeBroker.open()
  broker.answer = () => undefined
  link = new Link({
    address: broker.address,
    clientId: 'test',
    transport: new Transport(null),
    authentication: null,
    logger: clientLogger(bus),
    clock: systemClock,
    socketTimeout: 30_000,
  })
  const [host, port] = broker.address.split(':')
  const ask = async () => ({ errorCode: 0, coordinator: { host, port } })
  brokers = { link: () => link, linkTo: () => link, ask, timeout: 30_000 } as unknown as Brokers
})

afterEach(async () => {
  link.close(new Error('the end of the test'))
  await broker[Symbol.asyncDispose]()
})

/** The body of the first request of a kind. */
async function bodyOf(api: number): Promise<Cursor> {
  await vi.waitFor(() => expect(broker.requests).toContain(api))
  const cursor = new Cursor(broker.frames[broker.requests.indexOf(api)]!, 12)
  cursor.string()
  return cursor
}

test('a fetch asks for no more of each partition than its topic says, and for no more than the lane has room for', async () => {
  const subscriptions = [
    { topic: 'small', startFromBeginning: true, maxBytesPerPartition: 4_096 },
    { topic: 'large', startFromBeginning: true, maxBytesPerPartition: 8_388_608 },
  ]
  const settings = settingsOf({ fetchMinBytes: 7, maxBytes: 1_000_000, maxWaitTime: 2.5 }, subscriptions)
  const room = { small: 50_000, large: 70_000 }
  const fetcher = new Fetcher({
    brokers,
    topology: { leaderOf: () => 1, refresh: async () => {} } as unknown as Topology,
    positions: { reset: async () => undefined } as never,
    settings,
    sink: { records: () => {}, wants: ({ topic }) => room[topic as keyof typeof room] },
    bus,
    clock: systemClock,
    onFatal: () => {},
    onSetBack: () => {},
  })
  fetcher.add({ topic: 'small', partition: 3, offset: 11 })
  fetcher.add({ topic: 'large', partition: 0, offset: 5 })
  const body = await bodyOf(Api.Fetch)
  fetcher.stop()
  body.int32()
  expect([body.int32(), body.int32(), body.int32()]).toEqual([2_500, 7, 1_000_000])
  body.skip(1)
  const asked = body.array(() => {
    const topic = body.string()
    const [partition] = body.array(() => [body.int32(), body.skip(8), body.int32()] as const)
    return [topic, partition?.[0], partition?.[2]]
  })
  expect(asked.toSorted()).toEqual([
    ['large', 0, 70_000],
    ['small', 3, 4_096],
  ])
})

test('the group is told max_poll_interval as the time that it waits for a member to rejoin', async () => {
  const settings = settingsOf({ maxPollInterval: 47, sessionTimeout: 13 }, described('process').subscriptions)
  const joining = new Joining({
    coordinator: new Coordinator({ brokers, groupId: 'orders', instanceId: null }),
    strangers: {} as unknown as Strangers,
    topology: {} as unknown as Topology,
    settings,
    bus,
    now: () => 0,
    onIdentity: () => {},
  })
  const round = joining.round({ identity: nobody, owned: [], nonce: 0, absent: [] })
  round.catch(() => {})
  const body = await bodyOf(Api.JoinGroup)
  expect([body.string(), body.int32(), body.int32()]).toEqual(['orders', 13_000, 47_000])
})
