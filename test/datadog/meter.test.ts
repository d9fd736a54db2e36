import { expect, test } from 'vitest'
import { Meter } from '../../src/datadog/meter.ts'
import { recorder } from './recorder.ts'

const tags = ['a:1']

test('counts are added up until they are handed over, and begin at zero then', () => {
  const { client, sent } = recorder()
  const meter = new Meter()
  const count = meter.series('count', 'messages', tags)
  count.add()
  count.add(4)
  meter.hand(client, 100)
  meter.hand(client, 100)
  count.add()
  meter.hand(client, 100)
  expect(sent).toEqual([
    ['increment', 'messages', 5, tags],
    ['increment', 'messages', 1, tags],
  ])
})

test('of a gauge the last value is told, and only when it was set again', () => {
  const { client, sent } = recorder()
  const meter = new Meter()
  const gauge = meter.series('gauge', 'offset', tags)
  gauge.set(7)
  gauge.set(9)
  meter.hand(client, 100)
  meter.hand(client, 100)
  expect(sent).toEqual([['gauge', 'offset', 9, tags]])
})

test('of what is measured every value is told, to the microsecond, as many in a line as it may hold', () => {
  const { client, sent } = recorder()
  const meter = new Meter()
  const latency = meter.series('timing', 'latency', tags)
  for (const value of [1, 0.12345, 1234.5678, 3]) latency.measured(value)
  meter.hand(client, 12)
  meter.series('histogram', 'size', tags).measured(1000)
  meter.hand(client, 12)
  expect(sent).toEqual([
    ['timing', 'latency', '1:0.123', tags],
    ['timing', 'latency', '1234.568:3', tags],
    ['histogram', 'size', '1000', tags],
  ])
})

test('a series is one for its name and tags', () => {
  const meter = new Meter()
  expect(meter.series('count', 'a', ['x'])).toBe(meter.series('count', 'a', ['x']))
  expect(meter.series('count', 'a', ['x'])).not.toBe(meter.series('count', 'a', ['y']))
})
