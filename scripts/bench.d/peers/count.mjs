// kafkajs as it comes, counting: the handler is named by the argument, eachMessage or eachBatch.
import { Kafka, logLevel } from 'kafkajs'
import { Meter } from '../meter.mjs'

const { BENCH_BROKERS, BENCH_TOPIC, BENCH_GROUP } = process.env
const meter = new Meter()
const handlers = {
  eachMessage: { eachMessage: async () => meter.count(1) },
  eachBatch: { eachBatch: async ({ batch }) => meter.count(batch.messages.length) },
}

const kafka = new Kafka({ brokers: BENCH_BROKERS.split(','), logLevel: logLevel.ERROR })
const consumer = kafka.consumer({ groupId: BENCH_GROUP })
process.once('SIGTERM', async () => {
  await consumer.disconnect()
  process.exit(0)
})
await consumer.connect()
await consumer.subscribe({ topics: [BENCH_TOPIC], fromBeginning: true })
await consumer.run(handlers[process.argv[2]])
