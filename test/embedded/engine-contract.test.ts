// The contract of the engine port, held to the engine on kafkajs and an embedded Kafka.

import { type Kafka, startKafka } from 'racecar-embedded'
import { afterAll, beforeAll } from 'vitest'
import { engineContract } from '../contract/engine-contract.ts'
import { KafkaHarness } from '../support/kafka-harness.ts'

// Shorter than a broker's usual minimum, so that the suite is quick.
const SESSION = 3_000

let kafka: Kafka

beforeAll(async () => {
  kafka = await startKafka({ config: { 'group.min.session.timeout.ms': '1000' } })
})
afterAll(() => kafka.stop())

engineContract('kafkajs on an embedded Kafka', () => KafkaHarness.open(kafka.brokers[0], SESSION))
