import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { expect, onTestFinished, test } from 'vitest'
import { createBus } from '../../src/events/bus.ts'

function hear(name: string): unknown[] {
  const heard: unknown[] = []
  const note = (data: unknown) => void heard.push(data)
  subscribe(`racecar:${name}`, note)
  onTestFinished(() => void unsubscribe(`racecar:${name}`, note))
  return heard
}

const delivered = { clientId: 'c', consumer: null, groupId: null, count: 2, durationMs: 1 }

test('an event reaches the subscribers to it, those to all events, and the channel of its name', () => {
  const heard: unknown[] = hear('topic.missing')
  const bus = createBus()
  bus.on('topic.missing', data => heard.push(['on', data]))
  bus.onAny((name, data) => heard.push([name, data]))
  bus.publish('topic.missing', { topic: 't' })
  expect(heard).toEqual([['on', { topic: 't' }], ['topic.missing', { topic: 't' }], { topic: 't' }])
})

test('what stays in its process is for who asks for it by name, and for nobody else', () => {
  const heard: unknown[] = hear('messages.delivered')
  const bus = createBus()
  bus.on('messages.delivered', data => heard.push(['on', data]))
  bus.onAny(name => heard.push(name))
  bus.publish('messages.delivered', delivered)
  bus.tap('messages.delivered').publish(delivered)
  expect(heard).toEqual([['on', delivered], delivered, ['on', delivered], delivered])
})

test('a tap knows whether anybody listens, be it on the bus or on the channel', () => {
  const bus = createBus()
  const tap = bus.tap('messages.delivered')
  expect(tap.isWanted).toBe(false)
  const off = bus.on('messages.delivered', () => {})
  expect(tap.isWanted).toBe(true)
  off()
  expect(tap.isWanted).toBe(false)
  hear('messages.delivered')
  expect(tap.isWanted).toBe(true)
})

test('a subscriber that throws is reported, and the others hear the event all the same', () => {
  const failed: unknown[] = []
  const heard: unknown[] = hear('topic.missing')
  const bus = createBus((error, name) => failed.push([name, String(error)]))
  const boom = () => {
    throw new Error('boom')
  }
  bus.on('topic.missing', boom)
  bus.onAny(boom)
  bus.onAny(name => heard.push(name))
  bus.publish('topic.missing', { topic: 't' })
  expect(heard).toEqual(['topic.missing', { topic: 't' }])
  expect(failed).toEqual(Array.from({ length: 2 }, () => ['topic.missing', 'Error: boom']))
})
