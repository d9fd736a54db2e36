// THE table: one declaration per option gives its type, default, validation, variable, flag and reference line.
// An option is here once its feature is; an unknown name is an error. Which Kafka, and its times, stand in
// kafka-options.ts, how connections are secured in security-options.ts, what is produced in producing-options.ts, what follows when
// messages fail in error-options.ts, signs of life in liveness-options.ts.

import { datadogOptions } from './datadog-options.ts'
import { errorOptions } from './error-options.ts'
import { kafkaOptions } from './kafka-options.ts'
import { livenessOptions } from './liveness-options.ts'
import {
  bytes,
  choice,
  flag,
  integer,
  integerOrAuto,
  list,
  maybeBytes,
  maybeSeconds,
  maybeText,
  type Option,
  seconds,
  text,
} from './option.ts'
import { producingOptions } from './producing-options.ts'
import { securityOptions } from './security-options.ts'

/** Of a consumer; far beyond what one machine is good for. */
export const MOST_WORKERS = 1024

export const options = {
  ...kafkaOptions,

  ...securityOptions,

  offsetCommitInterval: seconds({ least: 0 })({
    group: 'Consuming',
    default: 0.25,
    perClass: true,
    about: 'Seconds that a finished message waits for its commit at most; 0 commits after each',
  }),
  synchronousCommits: flag({
    group: 'Consuming',
    default: false,
    perClass: true,
    about:
      'Commit each message, or batch, before the next one of its partition starts, so that no more than what is in hand is repeated; offset_commit_interval does not count then',
  }),
  offsetOutOfRange: choice(
    'earliest',
    'latest',
    'nearest',
    'fail',
  )({
    group: 'Consuming',
    default: 'earliest',
    perClass: true,
    about:
      'Where a partition goes on whose committed offset its log does not hold: at its start, its end, whichever is nearer, or not at all: then all ends with 78',
  }),
  fetchMessages: integer({ least: 1 })({
    group: 'Consuming',
    default: 1000,
    perClass: true,
    about: 'Most messages in one call of processBatch',
  }),
  fetchMinBytes: bytes({ least: 1 })({
    group: 'Consuming',
    default: 1,
    perClass: true,
    about: 'Bytes that a broker gathers before it answers a fetch',
  }),
  maxBytes: bytes({ least: 1024 })({
    group: 'Consuming',
    default: 10_485_760,
    perClass: true,
    about: 'Most bytes in the answer to one fetch',
  }),
  maxWaitTime: seconds({ least: 0.001 })({
    group: 'Consuming',
    default: 1,
    perClass: true,
    about: 'Seconds that a broker, or a batch, waits for more messages',
  }),
  minMessageQueueSize: integer({ least: 1 })({
    group: 'Consuming',
    default: 2000,
    about: 'With fewer messages waiting in a partition the next fetch starts although others fill prefetch_max_bytes',
  }),
  prefetchMaxBytes: bytes({ least: 1024 })({
    group: 'Consuming',
    default: 33_554_432,
    about: 'Bytes that a worker fetches ahead, shared by its partitions',
  }),
  serial: flag({
    group: 'Consuming',
    default: false,
    perClass: true,
    about: 'One message at a time in a worker, not one a partition',
  }),
  multiSubscriptionStrategy: choice(
    'exhaust-topic',
    'round-robin',
  )({
    group: 'Consuming',
    default: 'exhaust-topic',
    perClass: true,
    about:
      'With serial, whose turn is next: exhaust-topic stays with a topic while its messages wait, for 10 seconds at most where those of others do; round-robin takes another topic after each message or batch. While a commit is waited for (synchronous_commits) another one goes on in either case',
  }),

  ...producingOptions,
  ...errorOptions,

  workers: integerOrAuto({ least: 0, most: MOST_WORKERS })({
    group: 'Workers',
    default: 1,
    perClass: true,
    aliases: ['parallel_workers'],
    short: 'w',
    about: 'Worker processes; 0 runs the consumer in this process, auto is one for each core that it may use',
  }),
  crashLimit: integer({ least: 1 })({
    group: 'Workers',
    default: 5,
    about: 'Crashes within crash_window after which a slot is given up',
  }),
  crashWindow: seconds({ least: 0.001 })({
    group: 'Workers',
    default: 60,
    about: 'Seconds in which crash_limit counts',
  }),
  restartBackoffMax: seconds({ least: 0 })({
    group: 'Workers',
    default: 30,
    about: 'Longest wait before a crashed worker is replaced, seconds',
  }),
  maxWorkerMemory: maybeBytes({ least: 1 })({
    group: 'Workers',
    default: undefined,
    about: 'Bytes of memory beyond which a worker is stopped and replaced, one at a time; by default no limit',
  }),
  maxWorkerAge: maybeSeconds({ least: 0.001 })({
    group: 'Workers',
    default: undefined,
    about: 'Seconds after which a worker is stopped and replaced, one at a time; by default never',
  }),
  onCrashLoop: choice(
    'stop',
    'continue',
  )({
    group: 'Workers',
    default: 'stop',
    about: 'What follows when a slot is given up: everything stops, or the others continue without it',
  }),
  failFast: flag({
    group: 'Workers',
    default: false,
    about: 'End with 69 when at the start no broker answers or a topic is missing, where racecar would wait',
  }),
  daemonize: flag({
    group: 'Workers',
    default: false,
    about:
      'Run in the background; pidfile and logfile are then <group_id>.pid and .log, by the group id before the class is asked',
  }),
  pidfile: maybeText({
    group: 'Workers',
    default: undefined,
    about: 'File that holds the process id while racecar runs',
  }),

  ...livenessOptions,

  boot: maybeText({
    group: 'Loading',
    default: undefined,
    about: 'Module that each worker imports first of all; a function that it exports by default is called and awaited',
  }),
  withoutApp: flag({
    group: 'Loading',
    default: false,
    aliases: ['without_rails'],
    about: 'Leave boot out',
  }),
  config: list({
    group: 'Loading',
    default: [],
    outside: true,
    about: 'Configuration files, instead of config/racecar.yml and config/racecar.{ts,js,mjs}',
  }),
  env: text({
    group: 'Loading',
    default: 'development',
    outside: true,
    about: 'Environment: which section of the configuration files counts; NODE_ENV where it is not set',
  }),
  require: list({
    group: 'Loading',
    default: [],
    short: 'r',
    about: 'Files or globs to load before the consumer is looked for',
  }),

  logfile: maybeText({
    group: 'Logging',
    default: undefined,
    aliases: ['log'],
    short: 'l',
    about: 'File for the log; standard output by default',
  }),
  logLevel: choice(
    'debug',
    'info',
    'warn',
    'error',
  )({ group: 'Logging', default: 'info', about: 'Least severe level to log' }),
  logFormat: choice(
    'auto',
    'text',
    'json',
  )({ group: 'Logging', default: 'auto', about: 'How a line is written; auto: text on a terminal, else json' }),

  ...datadogOptions,
} satisfies Record<string, Option<unknown>>

type Table = typeof options
export type OptionName = keyof Table
/** The options in force, frozen. Times in seconds, sizes in bytes, as users give them. */
export type Config = { readonly [K in OptionName]: K extends 'workers' ? number : OptionValues[K] } & {
  /** The files that secret options were read from, and are to be read from again. */
  readonly secretFiles?: SecretFiles
}
export type SecretFiles = Readonly<Partial<Record<OptionName, string>>>
/** As they may be set in code. */
export type OptionValues = { readonly [K in OptionName]: Table[K] extends Option<infer T> ? T : never }
export type ClassOptionName = { [K in OptionName]: Table[K] extends { perClass: true } ? K : never }[OptionName]
/** What a class may set by this.configure. */
export type ClassOptions = { readonly [K in ClassOptionName]?: OptionValues[K] }
