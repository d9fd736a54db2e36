// The topic of the demo, made anew each time, and the stream of greetings to it.

import { setTimeout as wait } from 'node:timers/promises'
import { Kafka, logLevel } from 'kafkajs'

const EVERY_MS = 10

export async function openTopic(brokers, name, partitions) {
  const kafka = new Kafka({ clientId: 'demo', brokers: brokers.split(','), logLevel: logLevel.NOTHING })
  const admin = kafka.admin()
  const producer = kafka.producer({ allowAutoTopicCreation: false })
  await Promise.all([admin.connect(), producer.connect()])
  if ((await admin.listTopics()).includes(name)) await admin.deleteTopics({ topics: [name] })
  // A topic that is being deleted keeps its name for a moment.
  while (!(await created(admin, name, partitions))) await wait(100)
  while (!(await isLed(admin, name))) await wait(100)
  return {
    name,
    producer,
    close: () => Promise.all([producer.disconnect(), admin.disconnect()]),
  }
}

async function created(admin, topic, numPartitions) {
  try {
    await admin.createTopics({ topics: [{ topic, numPartitions }], waitForLeaders: false })
    return true
  } catch (error) {
    if (error.type === 'TOPIC_ALREADY_EXISTS' || error.errors?.[0]?.type === 'TOPIC_ALREADY_EXISTS') return false
    throw error
  }
}

// A broker that has just been told of a topic may not know its leaders yet, nor the topic.
async function isLed(admin, topic) {
  try {
    const { topics } = await admin.fetchTopicMetadata({ topics: [topic] })
    return topics[0].partitions.every(({ leader }) => leader >= 0)
  } catch (error) {
    if (['UNKNOWN_TOPIC_OR_PARTITION', 'LEADER_NOT_AVAILABLE'].includes(error.type)) return false
    throw error
  }
}

/** `acknowledged` holds the names of the guests whom the broker has stored. */
export function startGreeting({ name, producer }, { count, partitions }) {
  const stream = { sent: 0, acknowledged: [], done: false }
  void send()
  return stream

  async function send() {
    for (let next = 0; next < count; next += partitions) {
      const names = Array.from({ length: partitions }, (_, i) => `guest ${next + i}`)
      const messages = names.map((guest, partition) => ({ partition, value: JSON.stringify({ name: guest }) }))
      await producer.send({ topic: name, acks: -1, messages })
      stream.acknowledged.push(...names)
      stream.sent = stream.acknowledged.length
      await wait(EVERY_MS)
    }
    stream.done = true
  }
}
