// A Kafka for development and tests inside Node.js, as `racecar-embedded`. It speaks Kafka's protocol on loopback ports, to any client.

/// <reference types="node" preserve="true" />

export type { Control, Fault, FaultHandle } from './control.ts'
export type { Kafka, KafkaOptions, TopicShape, Topics } from './kafka.ts'
export { startKafka } from './kafka.ts'
export { shareKafka } from './shared.ts'
