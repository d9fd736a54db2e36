// What the events of a runner are to a person: what became of messages, and what happens next.

import { told, userPlace } from '../events/error-words.ts'
import type { EventName, Events } from '../events/events.ts'
import { asSentence } from '../lib/sentence.ts'
import { again, at, count, range, type Sentence, seconds } from './phrases.ts'

/** What follows when something has failed. */
const NEXT: Readonly<Record<Events['message.failed']['next'], (about: About) => string>> = {
  again: ({ pauseMs, to }) => `${to === null ? 'Again' : `To the topic ${to} again`} in ${seconds(pauseMs ?? 0)}.`,
  halves: () => 'Again at once, in two halves.',
  stop: ({ of }) => `It is given up: ${of} stops before it; the other partitions go on. ${again(of)}`,
  skip: () => 'It is given up, and skipped.',
  'dead-letter': ({ to }) => `It is given up, and goes to the topic ${to}.`,
  'retry-topic': ({ pauseMs, to }) =>
    `It goes to the topic ${to}, and is tried again in ${seconds(pauseMs ?? 0)}; its partition goes on.`,
  fail: () => 'The worker ends.',
}

const perhaps = (topic: string): string =>
  `does it exist (kafka-topics.sh --create --topic ${topic}, or create_dead_letter_topic), and may this group write to it?`

interface About {
  readonly of: string
  readonly pauseMs: number | null
  readonly to: string | null
}

const GIVEN_UP: Readonly<Record<'crashes' | 'errors', (times: number) => string>> = {
  crashes: times => `ended ${count(times, 'worker')}`,
  errors: times => `failed ${count(times, 'time')}`,
}

export const ofRunner = {
  'message.failed': {
    level: 'error',
    say: ({ attempt, attempts, error, next, pauseMs, to, origin, ...of }) => {
      const tries = attempts === null ? `attempt ${attempt}` : `attempt ${attempt} of ${attempts}`
      const place = userPlace(error)
      const why = `${told(error)}${place === undefined ? '' : ` (at ${place})`}`
      const was = origin ? ` (which was ${at(origin)}@${origin.offset})` : ''
      return `${at(of)}@${range(of)}${was} failed (${tries}): ${asSentence(why)} ${NEXT[next]({ of: at(of), pauseMs, to })}`
    },
  },
  'handler.overdue': {
    level: 'warn',
    say: ({ offset, runningMs, ...of }) =>
      `${at(of)}@${offset} has been in hand for ${seconds(runningMs)}, longer than max_poll_interval.`,
  },
  'handler.given.up': {
    level: 'error',
    say: ({ offset, runningMs, why, ...of }) =>
      `${at(of)}@${offset} is given up after ${seconds(runningMs)}: ${why}. It will be handled again.`,
  },
  'delivery.failed': {
    level: 'error',
    say: ({ error, count: lost }) =>
      `${count(lost, 'produced message')} could not be delivered: ${asSentence(told(error))}`,
  },
  'message.skipped': {
    level: 'error',
    say: ({ offset, reason, times, ...of }) => `${at(of)}@${offset} is skipped: it has ${GIVEN_UP[reason](times)}.`,
  },
  'message.dead.lettered': {
    level: 'error',
    say: ({ offset, reason, times, to, ...of }) =>
      `${at(of)}@${offset}, which has ${GIVEN_UP[reason](times)}, is in the topic ${to}, and is passed.`,
  },
  'message.deferred': {
    level: 'debug',
    say: ({ offset, to, delayMs, ...of }) =>
      `${at(of)}@${offset} is in the topic ${to} for ${seconds(delayMs)}, and is passed.`,
  },
  'dead.letter.waiting': {
    level: 'error',
    say: ({ offset, to, waitingMs, why, ...of }) => {
      const what = `${at(of)} stands before ${offset}, which the topic ${to} has not taken for ${seconds(waitingMs)}`
      return `${what}: ${why ?? perhaps(to)} Trying on.`
    },
  },
  'partition.stands': {
    level: 'error',
    say: ({ offset, why, forMs, ...of }) =>
      `${at(of)} has stood before ${offset} for ${seconds(forMs)}: ${asSentence(why)} ${again(at(of))}`,
  },
  'partition.resumed': {
    level: 'info',
    say: ({ offset, ...of }) => `${at(of)}@${offset} is tried again, as was asked.`,
  },
  'hook.failed': { level: 'error', say: ({ hook, error }) => `${hook} failed: ${told(error)}` },
  'subscriber.failed': {
    level: 'error',
    say: ({ to, error }) =>
      `A listener to ${to} failed: ${asSentence(told(error))} It is called on, and told of this once.`,
  },
} satisfies Partial<{ [N in EventName]: Sentence<N> }>
