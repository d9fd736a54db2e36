// Rule 8, row 80: positions move past what no consumer sees — aborted records, the marks of transactions, offsets that
// compaction has removed — and never into a transaction that is still open.

import type { Transaction } from 'kafkajs'
import { expect, test } from 'vitest'
import { values } from '../../contract/world.ts'
import { uniqueName } from '../../support/topics.ts'
import { openTrial, type Trial } from './member.ts'

/** One transaction, begun and with these in it; the caller ends it. */
async function begin({ harness, topic }: Trial, sent: readonly string[]): Promise<Transaction & AsyncDisposable> {
  const transactionalId = uniqueName('trial')
  const producer = harness.topics.kafka.producer({ transactionalId, idempotent: true, maxInFlightRequests: 1 })
  await producer.connect()
  const transaction = await producer.transaction()
  await transaction.send({ topic, messages: sent.map(value => ({ partition: 0, value })) })
  return Object.assign(transaction, { [Symbol.asyncDispose]: () => producer.disconnect() })
}

async function ended({ harness, topic }: Trial, end: number): Promise<void> {
  // The broker writes the mark after it has answered.
  await harness.until(`the log to end at ${end}`, async () => (await harness.end(topic, 0)) === end)
}

test('what is committed is seen, what is aborted is not, and the lag ends at 0 behind nothing but marks', async () => {
  await using trial = await openTrial({ partitions: 1 })
  const { harness, topic, world } = trial
  for (const [name, how, end] of [
    ['kept', 'commit', 4],
    ['dropped', 'abort', 8],
    ['kept too', 'commit', 12],
    ['dropped too', 'abort', 16],
  ] as const) {
    await using transaction = await begin(
      trial,
      [1, 2, 3].map(n => `${name} ${n}`),
    )
    await transaction[how]()
    await ended(trial, end)
  }
  const { probe } = await trial.join()
  await harness.until('committed = end', async () => (await harness.committed(world.groupId(), topic))[0] === 16)
  expect(probe.values()).toEqual(['kept', 'kept too'].flatMap(name => [1, 2, 3].map(n => `${name} ${n}`)))
  expect(probe.next(0)).toBe(16)
})

test('nothing behind the start of an open transaction is seen before it ends', async () => {
  await using trial = await openTrial({ partitions: 1 })
  const { harness, topic, world } = trial
  await harness.produce(topic, 0, values(3))
  await using transaction = await begin(trial, ['inside'])
  await harness.produce(topic, 0, ['behind'])
  const { probe } = await trial.join()
  await harness.until('what lies before', () => probe.seen.length === 3)
  const polls = harness.proxyOf(probe.engine).next(1, 3)
  await polls
  expect(probe.values()).toEqual(values(3))
  expect(probe.next(0)).toBe(3)
  await transaction.commit()
  await harness.until('the rest', () => probe.seen.length === 5)
  expect(probe.values()).toEqual([...values(3), 'inside', 'behind'])
  await harness.until('committed = end', async () => (await harness.committed(world.groupId(), topic))[0] === 6)
})
