// A kafkajs script as people write it, with a line in the journal for each message.
import { openSync, writeSync } from 'node:fs'
import { Kafka, logLevel } from 'kafkajs'

const { BENCH_BROKERS, BENCH_TOPIC, BENCH_GROUP, BENCH_JOURNAL = '/dev/null', BENCH_SESSION } = process.env

const journal = openSync(BENCH_JOURNAL, 'a')
const kafka = new Kafka({ brokers: BENCH_BROKERS.split(','), logLevel: logLevel.NOTHING })
const session = BENCH_SESSION === undefined ? {} : { sessionTimeout: Number(BENCH_SESSION) }
const consumer = kafka.consumer({ groupId: BENCH_GROUP, ...session })

consumer.on(consumer.events.GROUP_JOIN, ({ payload }) => {
  const partitions = Object.values(payload.memberAssignment).flat()
  writeSync(1, `${JSON.stringify({ event: 'joined', pid: process.pid, partitions })}\n`)
})
process.once('SIGTERM', async () => {
  await consumer.disconnect()
  process.exit(0)
})

await consumer.connect()
await consumer.subscribe({ topics: [BENCH_TOPIC], fromBeginning: true })
await consumer.run({
  eachMessage: async ({ partition }) => {
    const at = Number(process.hrtime.bigint() / 1000n) / 1000
    writeSync(journal, `${process.pid} ${partition} ${at}\n`)
  },
})
