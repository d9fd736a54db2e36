// The part of the table of options that says where Kafka is, who we are there, and how long anything may take.

import { brokerList, choices, flag, maybeText, type Option, rawSettings, seconds, text } from './option.ts'

export const kafkaOptions = {
  brokers: brokerList({
    group: 'Kafka',
    default: ['localhost:9092'],
    about: 'Kafka brokers to bootstrap from; without a port 9092',
  }),
  embedded: flag({
    group: 'Kafka',
    default: false,
    about:
      'Start a Kafka inside this process, where brokers says, its data in .racecar/kafka, and create missing topics: for development, with the package racecar-embedded',
  }),
  clientId: text({ group: 'Kafka', default: 'racecar', about: 'How this client is called in the logs of the brokers' }),
  groupId: maybeText({
    group: 'Kafka',
    default: undefined,
    perClass: true,
    about: "Consumer group; by default made from the consumer's name",
  }),
  groupIdPrefix: maybeText({
    group: 'Kafka',
    default: undefined,
    about: 'Put in front of a group id that is made from the name',
  }),
  groupInstanceId: maybeText({
    group: 'Kafka',
    default: undefined,
    about: "Stable group.instance.id; the slot's number is appended. By default made anew at each start",
  }),
  partitionAssignmentStrategy: choices(
    'range',
    'roundrobin',
    'cooperative-sticky',
  )({ group: 'Kafka', default: ['cooperative-sticky'], about: 'How partitions are shared out, most wanted first' }),
  consumer: rawSettings({
    group: 'Kafka',
    default: [],
    about:
      'Settings of the consumer by the names of librdkafka, before the options that they stand for: see LIBRDKAFKA.md',
  }),
  producer: rawSettings({
    group: 'Kafka',
    default: [],
    about: 'The same of the producer',
  }),
  sessionTimeout: seconds({ least: 0.001 })({
    group: 'Timeouts',
    default: 20,
    about: 'Seconds without a heartbeat after which the group gives a member up',
  }),
  heartbeatInterval: seconds({ least: 0.001 })({
    group: 'Timeouts',
    default: 3,
    about: 'Seconds between heartbeats; below session_timeout',
  }),
  maxPollInterval: seconds({ least: 0.001 })({
    group: 'Timeouts',
    default: 300,
    perClass: true,
    about:
      'Seconds that a handler may take for one message or batch; also how long the group waits for a member to rejoin',
  }),
  rebalanceDrainTimeout: seconds({ least: 0 })({
    group: 'Timeouts',
    default: 30,
    about: 'Seconds that a rebalance may wait for the messages in hand of the partitions that move',
  }),
  socketTimeout: seconds({ least: 0.001 })({
    group: 'Timeouts',
    default: 30,
    about: 'Seconds to wait for the answer of a broker',
  }),
  statisticsInterval: seconds({ least: 0 })({
    group: 'Kafka',
    default: 1,
    perClass: true,
    about: 'Seconds between two calls of statisticsCallback, where the consumer has one; 0: never',
  }),
  messageTimeout: seconds({ least: 0.001 })({
    group: 'Timeouts',
    default: 300,
    about: 'Seconds to try to deliver a produced message',
  }),
  shutdownTimeout: seconds({ least: 0 })({
    group: 'Timeouts',
    default: 25,
    about: 'Seconds that a whole stop may take',
  }),
  bootTimeout: seconds({ least: 0.001 })({
    group: 'Timeouts',
    default: 60,
    about: 'Seconds until a worker has imported and initialized its consumer',
  }),
  hangTimeout: seconds({ least: 0 })({
    group: 'Timeouts',
    default: 30,
    about: 'Seconds without a turn of its event loop after which a worker is killed and replaced; 0: never',
  }),
} satisfies Record<string, Option<unknown>>
