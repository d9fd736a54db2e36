// What a class says of messages that fail: read from configure() and from its subscriptions, or refused in a sentence.

import { describe, expect, it } from 'vitest'
import { Consumer, describe as describeClass, retryOf } from '../../src/consumer/consumer.ts'

class Invalid extends Error {}

function classWith({ configure, topic }: { configure?: unknown[]; topic?: unknown }) {
  class One extends Consumer {
    process() {}
  }
  const untyped = One as unknown as { subscribesTo(...given: unknown[]): void; configure(given: unknown): void }
  untyped.subscribesTo('mails', ...(topic === undefined ? [] : [{ retry: topic }]))
  for (const given of configure ?? []) untyped.configure(given)
  return One
}

const described = (given: Parameters<typeof classWith>[0]) => describeClass('MailConsumer', classWith(given))

describe('retry of a class', () => {
  it('is options like any other; its fatal errors stay with the class', () => {
    const retry = {
      times: 3,
      backoff: 2,
      andThen: 'dead-letter',
      deadLetterTopic: 'lost',
      bisect: true,
      fatal: [Invalid],
    }
    const { options } = described({ configure: [{ retry }] })
    expect(options).toEqual({
      retryTimes: 3,
      pauseTimeout: 2,
      pauseWithExponentialBackoff: false,
      retryThen: 'dead-letter',
      deadLetterTopic: 'lost',
      bisect: true,
    })
    expect(structuredClone(options)).toEqual(options)
    expect(retryOf(classWith({ configure: [{ retry }] }), 'mails')).toEqual({ fatal: [Invalid] })
  })

  it('has retry topics, and so has a topic of its own, which crosses to whoever makes them', () => {
    const given = { configure: [{ retry: { topics: [5, 60] } }], topic: { topics: [1] } }
    expect(described(given)).toMatchObject({
      options: { retryTopics: [5, 60] },
      subscriptions: [{ topic: 'mails', retryTopics: [1] }],
    })
  })

  it('has pauses that double', () => {
    expect(described({ configure: [{ retry: { backoff: { first: 1, most: 60 } } }] }).options).toEqual({
      pauseTimeout: 1,
      pauseWithExponentialBackoff: true,
      maxPauseTimeout: 60,
    })
  })

  it('may be given in several calls, the later ones win', () => {
    const configure = [{ retry: { times: 1, fatal: ['A'] } }, { retryTimes: 2 }, { retry: { andThen: 'skip' } }]
    expect(described({ configure }).options).toEqual({ retryTimes: 2, retryThen: 'skip' })
    expect(retryOf(classWith({ configure }), 'mails')).toEqual({ fatal: ['A'] })
  })
})

describe('retry of a topic', () => {
  it('is read where it runs, over the fatal errors of the class', () => {
    const topic = { times: 0, fatal: [TypeError] }
    const given = { configure: [{ retry: { times: 1, fatal: [Invalid] } }], topic }
    expect(retryOf(classWith(given), 'mails')).toEqual(topic)
    expect(retryOf(classWith(given), 'others')).toEqual({ fatal: [Invalid] })
    expect(described(given)).toMatchObject({
      subscriptions: [{ topic: 'mails', startFromBeginning: true, maxBytesPerPartition: 1_048_576 }],
      options: { retryTimes: 1 },
    })
    expect(structuredClone(described(given))).toEqual(described(given))
  })
})

describe('what is wrong with it', () => {
  it.each([
    [5, 'takes an object for retry, not 5'],
    [{ tims: 3 }, 'knows no retry.tims; did you mean retry.times?'],
    [{ onThen: 'skip' }, 'knows no retry.onThen; did you mean retry.andThen?'],
    [JSON.parse('{ "then": "skip" }'), 'knows no retry.then; did you mean retry.andThen?'],
    [{ times: -1 }, 'must be a whole number, at least 0, not -1'],
    [{ times: '3' }, 'must be a whole number, at least 0, not "3"'],
    [{ times: Infinity }, 'not Infinity'],
    [{ topics: [5, 5] }, 'must be a list of whole seconds, at least 1, each more than the one before, not an array'],
    [{ topics: [0.5] }, 'must be a list of whole seconds'],
    [{ topics: 5 }, 'must be a list of whole seconds'],
    [{ andThen: 'drop' }, 'must be one of stop, skip, dead-letter, not "drop"'],
    [{ backoff: 0 }, 'must be a number of seconds, at least 0.001, or { first, most } with such numbers, not 0'],
    [{ backoff: { first: 5, most: 1 } }, 'retry.backoff of'],
    [{ backoff: { first: 5 } }, 'retry.backoff of'],
    [{ backoff: { first: 1, most: 5, factor: 3 } }, 'retry.backoff of'],
    [{ deadLetterTopic: 'a b' }, 'must be the name of a topic, not "a b"'],
    [{ bisect: 1 }, 'must be true or false, not 1'],
    [{ fatal: Invalid }, 'must be a list of classes of errors, and of names or codes of errors, not a function'],
    [{ fatal: [() => true] }, 'must be a list of classes'],
    [{ fatal: [''] }, 'must be a list of classes'],
  ])('%j', (retry, sentence) => {
    const problems = (given: Parameters<typeof classWith>[0], of: string) => {
      expect(() => described(given)).toThrow(sentence)
      expect(() => described(given)).toThrow(of)
    }
    problems({ topic: retry }, 'mails')
    problems({ configure: [{ retry }] }, 'configure')
  })

  it('one option that is set in both ways', () => {
    expect(() => described({ configure: [{ retryTimes: 1, retry: { times: 2 } }] })).toThrow(
      'configure sets retryTimes twice, by itself and in retry',
    )
  })
})
