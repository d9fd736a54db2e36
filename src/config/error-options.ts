// The part of the table that is about what follows when messages fail.

import { choice, delays, flag, integer, maybeInteger, maybeSeconds, maybeText, type Option, seconds } from './option.ts'

export const errorOptions = {
  pauseTimeout: seconds({ or: -1 })({
    group: 'Errors',
    default: 10,
    perClass: true,
    about: 'Seconds that a partition rests after an error; 0: the worker fails, -1: for good',
  }),
  pauseWithExponentialBackoff: flag({
    group: 'Errors',
    default: false,
    perClass: true,
    about: 'Double the pause with each failure in a row',
  }),
  maxPauseTimeout: maybeSeconds({ least: 0.001 })({
    group: 'Errors',
    default: undefined,
    perClass: true,
    about: 'Longest pause, with pause_with_exponential_backoff',
  }),

  retryTimes: maybeInteger({ least: 0 })({
    group: 'Errors',
    default: undefined,
    perClass: true,
    about:
      'How often a message, or a batch, that fails is tried again in its place; by default for ever, with retry_topics 0',
  }),
  retryThen: choice(
    'stop',
    'skip',
    'dead-letter',
  )({
    group: 'Errors',
    default: 'stop',
    perClass: true,
    about:
      'What follows with a message that is given up: its partition stops before it, it is skipped, or it goes to dead_letter_topic',
  }),
  retryTopics: delays({
    group: 'Errors',
    default: [],
    perClass: true,
    about:
      'Seconds after which a message whose retries are used up is tried again, each time out of a topic of its own, while its partition goes on: its order is lost',
  }),
  bisect: flag({
    group: 'Errors',
    default: false,
    perClass: true,
    about: 'Halve a batch that would be given up, again and again, until the message that fails is found',
  }),

  maxCrashesPerMessage: integer({ least: 2 })({
    group: 'Errors',
    default: 3,
    about: 'Workers that a message may end, the last one with nothing else in hand, before on_poison is done to it',
  }),
  onPoison: choice(
    'stop',
    'skip',
    'dead-letter',
  )({
    group: 'Errors',
    default: 'stop',
    about:
      'What follows with a message that ends its workers: its partition stops before it, it is skipped, or it goes to dead_letter_topic',
  }),
  deadLetterTopic: maybeText({
    group: 'Errors',
    default: undefined,
    perClass: true,
    about:
      'Topic for messages that are given up, with retry_then or on_poison dead-letter; by default <topic>.dead-letter',
  }),
  createDeadLetterTopic: flag({
    group: 'Errors',
    default: false,
    perClass: true,
    about:
      'Create a missing topic for dead letters, or one of retry_topics, with as many partitions as the topic of the message has',
  }),
} satisfies Record<string, Option<unknown>>
