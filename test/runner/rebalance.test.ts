import { expect, test } from 'vitest'
import { deferred } from '../../src/lib/deferred.ts'
import { ByHand, p, Rig, values } from './rig.ts'

test('a revoked partition finishes what is in hand, commits it, and starts nothing more', async () => {
  const hand = new ByHand()
  const rig = await Rig.started({ process: (m, c) => hand.call(m.value!, c) })
  rig.engine.append(p(0), ['a', 'b'])
  await rig.settle()
  let isGone = false
  const revoked = rig.engine.revoke(p(0)).then(() => {
    isGone = true
  })
  await rig.clock.advance(10_000)
  expect(isGone).toBe(false)
  hand.end()
  await rig.clock.when(revoked)
  expect(hand.given).toEqual(['a'])
  expect(rig.engine.committed(p(0))).toBe(1)
  expect(rig.runner.snapshot().lanes).toEqual([])
})

test('partitions that stay go on during a revocation', async () => {
  const hand = new ByHand()
  const rig = await Rig.started({ process: (m, c) => hand.call(`${m.partition}${m.value}`, c) }, { partitions: 2 })
  rig.engine.append(p(0), ['a'])
  await rig.settle()
  const revoked = rig.engine.revoke(p(0))
  rig.engine.append(p(1), ['b'])
  await rig.settle()
  expect(hand.given).toEqual(['0a', '1b'])
  hand.end(0)
  await rig.clock.when(revoked)
})

test('a handler that outlasts the drain time has its signal aborted, is given up, and its late result is never committed', async () => {
  const hand = new ByHand()
  const rig = await Rig.started({ process: (m, c) => hand.call(m.value!, c) }, { config: { rebalanceDrainTimeout: 5 } })
  rig.engine.append(p(0), ['a', 'b', 'c'])
  await rig.settle()
  hand.end()
  await rig.settle()
  const revoked = rig.engine.revoke(p(0))
  await rig.clock.advance(4_999)
  expect(hand.calls[1]!.signal().aborted).toBe(false)
  await rig.clock.advance(1)
  expect(hand.calls[1]!.signal().aborted).toBe(true)
  expect(hand.calls[1]!.signal().reason).toMatchObject({ name: 'AbortError' })
  await rig.clock.when(revoked)
  expect(rig.clock.now()).toBeLessThan(6_000)
  expect(rig.of('handler.given.up')).toMatchObject([{ ...p(0), offset: 1 }])
  expect(rig.engine.committed(p(0))).toBe(1)
  hand.end(1)
  await rig.clock.advance(10_000)
  expect(rig.engine.committed(p(0))).toBe(1)
  expect(hand.given).toEqual(['a', 'b'])
})

test('a handler that heeds the signal in time is not given up', async () => {
  const rig = await Rig.started(
    {
      process: (_, { signal }) =>
        new Promise((_, reject) => {
          signal.addEventListener('abort', () => reject(signal.reason))
        }),
    },
    { config: { rebalanceDrainTimeout: 5 } },
  )
  rig.engine.append(p(0), ['a'])
  await rig.settle()
  await rig.clock.when(rig.engine.revoke(p(0)))
  expect(rig.of('handler.given.up')).toEqual([])
  expect(rig.engine.commits).toEqual([])
  expect(rig.errors).toMatchObject([{ error: { name: 'AbortError' }, info: { offset: 0 } }])
})

test('a lost partition is closed at once: signal aborted, nothing committed, the late result ignored', async () => {
  const hand = new ByHand()
  const rig = await Rig.started({ process: (m, c) => hand.call(m.value!, c) })
  rig.engine.append(p(0), ['a', 'b'])
  await rig.settle()
  hand.end()
  await rig.settle()
  rig.engine.lose(p(0))
  expect(hand.calls[1]!.signal().aborted).toBe(true)
  hand.end()
  await rig.clock.advance(10_000)
  expect(rig.engine.commits).toEqual([])
  expect(hand.given).toEqual(['a', 'b'])
})

test('a partition that comes back waits for the handler that was given up on it', async () => {
  const hand = new ByHand()
  const rig = await Rig.started({ process: (m, c) => hand.call(m.value!, c) }, { partitions: 2 })
  rig.engine.append(p(0), ['a', 'b'])
  rig.engine.append(p(1), ['x'])
  await rig.settle()
  rig.engine.lose(p(0), p(1))
  rig.engine.assign(p(0))
  await rig.clock.advance(60_000)
  expect(hand.given).toEqual(['a', 'x'])
  hand.end(0)
  await rig.settle()
  expect(hand.given).toEqual(['a', 'x', 'a'])
})

test('the hook about assigned partitions is awaited before their first message, and others do not wait for it', async () => {
  const seen: string[] = []
  const hook = deferred()
  const rig = await Rig.started({
    process: message => void seen.push(message.value!),
    async onPartitionsAssigned(partitions) {
      seen.push(`assigned ${partitions.map(({ partition }) => partition)}`)
      if (partitions[0]!.partition > 0) await hook.promise
    },
  })
  rig.engine.assign(p(1), p(2))
  rig.engine.append(p(0), ['a'])
  rig.engine.append(p(1), ['b'])
  await rig.clock.advance(1000)
  expect(seen).toEqual(['assigned 0', 'assigned 1,2', 'a'])
  hook.resolve()
  await rig.settle()
  expect(seen).toEqual(['assigned 0', 'assigned 1,2', 'a', 'b'])
})

test('the hook about revoked partitions runs when their handlers have ended and before they are committed and gone', async () => {
  const seen: string[] = []
  const hand = new ByHand()
  const rig = await Rig.started({
    process: (m, c) => hand.call(m.value!, c),
    async onPartitionsRevoked(partitions) {
      seen.push(`revoked ${partitions.map(({ partition }) => partition)}`)
      await Promise.resolve()
      seen.push('hook done')
    },
  })
  rig.engine.onCommit = offsets => {
    seen.push(`commit ${offsets.map(({ offset }) => offset)}`)
    return offsets.map(() => 'committed')
  }
  rig.engine.append(p(0), ['a'])
  await rig.settle()
  const revoked = rig.engine.revoke(p(0)).then(() => seen.push('gone'))
  await rig.settle()
  expect(seen).toEqual([])
  hand.end()
  await rig.clock.when(revoked)
  expect(seen).toEqual(['revoked 0', 'hook done', 'commit 1', 'gone'])
})

test('hooks about partitions that throw are told and hold up nothing', async () => {
  const seen: string[] = []
  const rig = await Rig.started({
    process: message => void seen.push(message.value!),
    onPartitionsAssigned() {
      throw new Error('assigned')
    },
    async onPartitionsRevoked() {
      throw new Error('revoked')
    },
  })
  rig.engine.append(p(0), ['a'])
  await rig.settle()
  expect(seen).toEqual(['a'])
  await rig.clock.when(rig.engine.revoke(p(0)))
  expect(rig.engine.committed(p(0))).toBe(1)
  expect(rig.of('hook.failed')).toMatchObject([
    { hook: 'onPartitionsAssigned', error: { message: 'assigned' } },
    { hook: 'onPartitionsRevoked', error: { message: 'revoked' } },
  ])
})

test('a hook about partitions that never settles does not hold them for good', async () => {
  const seen: string[] = []
  const rig = await Rig.started(
    { process: message => void seen.push(message.value!), onPartitionsAssigned: () => new Promise(() => {}) },
    { config: { maxPollInterval: 60 } },
  )
  rig.engine.append(p(0), ['a'])
  await rig.clock.advance(59_999)
  expect(seen).toEqual([])
  await rig.clock.advance(2)
  expect(seen).toEqual(['a'])
  expect(rig.of('hook.failed')).toMatchObject([{ hook: 'onPartitionsAssigned' }])
})

test('a paused partition can be revoked at once', async () => {
  const rig = await Rig.started(
    {
      process: () => {
        throw new Error('boom')
      },
    },
    { config: { pauseTimeout: -1 } },
  )
  const before = rig.clock.pending
  rig.engine.append(p(0), ['a'])
  await rig.settle()
  await rig.engine.revoke(p(0))
  await rig.clock.advance(100_000)
  expect(rig.errors).toHaveLength(1)
  expect(rig.clock.pending).toBe(before)
})

test('the last commit of a revocation is tried again within the bound', async () => {
  const rig = await Rig.started({ process: () => {} })
  let tries = 0
  rig.engine.onCommit = offsets => offsets.map(() => (++tries < 4 ? 'retry' : 'committed'))
  rig.engine.append(p(0), values(5))
  await rig.settle()
  await rig.clock.when(rig.engine.revoke(p(0)))
  expect(tries).toBe(4)
  expect(rig.engine.committed(p(0))).toBe(5)
})

test('a revocation ends although no commit succeeds and no answer comes', async () => {
  for (const answer of [() => ['retry' as const], () => new Promise<never>(() => {})]) {
    const rig = await Rig.started({ process: () => {} }, { config: { rebalanceDrainTimeout: 5 } })
    rig.engine.onCommit = answer
    rig.engine.append(p(0), ['a'])
    await rig.settle()
    await rig.clock.when(rig.engine.revoke(p(0)))
    expect(rig.clock.now()).toBeLessThan(6_000)
  }
})

test('a partition that is lost while it is being revoked ends the revocation', async () => {
  const hand = new ByHand()
  const rig = await Rig.started({ process: (m, c) => hand.call(m.value!, c) })
  rig.engine.append(p(0), ['a'])
  await rig.settle()
  const revoked = rig.engine.revoke(p(0))
  await rig.settle()
  rig.engine.sink.lost([p(0)])
  await rig.clock.when(revoked)
  expect(rig.clock.now()).toBe(0)
  expect(rig.engine.commits).toEqual([])
})

test('what was handed out to a worker that stops is not begun', async () => {
  const seen: string[] = []
  const hand = new ByHand()
  const rig = await Rig.started({
    process(m, c) {
      seen.push(m.value!)
      return hand.call(m.value!, c)
    },
  })
  rig.engine.append(p(0), ['a'])
  await rig.settle()
  const stopped = rig.stop()
  await rig.settle()
  rig.engine.assign(p(1))
  rig.engine.append(p(1), ['b'])
  await rig.settle()
  hand.end()
  expect(await rig.clock.when(stopped)).toEqual({ clean: true })
  expect(seen).toEqual(['a'])
})
