import { expect, test } from 'vitest'
import { ByHand, p, Rig } from './rig.ts'

const who = { clientId: 'racecar', consumer: 'OrdersConsumer', groupId: 'orders-consumer' }

test('the loop is told of each max_wait_time, idle or not, with what is in hand and for how long', async () => {
  const byHand = new ByHand()
  const rig = await Rig.started({ process: (message, context) => byHand.call(message.value!, context) })
  const turns: unknown[] = []
  rig.bus.on('loop.turned', data => turns.push(data))
  await rig.clock.advance(1400)
  rig.engine.append(p(0), ['a'])
  await rig.clock.advance(1600)
  const turn = { ...who, partitions: 1, beatAgoMs: null, durationMs: 1000 }
  expect(turns).toEqual([
    { ...turn, inHand: 0, longestInHandMs: 0 },
    { ...turn, inHand: 1, longestInHandMs: 600 },
    { ...turn, inHand: 1, longestInHandMs: 1600 },
  ])
})

test('it ends with the beginning of the end', async () => {
  const rig = await Rig.started({ process: () => {} })
  let turns = 0
  rig.bus.on('loop.turned', () => turns++)
  await rig.stop()
  await rig.clock.advance(10_000)
  expect([turns, rig.clock.pending]).toEqual([0, 0])
})

test('a short max_wait_time makes no more than ten a second', async () => {
  const rig = await Rig.started({ process: () => {} }, { config: { maxWaitTime: 0.001 } })
  let turns = 0
  rig.bus.on('loop.turned', () => turns++)
  await rig.clock.advance(1000)
  expect(turns).toBe(10)
})

test('a partition that rests after a failure is told of with each turn, and once more when it goes on', async () => {
  let calls = 0
  const rig = await Rig.started(
    {
      process() {
        if (calls++ === 0) throw new Error('boom')
      },
    },
    { config: { pauseTimeout: 2.5 }, partitions: 2 },
  )
  const told: unknown[] = []
  rig.bus.on('pause.status', ({ partition, pausedMs }) => told.push([partition, pausedMs]))
  rig.engine.append(p(1), ['a'])
  await rig.settle()
  await rig.clock.advance(10_000)
  expect(told).toEqual([
    [1, 1000],
    [1, 2000],
    [1, 0],
  ])
})

test('one that is lost while it rests does so no longer', async () => {
  const rig = await Rig.started({
    process() {
      throw new Error('boom')
    },
  })
  const told: unknown[] = []
  rig.bus.on('pause.status', ({ partition, pausedMs }) => told.push([partition, pausedMs]))
  rig.engine.append(p(0), ['a'])
  await rig.clock.advance(1000)
  rig.engine.lose(p(0))
  await rig.clock.advance(3000)
  expect(told).toEqual([
    [0, 1000],
    [0, 0],
  ])
})
