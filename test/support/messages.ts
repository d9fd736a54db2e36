// Everything in a topic, by kafkajs's own consumer; in order within a partition.

import { type TestTopics, uniqueName } from './topics.ts'

export interface Found {
  readonly partition: number
  readonly key: string
  readonly value: string
  readonly headers: Readonly<Record<string, string>>
}

export async function messagesOf(topics: TestTopics, topic: string): Promise<Found[]> {
  const consumer = topics.kafka.consumer({ groupId: uniqueName('reader') })
  const total = (await topics.ends(topic)).reduce((sum, { low, high }) => sum + high - low, 0)
  if (total === 0) return []
  const found: Found[] = []
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await new Promise<void>(resolve => {
    void consumer.run({
      eachMessage: async ({ partition, message: { key, value, headers = {} } }) => {
        const texts = Object.entries(headers).map(([name, content]) => [name, String(content)])
        found.push({ partition, key: String(key), value: String(value), headers: Object.fromEntries(texts) })
        if (found.length === total) resolve()
      },
    })
  })
  await consumer.disconnect()
  return found
}
