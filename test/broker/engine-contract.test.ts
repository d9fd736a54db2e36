// The contract of the engine port, held to the engine on kafkajs and a real broker.

import { engineContract } from '../contract/engine-contract.ts'
import { KafkaHarness } from '../support/kafka-harness.ts'

engineContract('kafkajs', () => KafkaHarness.open())
