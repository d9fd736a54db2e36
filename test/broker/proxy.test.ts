import { type Consumer, Kafka, logLevel, type Producer } from 'kafkajs'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { brokers, type PrivateCluster, privateBroker } from '../support/broker.ts'
import { Api, KafkaProxy } from '../support/proxy.ts'
import { TestTopics } from '../support/topics.ts'

let cluster: PrivateCluster
beforeAll(async () => {
  cluster = await privateBroker()
})
afterAll(() => cluster.remove())

const client = (address: string, requestTimeout = 30_000): Kafka =>
  new Kafka({
    clientId: 'through-the-proxy',
    brokers: [address],
    logLevel: logLevel.NOTHING,
    requestTimeout,
    retry: { retries: requestTimeout < 30_000 ? 0 : 5, initialRetryTime: 50 },
  })

it('a client that came through the second listener stays on the proxy, and is cut off by its black hole', async () => {
  const { proxy: port, proxied: target } = cluster.brokers[0]!.ports
  const proxy = await KafkaProxy.open({ port, target })
  const topics = await TestTopics.open(cluster.address)
  const topic = await topics.create('proxied')

  const hasty = client(proxy.address, 500).producer()
  const consumer = client(proxy.address).consumer({ groupId: topic, maxWaitTimeInMs: 100 })
  await Promise.all([hasty.connect(), consumer.connect()])
  await hasty.send({ topic, messages: [{ value: 'one' }] })
  const values = await consume(consumer, topic)
  await expect.poll(() => values).toEqual(['one'])
  expect([proxy.count(Api.Produce), proxy.count(Api.Fetch) > 0, proxy.count(Api.JoinGroup) > 0]).toEqual([
    1,
    true,
    true,
  ])

  proxy.blackHole()
  await expect(hasty.send({ topic, messages: [{ value: 'lost in it' }] })).rejects.toThrow('timed out')
  expect(values).toEqual(['one'])
  await proxy.heal()
  // What it held goes on: the request that its sender had given up is carried out.
  await expect.poll(() => values, { timeout: 30_000 }).toEqual(['one', 'lost in it'])

  await Promise.all([hasty.disconnect(), consumer.disconnect()])
  await topics.close()
  await proxy.close()
})

it('a proxy that rewrites ports holds its clients without a listener of its own, and its errors make them try again', async () => {
  const target = Number((await brokers()).split(':')[1])
  const advertise = new Map<number, number>()
  const proxy = await KafkaProxy.open({ target, advertise })
  advertise.set(target, proxy.port)
  const topics = await TestTopics.open(await brokers())
  const topic = await topics.create('rewritten')

  const kafka = client(proxy.address)
  const producer = kafka.producer()
  const consumer = kafka.consumer({ groupId: topic, maxWaitTimeInMs: 100, heartbeatInterval: 100 })
  await Promise.all([producer.connect(), consumer.connect()])
  proxy.rewriteError(Api.Produce, 1, 6, { topic })
  proxy.rewriteError(Api.Fetch, 1, 6, { topic, partition: 0 })
  proxy.rewriteError(Api.Heartbeat, 1, 27)
  await sendOnce(producer, topic)
  const asked: number[] = []
  proxy.onRequest = ({ apiKey }) => {
    asked.push(apiKey)
    return undefined
  }
  const values = await consume(consumer, topic)
  await expect.poll(() => asked.slice(asked.indexOf(Api.Heartbeat)), { timeout: 30_000 }).toContain(Api.JoinGroup)
  await expect.poll(() => values.length, { timeout: 30_000 }).toBeGreaterThan(0)
  expect(proxy.count(Api.Produce)).toBe(2)

  await Promise.all([producer.disconnect(), consumer.disconnect()])
  await topics.close()
  await proxy.close()
})

const sendOnce = (producer: Producer, topic: string) =>
  producer.send({ topic, messages: [{ value: 'again and again' }] })

/** The values that arrive, as they arrive. */
async function consume(consumer: Consumer, topic: string): Promise<(string | undefined)[]> {
  const values: (string | undefined)[] = []
  await consumer.subscribe({ topics: [topic], fromBeginning: true })
  await consumer.run({
    eachMessage: async ({ message }) => {
      values.push(message.value?.toString())
    },
  })
  return values
}
