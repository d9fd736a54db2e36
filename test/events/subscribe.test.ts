import { expect, onTestFinished, test, vi } from 'vitest'
import { createBus } from '../../src/events/bus.ts'
import { events, tellFailures } from '../../src/events/subscribe.ts'

const missing = { topic: 't' }

function listening() {
  const bus = createBus()
  const failures: unknown[] = []
  bus.on('subscriber.failed', ({ to, error }) => failures.push([to, error.message]))
  onTestFinished(tellFailures(bus))
  return { bus, failures }
}

test('a listener hears every bus of the process, until it is taken back', () => {
  const heard: unknown[] = []
  const off = events.on('topic.missing', ({ topic }) => heard.push(topic))
  createBus().publish('topic.missing', missing)
  createBus().publish('topic.missing', missing)
  off()
  createBus().publish('topic.missing', missing)
  expect(heard).toEqual(['t', 't'])
})

test('a listener that throws hurts neither publisher nor other listeners, is called on, and is told of once', () => {
  const { bus, failures } = listening()
  const heard: unknown[] = []
  let calls = 0
  onTestFinished(
    events.on('topic.missing', () => {
      calls++
      throw new Error('boom')
    }),
  )
  onTestFinished(events.on('topic.missing', ({ topic }) => heard.push(topic)))
  bus.publish('topic.missing', missing)
  bus.publish('topic.missing', missing)
  expect([calls, heard, failures]).toEqual([2, ['t', 't'], [['topic.missing', 'boom']]])
})

test('a name that no event has is a TypeError, with the one that was meant', () => {
  const on = (name: string) => () => events.on(name as 'line', () => {})
  expect(on('message.handeld')).toThrow(
    new TypeError('events.on: there is no event message.handeld; did you mean message.handled?'),
  )
  expect(on('worker.stoped')).toThrow('did you mean worker.stopped?')
  expect(on('toString')).toThrow(new TypeError('events.on: there is no event toString'))
})

test('one that rejects is told of as well', async () => {
  const { bus, failures } = listening()
  onTestFinished(
    events.on('topic.missing', async () => {
      throw new Error('later')
    }),
  )
  bus.publish('topic.missing', missing)
  await vi.waitFor(() => expect(failures).toEqual([['topic.missing', 'later']]))
})

test('a listener to failed listeners that fails itself ends nowhere in a circle', () => {
  const { bus, failures } = listening()
  const boom = () => {
    throw new Error('boom')
  }
  onTestFinished(events.on('subscriber.failed', boom))
  onTestFinished(events.on('topic.missing', boom))
  bus.publish('topic.missing', missing)
  expect(failures).toEqual([
    ['topic.missing', 'boom'],
    ['subscriber.failed', 'boom'],
  ])
})

test('listeners of a second copy of the package are listeners, and their failures are told', async () => {
  const { bus, failures } = listening()
  vi.resetModules()
  const second = await import('../../src/events/subscribe.ts')
  expect(second.events).not.toBe(events)
  onTestFinished(
    second.events.on('topic.missing', () => {
      throw new Error('second')
    }),
  )
  bus.publish('topic.missing', missing)
  expect(failures).toEqual([['topic.missing', 'second']])
})
