import { expect, test } from 'vitest'
import { ByHand, defaults, p, Rig, values } from './rig.ts'

const config = { maxPollInterval: 60, rebalanceDrainTimeout: 30 }

test('a handler that runs too long has its signal aborted, and one event names the message', async () => {
  const hand = new ByHand()
  const rig = await Rig.started({ process: (m, c) => hand.call(m.value!, c) }, { config })
  rig.engine.append(p(0), ['a', 'b'])
  await rig.settle()
  hand.end()
  await rig.clock.advance(59_999)
  expect(hand.calls[1]!.signal().aborted).toBe(false)
  await rig.clock.advance(1)
  expect(hand.calls[1]!.signal().reason).toMatchObject({ name: 'AbortError', message: /max_poll_interval/ })
  await rig.clock.advance(10_000)
  expect(rig.of('handler.overdue')).toEqual([{ ...p(0), offset: 1, runningMs: 60_000 }])
  expect(rig.of('handler.given.up')).toEqual([])
})

test('a batch has that time as a whole, however many messages are in it', async () => {
  const hand = new ByHand()
  const rig = await Rig.started({ processBatch: (all, c) => hand.call(`${all.length}`, c) }, { config })
  rig.engine.append(p(0), values(100))
  await rig.clock.advance(defaults.maxWaitTime * 1000)
  expect(hand.given).toEqual(['100'])
  await rig.clock.advance(59_999)
  expect(hand.calls[0]!.signal().aborted).toBe(false)
  await rig.clock.advance(1)
  expect(hand.calls[0]!.signal().reason).toMatchObject({ name: 'AbortError', message: /max_poll_interval/ })
  expect(rig.of('handler.overdue')).toMatchObject([{ ...p(0), offset: 0, runningMs: 60_000 }])
})

test('one that settles after its signal has aborted goes on as any other, failed or handled', async () => {
  const hand = new ByHand()
  const rig = await Rig.started({ process: (m, c) => hand.call(m.value!, c) }, { config, partitions: 2 })
  rig.engine.append(p(0), ['a'])
  rig.engine.append(p(1), ['b'])
  await rig.clock.advance(60_000)
  hand.end(0)
  hand.fail(1)
  await rig.clock.advance(1_000)
  expect(rig.engine.commits.flat()).toEqual([{ ...p(0), offset: 1 }])
  await rig.clock.advance(10_000)
  expect(hand.given).toEqual(['a', 'b', 'b'])
  hand.end(2)
  await rig.clock.advance(1_000)
  expect(rig.engine.committed(p(1))).toBe(1)
  expect(rig.of('handler.overdue')).toHaveLength(2)
})

test('one that does not settle is given up and ends the worker, after the others have drained', async () => {
  const hand = new ByHand()
  const rig = await Rig.started({ process: (m, c) => hand.call(m.value!, c) }, { config, partitions: 2 })
  rig.engine.append(p(0), ['stuck'])
  await rig.clock.advance(80_000)
  rig.engine.append(p(1), values(2))
  await rig.clock.advance(10_000)
  expect(rig.of('handler.given.up')).toMatchObject([{ ...p(0), offset: 0, runningMs: 90_000 }])
  let hasEnded = false
  const done = rig.runner.done.then(end => {
    hasEnded = true
    return end
  })
  await rig.clock.advance(5_000)
  expect(hasEnded).toBe(false)
  hand.end(1)
  const end = await rig.clock.when(done)
  expect(end).toMatchObject({ exitCode: 1, error: { code: 'HANDLER_STUCK', message: /orders\/0 at offset 0/ } })
  expect(rig.engine.committed(p(1))).toBe(1)
  expect(rig.engine.committed(p(0))).toBeUndefined()
  expect(hand.given).toEqual(['stuck', 'v0'])
  expect(rig.engine.stops).toMatchObject([{ leave: false }])
})

test('a quick handler after a slow one is measured from its own start', async () => {
  const hand = new ByHand()
  const rig = await Rig.started({ process: (m, c) => hand.call(m.value!, c) }, { config })
  rig.engine.append(p(0), values(10))
  for (let count = 0; count < 9; count++) {
    await rig.clock.advance(50_000)
    hand.end()
  }
  await rig.clock.advance(59_000)
  expect(rig.of('handler.overdue')).toEqual([])
  await rig.clock.advance(1_000)
  expect(rig.of('handler.overdue')).toMatchObject([{ offset: 9, runningMs: 60_000 }])
})

test('a handler that was given up by a rebalance and never settles still ends the worker in the end', async () => {
  const hand = new ByHand()
  const rig = await Rig.started({ process: (m, c) => hand.call(m.value!, c) }, { config })
  rig.engine.append(p(0), ['stuck'])
  await rig.settle()
  rig.engine.lose(p(0))
  const end = await rig.clock.when(rig.runner.done)
  expect(rig.clock.now()).toBe(90_000)
  expect(end).toMatchObject({ error: { code: 'HANDLER_STUCK' } })
})

test('a stop decides over a handler that is overdue as well', async () => {
  const hand = new ByHand()
  const rig = await Rig.started({ process: (m, c) => hand.call(m.value!, c) }, { config })
  rig.engine.append(p(0), ['stuck'])
  await rig.clock.advance(70_000)
  expect(await rig.clock.when(rig.stop(60_000))).toEqual({ clean: false })
  expect(await rig.runner.done).toEqual({ exitCode: 2 })
})
