import { expect, test } from 'vitest'
import { ByHand, p, Rig, TOPIC, values } from './rig.ts'

const ALL = { all: true, except: [] }
const NOTHING = { all: false, except: [] }
const only = (...partitions: number[]) => ({ all: false, except: partitions.map(one => `${TOPIC}/${one}`) })
const allBut = (...partitions: number[]) => ({ ...only(...partitions), all: true })

test('quiet finishes and commits what is in hand and starts nothing; told to go on it goes on where it was', async () => {
  const hand = new ByHand()
  const rig = await Rig.started({ process: (m, c) => hand.call(m.value!, c) })
  rig.engine.append(p(0), ['a', 'b'])
  await rig.settle()
  rig.runner.quiet(ALL)
  expect(rig.runner.snapshot().lanes).toMatchObject([{ quiet: true, state: 'handling' }])
  hand.end()
  await rig.clock.advance(1000)
  rig.engine.append(p(0), ['c'])
  await rig.clock.advance(3_600_000)
  expect(hand.given).toEqual(['a'])
  expect(hand.calls[0]!.signal().aborted).toBe(false)
  expect(rig.engine.committed(p(0))).toBe(1)
  expect(rig.runner.snapshot().lanes).toMatchObject([
    { quiet: true, state: 'waiting', position: 1, lag: 2, why: 'quiet' },
  ])

  rig.runner.quiet(NOTHING)
  await rig.settle()
  hand.end()
  await rig.settle()
  expect(hand.given).toEqual(['a', 'b', 'c'])
})

test('the membership goes on while it is quiet, and no more is fetched than there is room for', async () => {
  const config = { prefetchMaxBytes: 128 * 1024, minMessageQueueSize: 1 }
  const rig = await Rig.started({ process: async () => {} }, { config })
  rig.runner.quiet(ALL)
  const before = rig.engine.beats
  rig.runner.beat()
  expect(rig.engine.beats).toBe(before + 1)
  rig.engine.append(
    p(0),
    values(1000).map(value => value.padEnd(992)),
  )
  await rig.clock.advance(60_000)
  const [lane] = rig.runner.snapshot().lanes
  expect(lane!.waitingBytes).toBeGreaterThan(0)
  expect(lane!.waitingBytes).toBeLessThan(2 * 128 * 1024)
  rig.runner.quiet(NOTHING)
  await rig.clock.until(() => rig.engine.committed(p(0)) === 1000)
})

test('one partition is quiet while the others flow, and the other way round', async () => {
  const seen: string[] = []
  const rig = await Rig.started({ process: async m => void seen.push(`${m.partition}`) }, { partitions: 3 })
  const sendAll = async () => {
    seen.length = 0
    for (const one of [0, 1, 2]) rig.engine.append(p(one), ['x'])
    await rig.clock.advance(1000)
    return seen.toSorted().join('')
  }
  rig.runner.quiet(only(1))
  expect(await sendAll()).toBe('02')
  rig.runner.quiet(allBut(0))
  expect(await sendAll()).toBe('0')
  rig.runner.quiet(NOTHING)
  expect(await sendAll()).toBe('011122')
})

test('what comes by a rebalance is as quiet as what was there, and what goes is committed before', async () => {
  const seen: string[] = []
  const hand = new ByHand()
  const rig = await Rig.started({
    process: (m, c) => (m.partition === 0 ? hand.call(m.value!, c) : void seen.push('1')),
  })
  rig.engine.append(p(0), ['a', 'b'])
  rig.engine.append(p(1), ['c'])
  await rig.settle()
  rig.runner.quiet(ALL)
  rig.engine.assign(p(1))
  await rig.clock.advance(1000)
  expect(seen).toEqual([])
  const given = rig.engine.revoke(p(0))
  hand.end()
  await rig.clock.when(given)
  expect(rig.engine.committed(p(0))).toBe(1)
  rig.runner.quiet(NOTHING)
  await rig.settle()
  expect(seen).toEqual(['1'])
})

test('a pause goes on while it is quiet, and its end starts nothing', async () => {
  let calls = 0
  const fail = () => {
    calls++
    if (calls === 1) throw new Error('told to fail')
  }
  const rig = await Rig.started({ process: fail }, { config: { pauseTimeout: 10 } })
  rig.engine.append(p(0), ['a'])
  await rig.settle()
  rig.runner.quiet(ALL)
  await rig.clock.advance(5000)
  expect(rig.runner.snapshot().lanes).toMatchObject([{ quiet: true, state: 'paused', pausedForMs: 5000 }])
  rig.runner.quiet(NOTHING)
  rig.runner.quiet(ALL)
  await rig.clock.advance(60_000)
  expect(calls).toBe(1)
  rig.runner.quiet(NOTHING)
  await rig.settle()
  expect(calls).toBe(2)
})

test('a batch that waited to grow is handed over when it goes on', async () => {
  const batches: number[] = []
  const rig = await Rig.started(
    { processBatch: ms => void batches.push(ms.length) },
    { config: { fetchMessages: 10, maxWaitTime: 1 } },
  )
  rig.engine.append(p(0), values(3))
  await rig.settle()
  rig.runner.quiet(ALL)
  await rig.clock.advance(10_000)
  expect(batches).toEqual([])
  rig.runner.quiet(NOTHING)
  await rig.settle()
  expect(batches).toEqual([3])
})

test('what could not be delivered while it is quiet is handled again when it goes on, and not before', async () => {
  const seen: string[] = []
  const rig = await Rig.started(
    {
      process(m) {
        seen.push(m.value!)
        this.produce('x', { topic: 'out' })
      },
    },
    { config: { messageTimeout: 1, pauseTimeout: 1 } },
  )
  rig.engine.onProduce = records => records.map(() => Object.assign(new Error('no'), { retriable: false }))
  rig.engine.append(p(0), ['a'])
  await rig.settle()
  rig.runner.quiet(ALL)
  await rig.clock.advance(60_000)
  const before = seen.length
  rig.engine.onProduce = records => records.map(() => undefined)
  await rig.clock.advance(60_000)
  expect(seen).toHaveLength(before)
  expect(rig.engine.committed(p(0)) ?? 0).toBe(0)
  rig.runner.quiet(NOTHING)
  await rig.clock.until(() => rig.engine.committed(p(0)) === 1)
  expect(seen).toHaveLength(before + 1)
})

test('one handler at a time: it goes on as well', async () => {
  const hand = new ByHand()
  const rig = await Rig.started(
    { process: (m, c) => hand.call(m.value!, c) },
    { config: { serial: true }, partitions: 2 },
  )
  rig.engine.append(p(0), ['a'])
  rig.engine.append(p(1), ['b'])
  await rig.settle()
  rig.runner.quiet(ALL)
  hand.end()
  await rig.clock.advance(1000)
  expect(hand.given).toEqual(['a'])
  rig.runner.quiet(NOTHING)
  await rig.settle()
  expect(hand.given).toEqual(['a', 'b'])
  hand.end()
})

test('a stop while it is quiet is clean, and commits what is handled', async () => {
  const hand = new ByHand()
  const rig = await Rig.started({ process: (m, c) => hand.call(m.value!, c) })
  rig.engine.append(p(0), ['a', 'b'])
  await rig.settle()
  rig.runner.quiet(ALL)
  const stopped = rig.stop()
  rig.runner.quiet(NOTHING)
  hand.end()
  expect(await rig.clock.when(stopped)).toEqual({ clean: true })
  expect(hand.given).toEqual(['a'])
  expect(rig.engine.committed(p(0))).toBe(1)
  expect(rig.clock.pending).toBe(0)
})
