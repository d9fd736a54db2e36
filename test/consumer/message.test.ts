import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { MessageInvalid, makeMessage } from '../../src/consumer/message.ts'
import type { StandardSchema } from '../../src/consumer/schema.ts'
import { topic } from '../../src/consumer/topic.ts'
import type { KafkaRecord } from '../../src/engine/engine.ts'

const record = (given: Partial<KafkaRecord> = {}): KafkaRecord => ({
  offset: 7,
  timestamp: 1_700_000_000_123,
  key: Buffer.from('kéy'),
  value: Buffer.from('{"id":1}'),
  headers: [],
  ...given,
})

const make = (given: Partial<KafkaRecord> = {}, parse?: (raw: string) => unknown) =>
  makeMessage('orders', 3, record(given), 2, parse)

describe('a message', () => {
  it('gives what the record holds, as text and as bytes', () => {
    const message = make()
    expect(message).toMatchObject({ topic: 'orders', partition: 3, offset: 7, retriesCount: 2 })
    expect(message.key).toBe('kéy')
    expect(message.value).toBe('{"id":1}')
    expect(message.timestamp).toEqual(new Date(1_700_000_000_123))
    expect(message.json()).toEqual({ id: 1 })
    expect(message.data).toEqual({ id: 1 })
  })

  it('hands out the bytes themselves, without a copy', () => {
    const value = Buffer.from('raw')
    expect(make({ value }).rawValue).toBe(value)
  })

  it('keeps null apart from an empty text', () => {
    const nothing = make({ key: null, value: null })
    expect([nothing.key, nothing.value, nothing.rawKey, nothing.rawValue]).toEqual([null, null, null, null])
    const empty = make({ key: Buffer.alloc(0), value: Buffer.alloc(0) })
    expect([empty.key, empty.value]).toEqual(['', ''])
  })

  it('is exact in its offset up to 2^53', () => {
    expect(make({ offset: Number.MAX_SAFE_INTEGER }).offset).toBe(9_007_199_254_740_991)
  })

  it('decodes only what is asked for, and once', () => {
    let decoded = 0
    const value = Object.assign(Buffer.from('{"id":1}'), {
      toString: () => {
        decoded++
        return '{"id":1}'
      },
    })
    const message = make({ value })
    expect(decoded).toBe(0)
    expect([message.value, message.value, message.data, message.data]).toHaveLength(4)
    expect(decoded).toBe(1)
    expect(message.data).toBe(message.data)
  })

  it('remembers data that is undefined', () => {
    let parsed = 0
    const message = make({}, () => {
      parsed++
      return undefined
    })
    expect([message.data, message.data]).toEqual([undefined, undefined])
    expect(parsed).toBe(1)
  })

  it('shows itself decoded in a log line and on the console', () => {
    const message = make({ headers: [['source', Buffer.from('geo')]] })
    expect(JSON.parse(JSON.stringify(message))).toEqual({
      topic: 'orders',
      partition: 3,
      offset: 7,
      key: 'kéy',
      value: '{"id":1}',
      headers: { source: 'geo' },
      timestamp: '2023-11-14T22:13:20.123Z',
      retriesCount: 2,
    })
    expect(inspect(message)).toContain('value: \'{"id":1}\'')
  })
})

describe('the headers of a message', () => {
  it('are texts, the last of a repeated name wins, and what is null is only among the raw ones', () => {
    const headers = [
      ['a', Buffer.from('1')],
      ['b', null],
      ['a', Buffer.from('2')],
      ['c', Buffer.from('3')],
      ['c', null],
    ] as const
    const message = make({ headers })
    expect(Object.entries(message.headers)).toEqual([['a', '2']])
    expect(message.rawHeaders).toBe(headers)
  })

  it('may be called anything, and nothing is there that was not sent', () => {
    const { headers } = make({ headers: [['__proto__', Buffer.from('x')]] })
    expect(Object.entries(headers)).toEqual([['__proto__', 'x']])
    expect(headers.constructor).toBeUndefined()
    expect(({} as Record<string, unknown>).x).toBeUndefined()
  })
})

const order: StandardSchema<{ id: number }> = {
  '~standard': {
    version: 1,
    vendor: 'test',
    validate: value => {
      const { id } = (value ?? {}) as { id?: unknown }
      if (typeof id === 'number') return { value: { id } }
      return { issues: [{ message: 'expected a number', path: ['items', { key: 0 }, 'id'] }, { message: 'too bad' }] }
    },
  },
}

describe('the data of a message', () => {
  const { parse } = topic('orders', order)

  it('is what the schema makes of it', () => {
    expect(make({ value: Buffer.from('{"id":1,"more":true}') }, parse).data).toEqual({ id: 1 })
  })

  it('names place and issues when the schema refuses it, each time it is asked for', () => {
    const message = make({ value: Buffer.from('{"id":"one"}') }, parse)
    for (let time = 0; time < 2; time++) {
      expect(() => message.data).toThrow(
        'the value of orders/3 at offset 7 is not as expected: items.0.id: expected a number; too bad',
      )
    }
    try {
      message.data
    } catch (error) {
      expect(error).toBeInstanceOf(MessageInvalid)
      expect(error).toMatchObject({ code: 'MESSAGE_INVALID', topic: 'orders', partition: 3, offset: 7 })
      expect((error as MessageInvalid).issues).toHaveLength(2)
    }
  })

  it('says that a value is no JSON, by data and by json()', () => {
    const message = make({ value: Buffer.from('hello') }, parse)
    expect(() => message.data).toThrow(/orders\/3 at offset 7 .*JSON/)
    expect(() => message.json()).toThrow(/orders\/3 at offset 7 .*JSON/)
    expect(message.value).toBe('hello')
  })

  it('of a message without a value is null, or what the schema says to that', () => {
    expect(make({ value: null }).data).toBeNull()
    expect(make({ value: null }).json()).toBeNull()
    expect(() => make({ value: null }, parse).data).toThrow(MessageInvalid)
  })

  it('refuses a schema that is asynchronous, in a clear sentence and without a stray rejection', () => {
    const later: StandardSchema = {
      '~standard': { version: 1, vendor: 'test', validate: () => Promise.reject(new Error('nobody sees this')) },
    }
    const message = make({}, topic('orders', later).parse)
    expect(() => message.data).toThrow('the schema of topic orders is asynchronous')
  })
})
