// The public surface, as `racecar`. Loads neither the supervisor nor a Kafka client, and nothing below it awaits at its top
// level, so that CommonJS can require() it.

export {
  Consumer,
  type ConsumerInstance,
  type Context,
  type Logger,
  type Produced,
  type ProduceTo,
  type ProduceValue,
  type RunnableConsumer,
} from './consumer/consumer.ts'
export type { Message, MessageInvalid } from './consumer/message.ts'
export type { Fatal, RetryOptions } from './consumer/retry.ts'
export type { SchemaIssue, StandardSchema } from './consumer/schema.ts'
export type {
  BrokerStatistics,
  GroupStatistics,
  HandlerStatistics,
  PartitionStatistics,
  ProcessStatistics,
  ProducerStatistics,
  Statistics,
} from './consumer/statistics.ts'
export type { ConfigureOptions as ClassOptions, SubscriptionOptions, TopicName } from './consumer/subscription.ts'
export { type MessageOf, type Topic, topic } from './consumer/topic.ts'
export { type DeliveryProblem, MessageDeliveryError } from './delivery-error.ts'
export type { Header, TopicPartition } from './engine/engine.ts'
export { type ErrorCode, isRacecarError, RacecarError } from './errors.ts'
export type { AllEvents as Events, AnyEventName as EventName } from './events/bus.ts'
export type { ErrorData } from './events/error-data.ts'
export { events } from './events/subscribe.ts'
export {
  type ConfigContext,
  type ConfigFile,
  type ConfigHooks,
  type ConfigSection,
  defineConfig,
} from './run/define-config.ts'
export { type ProgramOptions, type Run, type RunControls, run } from './run/run.ts'
export type { ErrorInfo } from './runner/failure.ts'
export {
  configureProducer,
  createProducer,
  type Producer,
  type ProducerOptions,
  produceAsync,
  produceSync,
  type Stored,
  waitForDelivery,
} from './standalone/index.ts'
