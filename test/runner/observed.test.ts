// The events of a handler's calls, by whoever listens to them.
import { describe, expect, test } from 'vitest'
import type { AllEvents } from '../../src/events/bus.ts'
import type { LocalEventName } from '../../src/events/local-events.ts'
import { ByHand, p, Rig, type RigOptions, values } from './rig.ts'

type Heard<N extends LocalEventName> = AllEvents[N][]

const who = { clientId: 'racecar', consumer: 'OrdersConsumer', groupId: 'orders-consumer' }

const hear = <N extends LocalEventName>(rig: Rig, name: N): Heard<N> => {
  const heard: Heard<N> = []
  rig.bus.on(name, data => void heard.push(data))
  return heard
}

const noPause: RigOptions = { config: { pauseTimeout: 1 } }

describe('a message', () => {
  test('is told before its handler is called, and with how long that took when it has settled', async () => {
    const byHand = new ByHand()
    const rig = await Rig.started({ process: (message, context) => byHand.call(message.value!, context) })
    const handling = hear(rig, 'message.handling')
    const handled = hear(rig, 'message.handled')
    rig.engine.append(p(0), ['a'])
    await rig.settle()
    expect(handled).toEqual([])
    await rig.clock.advance(30)
    byHand.end()
    await rig.settle()
    const call = { ...who, topic: 'orders', partition: 0, offset: 0, timestamp: 0, retriesCount: 0 }
    expect(handling).toEqual([{ ...call, message: expect.objectContaining({ value: 'a' }) }])
    expect(handled).toMatchObject([{ ...call, durationMs: 30, failed: false, error: undefined }])
    expect(handled[0]!.message).toBe(handling[0]!.message)
  })

  test('is told with what its handler threw, at once or later, each time', async () => {
    const errors = [new Error('thrown'), new Error('rejected')]
    let calls = 0
    const rig = await Rig.started(
      {
        process() {
          calls++
          if (calls === 1) throw errors[0]
          return calls === 2 ? Promise.reject(errors[1]) : undefined
        },
      },
      noPause,
    )
    const handled = hear(rig, 'message.handled')
    rig.engine.append(p(0), ['a', 'b'])
    await rig.clock.advance(3000)
    expect(handled.map(({ offset, failed, error, retriesCount }) => [offset, failed, error, retriesCount])).toEqual([
      [0, true, errors[0], 0],
      [0, true, errors[1], 1],
      [0, false, undefined, 2],
      [1, false, undefined, 0],
    ])
    expect(rig.errors.map(({ error }) => error)).toEqual(errors)
  })

  test('that a handler is not called for is not told: it is skipped', async () => {
    const rig = await Rig.started(
      {
        process() {
          throw new Error('boom')
        },
      },
      { config: { retryTimes: 0, retryThen: 'skip' } },
    )
    const handled = hear(rig, 'message.handled')
    rig.engine.append(p(0), ['a'])
    await rig.settle()
    expect(handled).toMatchObject([{ offset: 0, failed: true }])
    expect(rig.of('message.skipped')).toHaveLength(1)
  })

  test('whose handler is given up is told when that settles, although its result does not count', async () => {
    const byHand = new ByHand()
    const rig = await Rig.started({ process: (message, context) => byHand.call(message.value!, context) })
    const handled = hear(rig, 'message.handled')
    rig.engine.append(p(0), ['a'])
    await rig.settle()
    rig.engine.lose(p(0))
    byHand.end()
    await rig.settle()
    expect(handled).toMatchObject([{ offset: 0, failed: false }])
    expect(rig.engine.committed(p(0))).toBeUndefined()
  })

  test('a handler that is listened to gets and answers what it would get and answer otherwise', async () => {
    const seen: unknown[] = []
    const rig = await Rig.started({
      process(message, { signal }) {
        seen.push([message.value, message.retriesCount, signal.aborted])
      },
    })
    hear(rig, 'message.handling')
    rig.engine.append(p(0), values(3))
    await rig.clock.advance(250)
    expect(seen).toEqual(values(3).map(value => [value, 0, false]))
    expect(rig.engine.committed(p(0))).toBe(3)
  })
})

test('a batch is told by its offsets, and is no message', async () => {
  const rig = await Rig.started({ processBatch: () => {} }, { config: { fetchMessages: 3 } })
  const handling = hear(rig, 'batch.handling')
  const handled = hear(rig, 'batch.handled')
  const messages = hear(rig, 'message.handled')
  rig.engine.append(p(0), values(3))
  await rig.settle()
  const offsets = { firstOffset: 0, lastOffset: 2, count: 3, lastTimestamp: 0 }
  const call = { ...who, topic: 'orders', partition: 0, ...offsets, retriesCount: 0 }
  expect(handling).toEqual([call])
  expect(handled).toEqual([{ ...call, durationMs: 0, failed: false, error: undefined }])
  expect(messages).toEqual([])
})

test('none of it is told to the primary', async () => {
  const rig = await Rig.started({ process: () => {} })
  for (const name of ['message.handling', 'message.handled', 'loop.turned'] as const) hear(rig, name)
  rig.engine.append(p(0), values(3))
  await rig.clock.advance(3000)
  expect(rig.events.map(({ name }) => name)).toEqual(['offsets.committed'])
})
