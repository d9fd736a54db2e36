import { expect, test } from 'vitest'
import { MessageDeliveryError, type Undelivered } from '../src/delivery-error.ts'
import { isRacecarError, RacecarError } from '../src/errors.ts'
import { errorData } from '../src/events/error-data.ts'
import { firstLine, told } from '../src/events/error-words.ts'
import { messageOf } from '../src/observe/line.ts'

const coded = (code: string) => Object.assign(new Error(`producing to orders/1: ${code}`), { code })
// As an engine has it: what a broker answered is the cause of what the outbox was told.
const answered = (code: string) => new Error(`producing to orders/1: ${code}`, { cause: coded(code) })

const make = (undelivered: Partial<Undelivered> = {}) =>
  new MessageDeliveryError({
    ...{ topic: 'orders', partition: 1, count: 1, timedOut: false, cause: answered('INVALID_RECORD') },
    ...undelivered,
  })

test('is an error of ours, with the place, the number, the cause, and the code that it always had', () => {
  const cause = answered('REQUEST_TIMED_OUT')
  const error = make({ count: 3, cause, timedOut: true })
  expect(error).toBeInstanceOf(RacecarError)
  expect(isRacecarError(error)).toBe(true)
  expect(error).toMatchObject({
    code: 'DELIVERY_FAILED',
    topic: 'orders',
    partition: 1,
    count: 3,
    problem: 'timed-out',
  })
  expect(error.cause).toBe(cause)
  expect(error.message.split('\n')[0]).toBe(
    'a message for orders/1 and 2 more could not be delivered: producing to orders/1: REQUEST_TIMED_OUT',
  )
  expect(error.message.split('\n').slice(1)).toEqual(error.hints)
})

test.each([
  ['MESSAGE_TOO_LARGE', 'message-too-large', ['max.message.bytes', 'message.max.bytes', 'max_bytes']],
  [
    'UNKNOWN_TOPIC_OR_PARTITION',
    'unknown-topic-or-partition',
    ['orders', 'auto.create.topics.enable', 'message_timeout'],
  ],
  ['RECORD_LIST_TOO_LARGE', 'record-list-too-large', ['segment.bytes', 'log.segment.bytes']],
  ['TOPIC_AUTHORIZATION_FAILED', 'not-authorized', ['kafka-acls.sh', 'Write']],
  ['INVALID_RECORD', 'other', ['broker']],
] as const)('of %s it says what to do, also where time was up', (code, problem, words) => {
  for (const timedOut of [false, problem !== 'other']) {
    const error = make({ cause: answered(code), timedOut })
    expect(error.problem).toBe(problem)
    for (const word of words) expect(error.message).toContain(word)
  }
})

test('where nothing else is known and time was up it says how that comes, and which option there is', () => {
  for (const cause of [new Error('connect ECONNREFUSED'), coded('NOT_LEADER_OR_FOLLOWER'), 'a string', undefined]) {
    const error = make({ cause, timedOut: true })
    expect(error.problem).toBe('timed-out')
    expect(error.message).toContain('message_timeout')
    expect(error.message).toContain('min.insync.replicas')
  }
})

test('a partition that was not chosen yet is not made up', () => {
  expect(make({ partition: undefined }).message).toMatch(/^a message for orders could not/)
})

test('a cause that points back at itself ends somewhere', () => {
  const cause = new Error('round')
  cause.cause = cause
  expect(make({ cause }).problem).toBe('other')
})

test('a line of the log says it in short: what happened, and the first hint', () => {
  const error = make({ cause: answered('MESSAGE_TOO_LARGE'), count: 2 })
  const [hint, next] = error.hints
  const said = messageOf('delivery.failed', { error: errorData(error), count: 2 })
  expect(said).toBe(
    `2 produced messages could not be delivered: a message for orders/1 and 1 more could not be delivered: producing to orders/1: MESSAGE_TOO_LARGE. ${hint}`,
  )
  expect(told(errorData(error))).not.toContain(next)
  expect(firstLine(errorData(error))).toMatch(/^a message for orders\/1 and 1 more could not be delivered/)
})
