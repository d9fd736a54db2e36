// What users test their consumers with, as `racecar/testing`. Needs no test framework, and loads no supervisor; a Kafka client only
// where a test talks to a Kafka.
/// <reference types="node" preserve="true" />

export { type GivenMessage, type GivenRecord, message } from './given.ts'
export { type Recorded, recordProduced } from './recorded.ts'
export type { RunningConsumer } from './running-consumer.ts'
export type { RunOptions } from './set-up.ts'
export { type TestOptions, testConsumer } from './test-consumer.ts'
export type { FailDelivery, PausedPartition, TestedConsumer } from './tested-consumer.ts'
export type { LoggedLine, TestError } from './watched.ts'
export { type KafkaTest, type WithKafkaOptions, withKafka } from './with-kafka.ts'
