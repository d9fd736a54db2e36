import type { Transaction } from 'kafkajs'
import { expect, test } from 'vitest'
import { brokers } from '../support/broker.ts'
import { type Acknowledged, where } from '../support/ledger.ts'
import { print, Scenario } from '../support/scenario.ts'
import { uniqueName } from '../support/topics.ts'

const PARTITIONS = 2
const EACH = 20

/** A transaction with messages in each of these partitions, begun and not ended. */
async function begin(scenario: Scenario, partitions: readonly number[]) {
  const { topic, topics } = scenario
  const producer = topics.kafka.producer({ transactionalId: uniqueName('transaction'), maxInFlightRequests: 1 })
  await producer.connect()
  const transaction: Transaction = await producer.transaction()
  const sent: Acknowledged[] = []
  for (const partition of partitions) {
    const messages = Array.from({ length: EACH }, () => ({ partition, value: JSON.stringify({ seq: -1 }) }))
    const [result] = await transaction.send({ topic, acks: -1, messages })
    const from = Number(result!.baseOffset)
    sent.push(...messages.map((_, i) => ({ topic, partition, offset: from + i, key: null, seq: -1 })))
  }
  const end = async (how: 'commit' | 'abort') => {
    await transaction[how]()
    await producer.disconnect()
    if (how === 'commit') scenario.acknowledged.push(...sent)
  }
  return { sent, end }
}

test('aborted transactions are never seen, open ones not before they are committed, and the lag ends at 0', async () => {
  await using scenario = await Scenario.open('transactions', { kafka: await brokers(), partitions: PARTITIONS })
  const { ledger, topic, topics } = scenario
  const all = [0, 1]
  const racecar = scenario.racecar({ workers: 1 })
  await scenario.served()
  const handled = (some: readonly Acknowledged[]) => some.length - ledger.lost(some).length

  // Interleaved: the marks of both come behind the records of both.
  const [kept, dropped] = [await begin(scenario, all), await begin(scenario, all)]
  await dropped.end('abort')
  await kept.end('commit')
  await scenario.handledAll()
  // Nothing but marks behind the last record.
  const alone = await begin(scenario, all)
  await alone.end('abort')
  const ends = async () => (await topics.ends(topic)).map(({ high }) => high)
  const isLagless = async () => String([...(await scenario.committed()).values()]) === String(await ends())
  await scenario.until('lag 0', isLagless)

  const open = await begin(scenario, [0])
  const behind = await scenario.send(Array(10).fill({}), { partition: 0 })
  for (let round = 0; round < 20; round++) {
    const elsewhere = await scenario.send(Array(50).fill({}), { partition: 1 })
    await scenario.until('the other partition flowing', () => handled(elsewhere) === elsewhere.length)
  }
  expect([handled(open.sent), handled(behind)]).toEqual([0, 0])
  await open.end('commit')
  await scenario.handledAll()

  const another = await begin(scenario, [0])
  const last = await scenario.send(Array(10).fill({}), { partition: 0 })
  await another.end('abort')
  await scenario.handledAll()
  expect(handled(last)).toBe(last.length)
  await scenario.until('lag 0', isLagless)

  const seen = new Set(ledger.handlings.map(one => `${where(one)}@${one.offset}`))
  const aborted = [dropped, alone, another].flatMap(({ sent }) => sent)
  expect(aborted.filter(one => seen.has(`${where(one)}@${one.offset}`))).toEqual([])
  expect(ledger.handlings).toHaveLength(scenario.acknowledged.length)
  expect(await scenario.stop(racecar)).toEqual([0, null])
  await scenario.expectWhole()
  await scenario.expectNothingLeft()
  print(
    `row 80: ${ledger.handlings.length} seen, ${aborted.length} aborted, committed ${await ends()} = end of the log`,
  )
})
