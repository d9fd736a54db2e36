import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { errorData } from '../../src/events/error-data.ts'
import { epitaph, firstLine, told, userPlace } from '../../src/events/error-words.ts'
import { reasonOf } from '../../src/lib/reason.ts'
import { thrown } from '../support/thrown.ts'

describe('whatever is thrown', () => {
  test.each(thrown)('has words, crosses processes, and is not without end: %s', (_, make) => {
    const data = errorData(make())
    expect(structuredClone(data)).toEqual(data)
    expect([typeof data.name, typeof data.message]).toEqual(['string', 'string'])
    expect(JSON.stringify(data).length).toBeLessThan(150_000)
    for (const say of [told, epitaph, firstLine]) expect(typeof say(data)).toBe('string')
    expect(epitaph(data).length).toBeLessThan(1400)
    expect(firstLine(data).length).toBeLessThanOrEqual(200)
    expect(typeof reasonOf(make())).toBe('string')
  })

  test.each([
    [undefined, 'undefined'],
    [null, 'null'],
    ['words', 'words'],
    [7n, '7'],
    [Symbol('s'), 'Symbol(s)'],
    [{ code: 7 }, '{"code":7}'],
    [Promise.resolve(), '[object Promise]'],
    [new DOMException('no quota', 'QuotaExceededError'), 'QuotaExceededError: no quota'],
    [runInNewContext('new TypeError("afar")'), 'TypeError: afar'],
    [new Error(''), 'Error without a message'],
    [Object.assign(new Error(''), { name: 'Invalid' }), 'Invalid'],
  ])('%s', (error, words) => {
    expect(told(errorData(error))).toBe(words)
  })
})

test('causes are told, and the errors of an aggregate, as far as somebody would read', () => {
  const cause = new TypeError('no total', { cause: new Error('the form is empty') })
  expect(told(errorData(new Error('cannot bill', { cause })))).toBe(
    'cannot bill (TypeError: no total (the form is empty))',
  )
  const all = new AggregateError([new Error('first'), 'second'], 'all of them', { cause: 'the net' })
  expect(told(errorData(all))).toBe('AggregateError: all of them (first; second; the net)')
  expect(told(errorData(new AggregateError([new Error('a')])))).toBe('AggregateError (a)')
  const many = new AggregateError(
    Array.from({ length: 100 }, (_, index) => new Error(`e${index}`)),
    'many',
  )
  expect(told(errorData(many))).toBe('AggregateError: many (e0; e1; e2; e3; e4)')
})

test('the place is the first in the stack that is neither Node’s nor a package’s', () => {
  const stack = (...places: string[]) => ({
    name: 'Error',
    message: 'x',
    stack: `Error: x\n${places.map(one => `    at ${one}`).join('\n')}`,
  })
  const own = 'bill (/srv/app/src/bill.ts:3:7)'
  const others = [
    'JSON.parse (<anonymous>)',
    'node:internal/process:1:2',
    'get (/srv/app/node_modules/zod/index.js:1:2)',
    'new Promise (<anonymous>)',
  ]
  expect(userPlace(stack(...others, own, 'process (/srv/app/src/mail.ts:9:1)'))).toBe(own)
  expect(userPlace(stack(...others))).toBeUndefined()
  expect(userPlace({ name: 'Error', message: 'x' })).toBeUndefined()
  expect(epitaph(stack(own))).toBe(`x (at ${own})`)
})

test('a huge message is cut, and where it came from is kept', () => {
  const data = errorData(new Error('x'.repeat(100_000)))
  expect(data.message).toMatch(/^x{4000}… \(100000 characters\)$/)
  expect(data.stack!.length).toBeLessThan(13_000)
  expect(userPlace(data)).toContain('error-words.test.ts')
})
