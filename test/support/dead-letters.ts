// Messages that are given up: nobody handles them, and what is in the topic for dead letters.

import type { Acknowledged } from './ledger.ts'
import type { Scenario } from './scenario.ts'
import { uniqueName } from './topics.ts'

/** Nobody handles these, and that is right. */
export function letGo({ acknowledged }: Scenario, messages: readonly Acknowledged[]): void {
  for (const message of messages) acknowledged.splice(acknowledged.indexOf(message), 1)
}

/** All that is in a topic, as kafkajs reads it. */
export async function lettersIn({ topics }: Scenario, topic: string) {
  const consumer = topics.kafka.consumer({ groupId: uniqueName('reader') })
  const total = (await topics.ends(topic)).reduce((sum, { high }) => sum + high, 0)
  const found: { key: string; value: string; headers: Record<string, string> }[] = []
  await consumer.connect()
  await consumer.subscribe({ topic, fromBeginning: true })
  await new Promise<void>(resolve => {
    void consumer.run({
      eachMessage: async ({ message: { key, value, headers = {} } }) => {
        const texts = Object.entries(headers).map(([name, content]) => [name, String(content)])
        found.push({ key: String(key), value: String(value), headers: Object.fromEntries(texts) })
        if (found.length === total) resolve()
      },
    })
  })
  await consumer.disconnect()
  return found
}
