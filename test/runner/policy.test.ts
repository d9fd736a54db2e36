import { describe, expect, test } from 'vitest'
import { RacecarError } from '../../src/errors.ts'
import { decide, isOfDelivery, type Policy, policyOf, type Setback } from '../../src/runner/policy.ts'
import { defaults } from './rig.ts'

const setback = (changes: Partial<Setback> = {}): Setback => ({
  error: new Error('boom'),
  count: 1,
  failures: 1,
  errors: 1,
  isGivenUp: false,
  ...changes,
})

const policy = (changes: Partial<Policy> = {}): Policy => ({
  times: 2,
  follows: 'dead-letter',
  later: undefined,
  attempts: 3,
  deadLetterTopic: 'orders.dead-letter',
  pause: { ...defaults, pauseTimeout: 5 },
  bisect: false,
  fatal: [],
  ...changes,
})

const again = { kind: 'again', ms: 5000 }
const over = { kind: 'give up', follows: 'dead-letter' }

const Odd = Object.defineProperty(class {}, Symbol.hasInstance, {
  value: () => {
    throw new Error('no questions')
  },
})

describe('what follows a failure', () => {
  test.each<[string, Partial<Setback>, Partial<Policy>, object]>([
    ['the first of three attempts', {}, {}, again],
    ['the last of them', { failures: 3, errors: 3 }, {}, over],
    ['as many as it takes', { failures: 900, errors: 900 }, { times: Number.POSITIVE_INFINITY }, again],
    ['no retry', {}, { times: 0 }, over],
    ['stop', {}, { times: 0, follows: 'stop' }, { kind: 'give up', follows: 'stop' }],
    ['a batch is given up as a whole', { count: 8 }, { times: 0 }, over],
    ['or halved', { count: 8 }, { times: 0, bisect: true }, { kind: 'halve' }],
    ['down to one message', { count: 1, errors: 7 }, { times: 0, bisect: true }, over],
    ['but not before it has had its retries', { count: 8 }, { bisect: true }, again],
    ['a delivery that failed counts for nothing', { failures: 9, errors: 0 }, { times: 0 }, again],
    ['nor is it fatal', { errors: 0 }, { fatal: ['Error'] }, again],
    ['what is given up and could not be stored', { errors: 0, isGivenUp: true }, { times: 0 }, again],
    ['a fatal class', { error: new RangeError('x') }, { fatal: [TypeError, RangeError] }, over],
    ['a class below it', { error: new RangeError('x') }, { fatal: [Error] }, over],
    ['a fatal name', { error: Object.assign(new Error('x'), { name: 'ZodError' }) }, { fatal: ['ZodError'] }, over],
    ['a fatal code', { error: new RacecarError('MESSAGE_INVALID', 'x') }, { fatal: ['MESSAGE_INVALID'] }, over],
    ['a name that somebody throws as it is', { error: 'ZodError' }, { fatal: ['ZodError'] }, again],
    ['another class', { error: new RangeError('x') }, { fatal: [TypeError, Odd, 'TypeError'] }, again],
    ['a fatal batch, halved', { count: 2 }, { fatal: [Error], bisect: true }, { kind: 'halve' }],
  ])('%s', (_, before, rules, expected) => {
    expect(decide(setback(before), policy(rules))).toEqual(expected)
  })

  test('without pauses', () => {
    const with_ = (pauseTimeout: number) => policy({ pause: { ...defaults, pauseTimeout } })
    expect(decide(setback(), with_(0))).toEqual({ kind: 'fail' })
    expect(decide(setback(), with_(-1))).toEqual({ kind: 'give up', follows: 'stop' })
    expect(decide(setback({ errors: 3 }), with_(0))).toEqual(over)
    const refused = { errors: 0, isGivenUp: true }
    for (const pauseTimeout of [0, -1])
      expect(decide(setback(refused), with_(pauseTimeout))).toEqual({ kind: 'again', ms: 10_000 })
  })
})

test('what a topic says goes before what holds for all, key by key', () => {
  const config = { ...defaults, retryTimes: 5, retryThen: 'skip' as const, deadLetterTopic: 'lost', pauseTimeout: 7 }
  expect(policyOf('a', {}, config)).toMatchObject({ times: 5, follows: 'skip', deadLetterTopic: 'lost', bisect: false })
  expect(policyOf('a', {}, config).pause).toMatchObject({ pauseTimeout: 7 })
  const own = {
    times: 0,
    backoff: { first: 1, most: 60 },
    andThen: 'dead-letter',
    bisect: true,
    fatal: [TypeError],
  } as const
  expect(policyOf('a', own, config)).toEqual({
    times: 0,
    later: undefined,
    attempts: 1,
    follows: 'dead-letter',
    deadLetterTopic: 'lost',
    pause: { pauseTimeout: 1, pauseWithExponentialBackoff: true, maxPauseTimeout: 60 },
    bisect: true,
    fatal: [TypeError],
  })
  expect(policyOf('a', { deadLetterTopic: 'own', backoff: 2 }, defaults)).toMatchObject({
    times: Number.POSITIVE_INFINITY,
    deadLetterTopic: 'own',
    pause: { pauseTimeout: 2, pauseWithExponentialBackoff: false },
  })
  expect(policyOf('a', {}, defaults).deadLetterTopic).toBe('a.dead-letter')
})

test('of a topic of dead letters a partition stops, for what was put aside once is not put aside again', () => {
  const policy = policyOf('orders.dead-letter', { andThen: 'dead-letter' }, defaults)
  expect(policy).toMatchObject({ follows: 'stop', deadLetterTopic: undefined })
})

test('dead letters do not go back to where they come from', () => {
  expect(() => policyOf('orders', { deadLetterTopic: 'orders' }, defaults)).toThrow(
    expect.objectContaining({ code: 'CONFIG', message: expect.stringContaining('dead_letter_topic (orders)') }),
  )
})

test('what fails in a topic of dead letters stops its partition', () => {
  const config = { ...defaults, retryThen: 'dead-letter' as const, deadLetterTopic: 'lost' }
  for (const topic of ['lost', 'orders.dead-letter'])
    expect(policyOf(topic, {}, config)).toMatchObject({ follows: 'stop', deadLetterTopic: undefined })
  expect(policyOf('orders', {}, config)).toMatchObject({ follows: 'dead-letter', deadLetterTopic: 'lost' })
  expect(policyOf('lost', {}, { ...config, retryThen: 'skip' })).toMatchObject({ follows: 'skip' })
})

test('a delivery that failed is known in what the user’s code has made of it', () => {
  const lost = new RacecarError('DELIVERY_FAILED', 'lost')
  expect([lost, new Error('x', { cause: lost }), new Error('x'), undefined].map(isOfDelivery)).toEqual([
    true,
    true,
    false,
    false,
  ])
  const endless = new Error('x')
  endless.cause = endless
  expect(isOfDelivery(endless)).toBe(false)
})
