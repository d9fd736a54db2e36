// What users test their consumers with, as `racecar/testing`. Needs no broker and no test framework, and loads neither a Kafka
// client nor the supervisor.
/// <reference types="node" preserve="true" />

export { type GivenMessage, type GivenRecord, message } from './given.ts'
export { type TestOptions, testConsumer } from './test-consumer.ts'
export type { FailDelivery, PausedPartition, TestedConsumer } from './tested-consumer.ts'
export type { LoggedLine, TestError } from './watched.ts'
