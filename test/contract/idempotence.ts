// What an idempotent producer promises on a broker: each record is stored once, in order, whatever becomes of answers.

import { afterEach, describe, expect, test } from 'vitest'
import type { OutgoingRecord } from '../../src/engine/engine.ts'
import { createKafkajsEngine } from '../../src/engine/kafkajs/index.ts'
import { openSender, type Sender } from '../../src/engine/kafkajs/sender.ts'
import { systemClock } from '../../src/lib/clock.ts'
import { Outbox } from '../../src/producer/outbox.ts'
import { readAll } from '../../src/testing/read-all.ts'
import { Api, KafkaProxy } from '../support/proxy.ts'
import { TestTopics } from '../support/topics.ts'
import { range } from './world.ts'

const clock = systemClock
const ANSWER_MS = 400

const record = (topic: string, value: string, partition?: number): OutgoingRecord => ({
  topic,
  partition,
  key: null,
  value: Buffer.from(value),
  headers: [],
})

const values = (from: number, count: number): string[] => range(from, from + count).map(String)

export function idempotence(where: string, address: () => Promise<string>): void {
  const open: (() => unknown)[] = []
  afterEach(async () => {
    for (const close of open.splice(0).reverse()) await close()
  })

  async function setUp({ partitions = 1, config = {} } = {}) {
    const topics = await TestTopics.open(await address())
    open.push(() => topics.close())
    const topic = await topics.create('idempotence', { partitions, config })
    return { topics, topic }
  }

  /** Each with an identity and a proxy of its own. */
  async function sender(topic: string): Promise<{ sender: Sender; proxy: KafkaProxy; offsets: number[] }> {
    const proxy = await KafkaProxy.before(await address())
    const offsets: number[] = []
    const sending = { topic, brokers: [proxy.address], clientId: 'test', socketTimeout: ANSWER_MS, withinMs: 20_000 }
    const sender = await openSender({
      ...sending,
      clock,
      partitioner: 'consistent_random',
      compression: 'none',
      tls: null,
      sasl: null,
      onStored: ({ offset }) => offsets.push(offset),
    })
    open.push(
      () => proxy.close(),
      () => sender.close(),
    )
    return { sender, proxy, offsets }
  }

  function outboxOf(sender: Sender): Outbox {
    const outbox = new Outbox({
      clock,
      messageTimeout: 60_000,
      produce: some => sender.produce(some),
      abandon: some => sender.abandon(some),
      onDelivered: () => {},
      onFailed: () => {},
    })
    open.push(() => outbox.close())
    return outbox
  }

  /** The answers to every second request are lost. */
  function loseAnswers(proxy: KafkaProxy, most = Number.POSITIVE_INFINITY): () => number {
    let requests = 0
    let lost = 0
    proxy.onResponse = ({ apiKey }) => {
      if (apiKey !== Api.Produce || requests++ % 2 === 1 || lost >= most) return undefined
      lost++
      return 'drop'
    }
    return () => lost
  }

  const stored = async (topics: TestTopics, topic: string): Promise<string[][]> => {
    const ends = (await topics.ends(topic)).map(({ high }) => high)
    const brokers = [await address()]
    const all = await readAll({ createEngine: createKafkajsEngine, brokers, topic, parse: undefined, ends })
    return ends.map((_, partition) => all.filter(one => one.partition === partition).map(({ value }) => String(value)))
  }

  describe(`an idempotent producer on ${where}`, () => {
    test('stores once, and in order, what was sent again, and what names no partition in one', async () => {
      const { topics, topic } = await setUp({ partitions: 3 })
      const { sender: one, proxy } = await sender(topic)
      const lost = loseAnswers(proxy, 4)
      const outbox = outboxOf(one)
      for (const burst of range(0, 5)) {
        for (const value of values(burst * 40, 40))
          outbox.produce(value, { topic, ...(Number(value) % 2 === 0 ? { partition: Number(value) % 3 } : {}) })
        await outbox.deliver()
      }
      expect(lost()).toBe(4)
      const logs = await stored(topics, topic)
      expect(logs.flat().toSorted((a, b) => Number(a) - Number(b))).toEqual(values(0, 200))
      for (const [partition, log] of logs.entries()) {
        const named = values(0, 200).filter(value => Number(value) % 2 === 0 && Number(value) % 3 === partition)
        expect(log.filter(value => Number(value) % 2 === 0)).toEqual(named)
      }
    })

    test('says the offset of what was stored the first time', async () => {
      const { topic } = await setUp()
      const { sender: one, proxy, offsets } = await sender(topic)
      loseAnswers(proxy, 1)
      const all = values(0, 3).map(value => record(topic, value))
      expect((await one.produce(all)).map(fate => fate?.retriable)).toEqual([true, true, true])
      expect(await one.produce(all)).toEqual([undefined, undefined, undefined])
      expect(await one.produce([record(topic, 'next')])).toEqual([undefined])
      expect(offsets).toEqual([0, 3])
    })

    test('is not mixed up with another one', async () => {
      const { topics, topic } = await setUp()
      const both = await Promise.all([sender(topic), sender(topic)])
      await Promise.all(
        both.map(async ({ sender: one, proxy }, index) => {
          loseAnswers(proxy, 2)
          const outbox = outboxOf(one)
          for (const burst of range(0, 4)) {
            for (const value of values(index * 1000 + burst * 10, 10)) outbox.produce(value, { topic })
            await outbox.deliver()
          }
        }),
      )
      const [log] = await stored(topics, topic)
      for (const index of [0, 1])
        expect(log!.filter(value => Math.floor(Number(value) / 1000) === index)).toEqual(values(index * 1000, 40))
    })

    test('has the others stored once when one is refused', async () => {
      const { topics, topic } = await setUp({ config: { 'max.message.bytes': '10000' } })
      const { sender: one, proxy } = await sender(topic)
      loseAnswers(proxy, 3)
      const outbox = outboxOf(one)
      for (const value of ['a', 'b', 'x'.repeat(20_000), 'c', 'd']) outbox.produce(value, { topic })
      await expect(outbox.deliver()).rejects.toMatchObject({ code: 'DELIVERY_FAILED' })
      await outbox.settled(outbox.queued)
      expect(await stored(topics, topic)).toEqual([['a', 'b', 'c', 'd']])
    })

    test('goes on in a topic that was deleted and made again', async () => {
      const { topics, topic } = await setUp()
      const { sender: one, proxy } = await sender(topic)
      const outbox = outboxOf(one)
      outbox.produce('before', { topic })
      await outbox.deliver()
      loseAnswers(proxy, 1)
      outbox.produce('in doubt', { topic })
      await proxy.next(Api.Produce)
      await topics.delete(topic)
      await topics.createNamed(topic, { partitions: 1 })
      outbox.produce('after', { topic })
      await outbox.deliver()
      const [log] = await stored(topics, topic)
      expect(log!.filter(value => value !== 'in doubt')).toEqual(['after'])
    })
  })
}
