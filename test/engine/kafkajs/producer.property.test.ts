// Random faults and moments against a broker that counts: behind the outbox nothing is lost, taken for another one, or stored twice.

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { inTurn } from '../../../src/lib/in-turn.ts'
import { Outbox } from '../../../src/producer/outbox.ts'
import { FakeClock } from '../../support/fake-clock.ts'
import { asyncProperty } from '../../support/property.ts'
import { CountingBroker, type Fault } from './counting-broker.ts'

test('behind the outbox everything is stored once and in order, whatever is lost', async () => {
  const losses = fc.constantFrom<Fault>(
    'none',
    'none',
    'request lost',
    'answer lost',
    'timed out',
    { code: 'NOT_LEADER_OR_FOLLOWER' },
    // Were it refused after all, it could not be told from others.
    { code: 'MESSAGE_TOO_LARGE', unlessStored: true },
  )
  const input = fc.record({
    faults: fc.array(losses, { maxLength: 30 }),
    bursts: fc.array(fc.record({ count: fc.nat(8), ms: fc.nat(400) }), { maxLength: 12 }),
  })
  // The others are spread, in no order.
  const isNamed = (value: number) => value % 2 === 1
  await asyncProperty(input, async ({ faults, bursts }) => {
    const clock = new FakeClock()
    const broker = new CountingBroker({ clock, partitions: 3 })
    broker.faults = [...faults]
    const reported: number[] = []
    const outbox = new Outbox({
      clock,
      messageTimeout: 600_000,
      produce: some => broker.producer.produce(some),
      abandon: some => broker.producer.abandon(some),
      onDelivered: () => {},
      onFailed: ({ first }) => reported.push(first),
    })
    let sent = 0
    for (const { count, ms } of bursts) {
      for (let i = 0; i < count; i++)
        outbox.produce(`${++sent}`, { topic: 't', ...(isNamed(sent) ? { partition: sent % 3 } : {}) })
      await clock.advance(ms)
    }
    await clock.until(() => outbox.delivered === outbox.queued)
    const stored = broker.logs.flat().map(Number)
    const expected = Array.from({ length: sent }, (_, index) => index + 1).filter(one => !reported.includes(one))
    expect(stored.filter(one => !reported.includes(one)).toSorted((x, y) => x - y)).toEqual(expected)
    expect(new Set(stored).size).toBe(stored.length)
    const named = broker.logs.map(log => log.map(Number).filter(isNamed))
    for (const log of named) expect(log).toEqual(log.toSorted((x, y) => x - y))
  })
})

test('of several outboxes nothing is lost, whatever is given up or closed', async () => {
  const fault = fc.constantFrom<Fault>(
    'request lost',
    'answer lost',
    'timed out',
    { code: 'NOT_LEADER_OR_FOLLOWER' },
    { code: 'MESSAGE_TOO_LARGE', unlessStored: true },
  )
  const box = fc.nat(1)
  const step = fc.oneof(
    fc.record({ kind: fc.constant('send' as const), box, count: fc.integer({ min: 1, max: 2 }) }),
    fc.record({ kind: fc.constant('fault' as const), fault, times: fc.integer({ min: 1, max: 4 }) }),
    fc.record({ kind: fc.constant('close' as const), box }),
    fc.record({ kind: fc.constant('pass' as const), ms: fc.nat(300) }),
  )
  await asyncProperty(fc.array(step, { maxLength: 40, size: 'max' }), async steps => {
    const clock = new FakeClock()
    const broker = new CountingBroker({ clock })
    const queue = inTurn()
    const fates = new Map<string, 'delivered' | 'failed'>()
    const open = (messageTimeout: number) =>
      new Outbox({
        clock,
        messageTimeout,
        inTurn: queue,
        produce: some => broker.producer.produce(some),
        abandon: some => broker.producer.abandon(some),
        onDelivered: () => {},
        onFailed: () => {},
        onSettled: ({ value }, error) => fates.set(String(value), error ? 'failed' : 'delivered'),
      })
    const timeouts = [600_000, 150]
    const boxes = timeouts.map(open)
    let sent = 0
    for (const step of steps) {
      switch (step.kind) {
        case 'send':
          for (let i = 0; i < step.count; i++) boxes[step.box]!.produce(`${++sent}`, { topic: 't' })
          break
        case 'fault':
          for (let i = 0; i < step.times; i++) broker.faults.push(step.fault)
          break
        case 'close': {
          boxes[step.box]!.close()
          boxes[step.box] = open(timeouts[step.box]!)
          break
        }
        case 'pass':
          await clock.advance(step.ms)
          break
        default:
          step satisfies never
      }
    }
    broker.faults = []
    await clock.until(() => boxes.every(({ delivered, queued }) => delivered === queued))
    const stored = new Set(broker.logs.flat())
    for (const [value, fate] of fates) if (fate === 'delivered') expect(stored).toContain(value)
  })
})
