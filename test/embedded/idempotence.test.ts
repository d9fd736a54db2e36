import { type Kafka, startKafka } from 'racecar-embedded'
import { afterAll, beforeAll } from 'vitest'
import { idempotence } from '../contract/idempotence.ts'

let kafka: Kafka

beforeAll(async () => {
  kafka = await startKafka()
})
afterAll(() => kafka.stop())

idempotence('an embedded Kafka', async () => kafka.brokers[0]!)
