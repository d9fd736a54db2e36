import { describe, expect, it } from 'vitest'
import { topic } from '../../src/index.ts'
import { message } from '../../src/testing/index.ts'

describe('message() of racecar/testing', () => {
  it('makes a message of nothing', () => {
    const before = Date.now()
    const made = message()
    expect(made).toMatchObject({ topic: 'test', partition: 0, offset: 0, retriesCount: 0, key: null, value: null })
    expect(made.rawHeaders).toEqual([])
    expect(made.timestamp.getTime()).toBeGreaterThanOrEqual(before)
  })

  it('takes everything that a message has', () => {
    const made = message({
      topic: 'orders',
      partition: 3,
      offset: 41,
      key: 'k',
      value: 'v',
      headers: { source: 'geo', raw: new Uint8Array([104, 105]), gone: null },
      timestamp: new Date(1000),
      retriesCount: 2,
    })
    expect(made).toMatchObject({ topic: 'orders', partition: 3, offset: 41, key: 'k', value: 'v', retriesCount: 2 })
    expect({ ...made.headers }).toEqual({ source: 'geo', raw: 'hi' })
    expect(made.rawHeaders).toHaveLength(3)
    expect(made.timestamp).toEqual(new Date(1000))
  })

  it.each([
    [{ id: 1 }, '{"id":1}'],
    [[1, 2], '[1,2]'],
    [5, '5'],
    [false, 'false'],
    ['{"id":1}', '{"id":1}'],
    [new Uint8Array([0x7b, 0x7d]), '{}'],
    [null, null],
  ])('takes the value %j as %j', (value, text) => {
    expect(message({ value }).value).toBe(text)
  })

  it('refuses what is no JSON', () => {
    expect(() => message({ value: () => 5 })).toThrow('message cannot have a function as its value')
  })

  it('takes repeated headers as pairs', () => {
    const made = message({
      headers: [
        ['a', '1'],
        ['a', '2'],
      ],
    })
    expect(made.headers.a).toBe('2')
    expect(made.rawHeaders.map(([name, value]) => `${name}=${value}`)).toEqual(['a=1', 'a=2'])
  })

  it('reads data by the schema of a topic', () => {
    const doubled = topic<number>('numbers', {
      '~standard': { version: 1, vendor: 'test', validate: value => ({ value: Number(value) * 2 }) },
    })
    const made = message({ topic: doubled, value: 21 })
    expect(made.topic).toBe('numbers')
    expect(made.data).toBe(42)
  })

  it('copies no bytes, and reads only its part of a larger buffer', () => {
    const bytes = new Uint8Array([1, 104, 105, 2]).subarray(1, 3)
    const made = message({ value: bytes })
    expect(made.value).toBe('hi')
    expect(made.rawValue?.buffer).toBe(bytes.buffer)
  })
})
