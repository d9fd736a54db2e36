import { expect, test } from 'vitest'
import type { OutgoingRecord, ProduceError } from '../../src/engine/engine.ts'
import { type Deferred, deferred } from '../../src/lib/deferred.ts'
import { inTurn } from '../../src/lib/in-turn.ts'
import { type DeliveryFailure, Outbox, type OutboxParts } from '../../src/producer/outbox.ts'
import { FakeClock, turn } from '../support/fake-clock.ts'

type Answers = readonly (ProduceError | undefined)[]

const refused = (retriable: boolean, message = 'refused'): ProduceError =>
  Object.assign(new Error(message), { retriable })

const text = (records: readonly OutgoingRecord[]) => records.map(({ value }) => String(value)).join(' ')

function setUp({ messageTimeout = 30_000, ...options }: Partial<Pick<OutboxParts, 'messageTimeout' | 'inTurn'>> = {}) {
  const clock = new FakeClock()
  const attempts: { records: readonly OutgoingRecord[]; answer: Deferred<Answers>; at: number }[] = []
  const failures: DeliveryFailure[] = []
  const abandoned: string[] = []
  let risen = 0
  const outbox = new Outbox({
    clock,
    ...options,
    abandon: records => abandoned.push(text(records)),
    messageTimeout,
    onDelivered: () => risen++,
    onFailed: failure => failures.push(failure),
    produce(records) {
      const answer = deferred<Answers>()
      attempts.push({ records, answer, at: clock.now() })
      return answer.promise
    },
  })
  const answer = async (how: (record: OutgoingRecord) => ProduceError | undefined = () => undefined) => {
    const attempt = attempts.at(-1)!
    attempt.answer.resolve(attempt.records.map(how))
    await turn()
  }
  const sent = () => attempts.map(({ records }) => text(records))
  return { clock, attempts, failures, abandoned, outbox, answer, sent, risen: () => risen }
}

const t = { topic: 't' }

test('what is queued in one turn goes out together, in order, and later records wait for the answer', async () => {
  const { outbox, sent, answer } = setUp()
  for (const value of ['a', 'b', 'c']) outbox.produce(value, t)
  await turn()
  outbox.produce('d', t)
  outbox.produce('e', { topic: 'other' })
  await turn()
  expect(sent()).toEqual(['a b c'])
  expect([outbox.queued, outbox.delivered]).toEqual([5, 0])
  await answer()
  expect(sent()).toEqual(['a b c', 'd e'])
  expect(outbox.delivered).toBe(3)
  await answer()
  expect(outbox.delivered).toBe(5)
})

test('values, keys and headers are copied at once', async () => {
  const { outbox, attempts } = setUp()
  const value = Buffer.from('value')
  const key = new Uint8Array([1, 2])
  const header = Buffer.from('header')
  outbox.produce(value, {
    topic: 't',
    key,
    partition: 3,
    partitionKey: header,
    headers: { a: 'text', b: header, c: null },
    timestamp: new Date(5),
  })
  value.fill(0)
  key.fill(0)
  header.fill(0)
  await turn()
  expect(attempts[0]!.records).toEqual([
    {
      topic: 't',
      partition: 3,
      partitionKey: Buffer.from('header'),
      value: Buffer.from('value'),
      key: Buffer.from([1, 2]),
      headers: [
        ['a', Buffer.from('text')],
        ['b', Buffer.from('header')],
        ['c', null],
      ],
      timestamp: 5,
    },
  ])
})

test('null, empty and missing are told apart', async () => {
  const { outbox, attempts } = setUp()
  outbox.produce(null, { topic: 't', key: '' })
  outbox.produce('', { topic: 't', key: null })
  await turn()
  const [first, second] = attempts[0]!.records
  expect([first!.value, first!.key, first!.timestamp, first!.partition]).toEqual([
    null,
    Buffer.alloc(0),
    undefined,
    undefined,
  ])
  expect([second!.value, second!.key]).toEqual([Buffer.alloc(0), null])
})

test('a timestamp that is none is refused', () => {
  const { outbox } = setUp()
  expect(() => outbox.produce('a', { topic: 't', timestamp: new Date('nonsense') })).toThrow(TypeError)
  expect(outbox.queued).toBe(0)
})

test('an attempt is bounded in records and in bytes, and a record larger than that goes alone', async () => {
  const { outbox, attempts, answer } = setUp()
  for (let count = 0; count < 2500; count++) outbox.produce('x', t)
  await turn()
  expect(attempts[0]!.records).toHaveLength(2000)
  await answer()
  await answer()
  for (let count = 0; count < 3; count++) outbox.produce('x'.repeat(300_000), t)
  outbox.produce('x'.repeat(2_000_000), t)
  await turn()
  const sizes = [attempts.at(-1)!.records.length]
  for (let count = 0; count < 2; count++) {
    await answer()
    sizes.push(attempts.at(-1)!.records.length)
  }
  expect(sizes).toEqual([2, 1, 1])
})

test('a retriable error is tried again, later and later, until the time of the record is over', async () => {
  const { outbox, attempts, failures, abandoned, clock } = setUp({ messageTimeout: 10_000 })
  outbox.produce('a', t)
  await turn()
  while (failures.length === 0) {
    attempts.at(-1)!.answer.resolve([refused(true)])
    const before = attempts.length
    await clock.until(() => failures.length > 0 || attempts.length > before)
  }
  const waits = attempts.slice(1).map(({ at }, index) => at - attempts[index]!.at)
  expect(waits[0]).toBeGreaterThanOrEqual(80)
  expect(waits[0]).toBeLessThanOrEqual(100)
  expect(Math.max(...waits)).toBeLessThanOrEqual(2000)
  expect(attempts.at(-1)!.at).toBe(10_000)
  expect(failures).toMatchObject([{ first: 1, last: 1, count: 1, error: { code: 'DELIVERY_FAILED' } }])
  expect(failures[0]!.error.message).toContain('refused')
  expect(abandoned).toEqual(['a'])
  expect(outbox.delivered).toBe(1)
})

test('what waits behind a failure is given up with it once its time is over, however much that is', async () => {
  const { outbox, attempts, answer, failures, clock, sent } = setUp({ messageTimeout: 10_000 })
  for (let count = 0; count < 200_000; count++) outbox.produce('x', t)
  outbox.produce('y', { topic: 'other' })
  await clock.advance(5000)
  outbox.produce('young', t)
  await clock.advance(5000)
  expect(attempts).toHaveLength(1)
  await answer(() => refused(true))
  expect(failures).toMatchObject([{ first: 1, last: 200_000, count: 200_000 }])
  expect(sent().slice(1)).toEqual(['y young'])
  await answer()
  expect(outbox.delivered).toBe(200_002)
})

test('what waits behind a refusal is not given up for that', async () => {
  const { outbox, answer, failures, clock } = setUp({ messageTimeout: 10_000 })
  for (let count = 0; count < 2001; count++) outbox.produce('x', t)
  await clock.advance(20_000)
  await answer(() => refused(false))
  expect(failures).toEqual([])
})

test('what follows a record that is tried again stays behind it, in its topic', async () => {
  const { outbox, sent, answer, clock } = setUp()
  outbox.produce('a', t)
  await turn()
  outbox.produce('b', t)
  outbox.produce('x', { topic: 'other' })
  await answer(() => refused(true))
  expect(sent()).toEqual(['a', 'x'])
  await answer()
  await clock.advance(100)
  expect(sent()).toEqual(['a', 'x', 'a b'])
  await answer()
  expect(outbox.delivered).toBe(3)
})

test('of an attempt that succeeds in part only the rest is sent again', async () => {
  const { outbox, sent, answer, clock, risen } = setUp()
  for (const value of ['a', 'b', 'c', 'd']) outbox.produce(value, t)
  await turn()
  await answer(({ value }) => (String(value) === 'b' || String(value) === 'd' ? refused(true) : undefined))
  expect([outbox.delivered, risen()]).toEqual([1, 1])
  await clock.advance(100)
  expect(sent()).toEqual(['a b c d', 'b d'])
  await answer()
  expect([outbox.delivered, risen()]).toEqual([4, 2])
})

test('a batch that is refused is sent in smaller ones, and only the record that is bad fails', async () => {
  const { outbox, sent, attempts, failures } = setUp()
  const values = ['a', 'b', 'c', 'd', 'bad', 'f', 'g', 'h']
  for (const value of values) outbox.produce(value, t)
  await turn()
  // A broker refuses the whole share of a partition.
  const hasBad = (records: readonly OutgoingRecord[]) => records.some(({ value }) => String(value) === 'bad')
  const stored: string[] = []
  while (outbox.delivered < 8) {
    const { records, answer } = attempts.at(-1)!
    if (!hasBad(records)) stored.push(...records.map(({ value }) => String(value)))
    answer.resolve(records.map(() => (hasBad(records) ? refused(false) : undefined)))
    await turn()
  }
  expect(stored).toEqual(['a', 'b', 'c', 'd', 'f', 'g', 'h'])
  expect(failures).toMatchObject([{ first: 5, last: 5, count: 1 }])
  expect(sent().length).toBeLessThan(12)
})

test('a failure is told before the mark passes it and before deliver() rejects', async () => {
  const order: string[] = []
  const clock = new FakeClock()
  const outbox: Outbox = new Outbox({
    clock,
    abandon: () => {},
    messageTimeout: 1000,
    produce: async records => records.map(() => refused(false)),
    onDelivered: () => order.push(`delivered ${outbox.delivered}`),
    onFailed: () => order.push(`failed at ${outbox.delivered}`),
  })
  outbox.produce('a', t)
  const delivering = outbox.deliver().catch(error => order.push(error.code))
  await delivering
  expect(order).toEqual(['failed at 0', 'delivered 1', 'DELIVERY_FAILED'])
})

test('deliver() waits for what is queued when it is called, not for what comes later', async () => {
  const { outbox, answer } = setUp()
  let isDelivered = false
  await outbox.deliver()
  outbox.produce('a', t)
  const delivering = outbox.deliver().then(() => {
    isDelivered = true
  })
  await turn()
  outbox.produce('b', t)
  expect(isDelivered).toBe(false)
  await answer()
  await delivering
  expect(outbox.delivered).toBe(1)
})

test('deliver() rejects only for records queued before it was called', async () => {
  const { outbox, answer } = setUp()
  outbox.produce('good', t)
  const first = outbox.deliver()
  await turn()
  outbox.produce('bad', t)
  const second = outbox.deliver()
  second.catch(() => {})
  await answer()
  await answer(() => refused(false))
  await expect(first).resolves.toBeUndefined()
  await expect(second).rejects.toMatchObject({ code: 'DELIVERY_FAILED' })
})

test('deliver() rejects for a failure until that is forgiven', async () => {
  const { outbox, answer } = setUp()
  outbox.produce('bad', t)
  await turn()
  await answer(() => refused(false))
  await expect(outbox.deliver()).rejects.toMatchObject({ code: 'DELIVERY_FAILED' })
  await expect(outbox.deliver()).rejects.toMatchObject({ code: 'DELIVERY_FAILED' })
  outbox.forgive()
  await expect(outbox.deliver()).resolves.toBeUndefined()
})

test('records behind one that failed are not stuck', async () => {
  const { outbox, answer, sent } = setUp()
  outbox.produce('bad', t)
  await turn()
  outbox.produce('good', t)
  await answer(() => refused(false))
  await answer()
  expect(sent()).toEqual(['bad', 'good'])
  expect(outbox.delivered).toBe(2)
})

test('settled() resolves for a mark whether its records were delivered or failed', async () => {
  const { outbox, answer } = setUp()
  const marks: string[] = []
  outbox.produce('good', t)
  void outbox.settled(outbox.queued).then(() => marks.push('good'))
  await turn()
  outbox.produce('bad', t)
  void outbox.settled(outbox.queued).then(() => marks.push('bad'))
  await answer()
  expect(marks).toEqual(['good'])
  await answer(() => refused(false))
  expect(marks).toEqual(['good', 'bad'])
  await outbox.settled(2)
})

test('an engine that rejects, or answers for too few, has acknowledged nothing', async () => {
  const { outbox, attempts, clock, answer } = setUp()
  outbox.produce('a', t)
  outbox.produce('b', t)
  await turn()
  attempts[0]!.answer.reject(new Error('a bug'))
  await clock.until(() => attempts.length === 2)
  attempts[1]!.answer.resolve([undefined])
  await clock.until(() => attempts.length === 3)
  expect(outbox.delivered).toBe(1)
  expect(text(attempts[2]!.records)).toBe('b')
  await answer()
  expect(outbox.delivered).toBe(2)
})

test('after close() nothing is sent, who waits is told, and no timer is left', async () => {
  const { outbox, answer, clock, sent } = setUp()
  outbox.produce('a', t)
  await turn()
  await answer(() => refused(true))
  const waiting = outbox.deliver()
  const settled = outbox.settled(1)
  outbox.close()
  outbox.close()
  await expect(waiting).rejects.toMatchObject({ code: 'DELIVERY_FAILED' })
  await settled
  await expect(outbox.deliver()).rejects.toMatchObject({ code: 'DELIVERY_FAILED' })
  expect(() => outbox.produce('b', t)).toThrow(/has stopped/)
  await clock.advance(60_000)
  expect(sent()).toEqual(['a'])
  expect(clock.pending).toBe(0)
})

test('what was tried before close() is given up with it, so that it does not go again with what others send', async () => {
  const { outbox, answer, abandoned } = setUp()
  for (const value of ['a', 'b']) outbox.produce(value, t)
  outbox.produce('x', { topic: 'other' })
  await turn()
  await answer(({ topic, value }) => (topic === 'other' || String(value) === 'a' ? undefined : refused(true)))
  outbox.close()
  outbox.close()
  expect(abandoned).toEqual(['b'])
})

test('what is under way at close() is given up when it has failed, and only what has', async () => {
  const { outbox, answer, abandoned, sent } = setUp()
  for (const value of ['a', 'b']) outbox.produce(value, t)
  await turn()
  outbox.produce('later', t)
  outbox.close()
  expect(abandoned).toEqual(['later'])
  await answer(({ value }) => (String(value) === 'a' ? undefined : refused(true)))
  expect(abandoned).toEqual(['later', 'b'])
  expect(sent()).toEqual(['a b'])
})

test('what still waits for its turn at close() is not sent', async () => {
  const queue = inTurn()
  const one = setUp({ inTurn: queue })
  const other = setUp({ inTurn: queue })
  one.outbox.produce('a', t)
  other.outbox.produce('b', t)
  await turn()
  other.outbox.close()
  await one.answer()
  one.outbox.produce('c', t)
  await turn()
  expect([...one.sent(), ...other.sent()]).toEqual(['a', 'c'])
  expect(other.abandoned).toEqual(['b'])
})

test('what cannot be held any more is refused with a clear error', async () => {
  const { outbox } = setUp()
  const large = Buffer.alloc(64 * 2 ** 20)
  let taken = 0
  const fill = () => {
    for (; taken < 100; taken++) outbox.produce(large, t)
  }
  expect(fill).toThrow(/7 produced messages already wait/)
  expect(outbox.isCongested).toBe(true)
})
