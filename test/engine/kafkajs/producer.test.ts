// What brokers are sent, and sent again: each record is stored once, whatever becomes of requests and answers, and is never
// taken for another one.

import { expect, test, vi } from 'vitest'
import type { OutgoingRecord } from '../../../src/engine/engine.ts'
import { codeOf } from '../../../src/engine/kafkajs/codes.ts'
import { deferred } from '../../../src/lib/deferred.ts'
import { FakeClock, turn } from '../../support/fake-clock.ts'
import { CountingBroker, type Fault } from './counting-broker.ts'

const record = (value: string, partition?: number): OutgoingRecord => ({
  topic: 't',
  partition,
  key: null,
  value: Buffer.from(value),
  headers: [],
})

const records = (values: string, partition?: number) => values.split(' ').map(value => record(value, partition))

function setUp(options: { partitions?: number; idempotent?: boolean } = {}) {
  const clock = new FakeClock()
  const broker = new CountingBroker({ clock, ...options })
  const send = async (some: readonly OutgoingRecord[]) =>
    (await broker.producer.produce(some)).map(fate => (fate === undefined ? 'stored' : fate.retriable ? 'again' : 'no'))
  const sequences = () => broker.requests.map(({ topicData }) => topicData[0]!.partitions[0]!.firstSequence)
  return { broker, send, sequences, clock }
}

for (const fault of ['request lost', 'answer lost', 'timed out'] satisfies Fault[]) {
  test(`what is sent again because of a ${fault} is stored once`, async () => {
    const { broker, send, sequences } = setUp()
    const all = records('a b c')
    broker.faults = [fault]
    expect(await send(all)).toEqual(['again', 'again', 'again'])
    expect(await send(all)).toEqual(['stored', 'stored', 'stored'])
    expect(await send(records('d'))).toEqual(['stored'])
    expect(broker.logs).toEqual([['a', 'b', 'c', 'd']])
    expect(sequences()).toEqual([0, 0, 3])
    expect(broker.onStored).toEqual([
      { offset: 0, values: 'a b c' },
      { offset: 3, values: 'd' },
    ])
  })
}

test('after a failure it is looked anew who leads what, which nobody waits for', async () => {
  const { broker, send } = setUp()
  const a = record('a')
  broker.faults = [{ code: 'NOT_LEADER_OR_FOLLOWER' }, { code: 'MESSAGE_TOO_LARGE', unlessStored: true }]
  expect(await send([a])).toEqual(['again'])
  expect(broker.refreshes).toBe(1)
  await send([a])
  expect(broker.refreshes).toBe(1)
})

test('without idempotence it is stored again', async () => {
  const { broker, send } = setUp({ idempotent: false })
  const all = records('a b')
  broker.faults = ['answer lost']
  await send(all)
  expect(await send(all)).toEqual(['stored', 'stored'])
  expect(broker.logs).toEqual([['a', 'b', 'a', 'b']])
  expect(broker.ids).toBe(0)
})

test('what is in doubt goes whole, whichever of its records comes again, and the others are answered from memory', async () => {
  const { broker, send } = setUp()
  const [a, b, c] = records('a b c') as [OutgoingRecord, OutgoingRecord, OutgoingRecord]
  broker.faults = ['request lost']
  await send([a, b, c])
  expect(await send([a])).toEqual(['stored'])
  expect(await send([b, c, record('d')])).toEqual(['stored', 'stored', 'stored'])
  expect(broker.logs).toEqual([['a', 'b', 'c', 'd']])
  expect(broker.requests).toHaveLength(3)
})

test('what comes with a batch in doubt is sent after it, and only once that is stored', async () => {
  const { broker, send } = setUp()
  const ab = records('a b')
  const c = record('c')
  broker.faults = ['request lost', 'request lost']
  await send(ab)
  expect(await send([...ab, c])).toEqual(['again', 'again', 'again'])
  expect(broker.requests).toHaveLength(2)
  expect(await send([...ab, c])).toEqual(['stored', 'stored', 'stored'])
  expect(broker.logs).toEqual([['a', 'b', 'c']])
})

test('others for a partition in doubt have that sent first, and it is answered when it comes again', async () => {
  const { broker, send } = setUp()
  const a = record('a')
  broker.faults = ['answer lost']
  await send([a])
  expect(await send([record('b')])).toEqual(['stored'])
  expect(await send([a])).toEqual(['stored'])
  expect(broker.logs).toEqual([['a', 'b']])
})

test('a record that names no partition stays in the one that was chosen first', async () => {
  const { broker, send } = setUp({ partitions: 16 })
  const all = Array.from({ length: 40 }, (_, index) => record(`v${index}`))
  broker.faults = ['answer lost']
  await send(all)
  expect(new Set(await send(all))).toEqual(new Set(['stored']))
  expect(broker.logs.flat()).toHaveLength(40)
})

test('a broker that takes no connection has been sent nothing: another partition will do, and giving up leaves no doubt', async () => {
  const { broker, send } = setUp({ partitions: 2 })
  const [free, named, other] = [record('free'), record('named', 0), record('other', 0)]
  broker.refusing.add(0)
  vi.spyOn(Math, 'random').mockReturnValueOnce(0)
  expect(await send([free, named])).toEqual(['again', 'again'])
  vi.spyOn(Math, 'random').mockReturnValueOnce(0.9)
  expect(await send([free, named])).toEqual(['stored', 'again'])
  broker.producer.abandon([named])
  expect(broker.broken + broker.renewals.length).toBe(0)
  broker.refusing.clear()
  expect(await send([other])).toEqual(['stored'])
  expect(broker.logs).toEqual([['other'], ['free']])
})

test('what was in doubt before its broker takes no connection stays so', async () => {
  const { broker, send } = setUp()
  const a = record('a')
  broker.faults = ['answer lost']
  await send([a])
  broker.refusing.add(0)
  expect(await send([record('b')])).toEqual(['again'])
  broker.refusing.clear()
  expect(await send([a])).toEqual(['stored'])
  expect(broker.logs).toEqual([['a']])
})

test('what a broker refuses uses up no number, and its halves are others', async () => {
  const { broker, send, sequences } = setUp()
  const [a, b] = records('a b') as [OutgoingRecord, OutgoingRecord]
  await send([record('first')])
  broker.faults = [{ code: 'MESSAGE_TOO_LARGE' }]
  expect(await send([a, b])).toEqual(['no', 'no'])
  expect(await send([a])).toEqual(['stored'])
  expect(await send([b])).toEqual(['stored'])
  expect(sequences()).toEqual([0, 1, 1, 2])
  expect(broker.logs).toEqual([['first', 'a', 'b']])
  expect(broker.renewals).toEqual([])
})

test('what is refused after it was in doubt may be stored: its numbers are given to no other batch', async () => {
  const { broker, send } = setUp()
  const a = record('a')
  broker.faults = ['answer lost', { code: 'TOPIC_AUTHORIZATION_FAILED' }]
  await send([a])
  expect(await send([a])).toEqual(['no'])
  expect(await send([record('b')])).toEqual(['stored'])
  expect(broker.logs).toEqual([['a', 'b']])
  expect(broker.ids).toBe(2)
  expect(broker.renewals).toHaveLength(1)
})

test('a number that the broker says it has counts as stored', async () => {
  const { broker, send } = setUp()
  broker.faults = [{ code: 'DUPLICATE_SEQUENCE_NUMBER' }]
  expect(await send([record('a')])).toEqual(['stored'])
  expect(broker.onStored).toEqual([{ offset: -1, values: 'a' }])
})

for (const code of [
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'UNKNOWN_PRODUCER_ID',
  'INVALID_PRODUCER_EPOCH',
  'PRODUCER_FENCED',
]) {
  test(`after ${code} the producer begins anew, counting from 0, and nothing is lost`, async () => {
    const { broker, send, sequences } = setUp({ partitions: 2 })
    const ab = records('a b', 0)
    await send(records('x y', 0))
    broker.faults = [{ code }]
    expect(await send(ab)).toEqual(['again', 'again'])
    expect(await send(ab)).toEqual(['stored', 'stored'])
    expect(broker.logs[0]).toEqual(['x', 'y', 'a', 'b'])
    expect(sequences()).toEqual([0, 2, 0])
    expect(broker.ids).toBe(2)
    expect(broker.renewals).toEqual([`producing to t/0: ${code}`])
  })
}

test('what is in doubt elsewhere when the producer begins anew still goes as it was', async () => {
  const { broker, send } = setUp({ partitions: 2 })
  const a = record('a', 0)
  const b = record('b', 1)
  broker.faults = ['answer lost', { code: 'UNKNOWN_PRODUCER_ID' }]
  await send([a])
  await send([b])
  expect(await send([a, b])).toEqual(['stored', 'stored'])
  expect(await send([record('c', 0)])).toEqual(['stored'])
  expect(broker.logs).toEqual([['a', 'c'], ['b']])
})

test('what was given up in doubt is not sent any more: the producer begins anew, on another connection', async () => {
  const { broker, send } = setUp()
  const a = record('a')
  broker.faults = ['request lost']
  await send([a])
  broker.producer.abandon([a])
  expect(broker.broken).toBe(1)
  expect(broker.renewals).toEqual(['nobody knows whether what was given up for t/0 is stored'])
  expect(await send([record('b')])).toEqual(['stored'])
  expect(broker.logs).toEqual([['b']])
  expect(broker.ids).toBe(2)
})

test('what was given up in doubt while it is on its way once more is not sent a third time', async () => {
  const { broker, send } = setUp()
  const a = record('a')
  const b = record('b')
  broker.faults = ['request lost', 'request lost']
  await send([a])
  const held = deferred()
  broker.holding = held.promise
  const sending = send([b])
  await turn()
  expect(broker.requests).toHaveLength(2)
  broker.producer.abandon([a])
  held.resolve()
  expect(await sending).toEqual(['again'])
  expect(await send([b])).toEqual(['stored'])
  expect(broker.logs).toEqual([['b']])
})

test.each([...Array(12).keys()])(
  'what is given up %i steps into the next attempt takes nothing else with it',
  async steps => {
    const { broker, send } = setUp()
    const a = record('a')
    const b = record('b')
    broker.faults = ['answer lost']
    await send([a])
    const sending = send([b])
    for (let step = 0; step < steps; step++) await Promise.resolve()
    broker.producer.abandon([a])
    if ((await sending)[0] !== 'stored') await send([b])
    expect(broker.logs).toEqual([['a', 'b']])
  },
)

test('what was given up without doubt changes nothing', async () => {
  const { broker, send } = setUp()
  const a = record('a')
  broker.faults = [{ code: 'MESSAGE_TOO_LARGE' }]
  await send([a])
  broker.producer.abandon([a])
  expect(broker.broken + broker.renewals.length).toBe(0)
})

test('a topic that was made again is counted anew, and what was in doubt finds another partition', async () => {
  const { broker, send, sequences } = setUp({ partitions: 2 })
  const a = record('a')
  vi.spyOn(Math, 'random').mockReturnValue(0.9)
  await send([record('x', 0), record('y', 1)])
  broker.faults = ['request lost']
  await send([a])
  vi.restoreAllMocks()
  broker.producer.remade('t')
  broker.make(1)
  expect(await send([a])).toEqual(['stored'])
  expect(broker.logs).toEqual([['a']])
  expect(sequences().at(-1)).toBe(0)
})

test('a topic that was made again may have had something before it is known: its numbers are not given a second time', async () => {
  const { broker, send } = setUp()
  broker.make(1)
  expect(await send([record('a')])).toEqual(['stored'])
  broker.producer.remade('t')
  expect(broker.renewals).toEqual(['the topic t was deleted and made again'])
  expect(await send([record('b')])).toEqual(['stored'])
  // Told by a broker that lags behind, and then by another one.
  broker.producer.remade('t')
  broker.producer.remade('t')
  expect(await send([record('c')])).toEqual(['stored'])
  expect(broker.logs).toEqual([['a', 'b', 'c']])
  expect(broker.ids).toBe(3)
  expect(broker.renewals).toHaveLength(2)
})

test('nor are those of what was in doubt, nor in what follows it in the same attempt', async () => {
  const { broker, send, sequences } = setUp()
  const a = record('a')
  const b = record('b')
  broker.faults = ['answer lost']
  await send([a])
  const held = deferred()
  broker.holding = held.promise
  const sending = send([a, b])
  await turn()
  broker.producer.remade('t')
  held.resolve()
  await sending
  expect(await send([record('c')])).toEqual(['stored'])
  expect(broker.logs).toEqual([['a', 'b', 'c']])
  expect(sequences()).toEqual([0, 0, 1, 0])
})

test('a topic to which nothing was sent under this id is none of its business', async () => {
  const { broker, send } = setUp()
  broker.producer.remade('t')
  await send([record('a')])
  broker.producer.remade('another')
  expect(broker.renewals).toEqual([])
})

for (const [what, whenAsked] of [
  ['by a right that is missing', () => codeOf('CLUSTER_AUTHORIZATION_FAILED')],
  [
    'by a broker that has no such request',
    () => {
      throw Object.assign(new Error('The Kafka server does not support the requested API version'), {
        name: 'KafkaJSServerDoesNotSupportApiKey',
      })
    },
  ],
] as const) {
  test(`where an id is refused ${what} it goes on without one, and says so once`, async () => {
    const { broker, send } = setUp()
    broker.whenAsked = whenAsked
    expect(await send([record('a')])).toEqual(['stored'])
    expect(await send([record('b')])).toEqual(['stored'])
    expect(broker.plain).toHaveLength(1)
    expect(broker.requests.map(({ producerId }) => producerId)).toEqual([undefined, undefined])
  })
}

test('the right to count may be taken away later', async () => {
  const { broker, send } = setUp()
  const b = record('b')
  await send([record('a')])
  broker.mayCount = false
  expect(await send([b])).toEqual(['again'])
  expect(await send([b])).toEqual(['stored'])
  expect(broker.plain).toHaveLength(1)
})

test('as long as nobody gives an id nothing is sent, and all is to be tried again', async () => {
  const { broker, send, clock } = setUp()
  broker.whenAsked = () => codeOf('COORDINATOR_LOAD_IN_PROGRESS')
  const sending = send([record('a')])
  await clock.advance(1000)
  expect(await sending).toEqual(['again'])
  expect(broker.requests).toEqual([])
  broker.whenAsked = () => 0
  expect(await send([record('a')])).toEqual(['stored'])
})
