import { expect, test } from 'vitest'
import { deferred } from '../../src/lib/deferred.ts'
import { ByHand, p, produceError, Rig, values } from './rig.ts'

const out = { topic: 'out' }

test('a stop finishes what is in hand, delivers, tears down, delivers again, commits, and only then leaves', async () => {
  const steps: string[] = []
  const hand = new ByHand()
  const rig = await Rig.started({
    process(message, context) {
      this.produce('from the handler', out)
      return hand.call(message.value!, context)
    },
    async teardown() {
      steps.push('teardown')
      this.produce('from teardown', out)
    },
  })
  rig.engine.onProduce = async records => {
    await new Promise<void>(resolve => rig.clock.after(100, resolve))
    steps.push(...records.map(({ value }) => `delivered ${value}`))
    return records.map(() => undefined)
  }
  rig.engine.onCommit = offsets => {
    steps.push(`commit ${offsets.map(({ offset }) => offset)}`)
    return offsets.map(() => 'committed')
  }
  rig.engine.onStop = () => void steps.push('left')
  rig.engine.append(p(0), ['a', 'b'])
  await rig.settle()
  const stopped = rig.stop()
  await rig.settle()
  hand.end()
  expect(await rig.clock.when(stopped)).toEqual({ clean: true })
  expect(steps).toEqual(['delivered from the handler', 'teardown', 'delivered from teardown', 'commit 1', 'left'])
  expect(await rig.runner.done).toEqual({ exitCode: 0 })
  expect(hand.given).toEqual(['a'])
  expect(rig.engine.stops).toEqual([{ leave: true, deadline: 25_000 }])
  expect(rig.clock.pending).toBe(0)
})

test('an idle stop takes no time', async () => {
  const rig = await Rig.started({ process: () => {} })
  rig.engine.append(p(0), values(10))
  await rig.clock.advance(1000)
  expect(await rig.clock.when(rig.stop(25_000, false))).toEqual({ clean: true })
  expect(rig.clock.now()).toBe(1000)
  expect(rig.engine.stops).toMatchObject([{ leave: false }])
  expect(rig.clock.pending).toBe(0)
})

test('a stop does not wait for the interval of commits', async () => {
  const rig = await Rig.started({ process: () => {} })
  rig.engine.append(p(0), values(10))
  await rig.settle()
  expect(await rig.clock.when(rig.stop())).toEqual({ clean: true })
  expect(rig.engine.committed(p(0))).toBe(10)
  expect(rig.clock.now()).toBe(0)
})

test('near the deadline the signal aborts, a handler that heeds it costs nothing, and the others are committed', async () => {
  const rig = await Rig.started(
    {
      process: ({ partition }, { signal }) =>
        partition === 0
          ? new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
          : undefined,
    },
    { partitions: 2 },
  )
  rig.engine.append(p(0), ['a'])
  rig.engine.append(p(1), ['b'])
  await rig.settle()
  expect(await rig.clock.when(rig.stop(10_000))).toEqual({ clean: true })
  expect(rig.clock.now()).toBe(9_000)
  expect(rig.errors).toMatchObject([{ error: { name: 'AbortError' }, info: { ...p(0), offset: 0 } }])
  expect(rig.engine.commits.flat()).toEqual([{ ...p(1), offset: 1 }])
})

test('a handler that does not settle is given up in time for everything else to be committed', async () => {
  const hand = new ByHand()
  const rig = await Rig.started(
    { process: (m, c) => (m.partition === 0 && m.offset === 1 ? hand.call(m.value!, c) : undefined) },
    { partitions: 2 },
  )
  rig.engine.append(p(0), ['a', 'stuck', 'c'])
  rig.engine.append(p(1), values(5))
  await rig.settle()
  expect(await rig.clock.when(rig.stop(10_000))).toEqual({ clean: false })
  expect(rig.clock.now()).toBeLessThanOrEqual(10_000)
  expect(hand.calls[0]!.signal().aborted).toBe(true)
  expect(rig.of('handler.given.up')).toMatchObject([{ ...p(0), offset: 1 }])
  expect(rig.engine.committed(p(0))).toBe(1)
  expect(rig.engine.committed(p(1))).toBe(5)
  expect(rig.engine.stops).toHaveLength(1)
  expect(await rig.runner.done).toEqual({ exitCode: 2 })
  hand.end()
  await rig.clock.advance(10_000)
  expect(rig.engine.committed(p(0))).toBe(1)
  expect(rig.clock.pending).toBe(0)
})

test('later stops join the first one', async () => {
  const hand = new ByHand()
  const rig = await Rig.started({ process: (m, c) => hand.call(m.value!, c) })
  rig.engine.append(p(0), ['a'])
  await rig.settle()
  const first = rig.stop()
  const second = rig.stop(60_000)
  await rig.clock.advance(5_000)
  hand.end()
  expect(await rig.clock.when(first)).toEqual({ clean: true })
  expect(await second).toEqual({ clean: true })
  expect(await rig.stop()).toEqual({ clean: true })
  expect(rig.engine.stops).toEqual([{ leave: true, deadline: 25_000 }])
})

test('a later stop that wants the place in the group given up gets that', async () => {
  const hand = new ByHand()
  const rig = await Rig.started({ process: (m, c) => hand.call(m.value!, c) })
  rig.engine.append(p(0), ['a'])
  await rig.settle()
  const first = rig.stop(25_000, false)
  await rig.clock.advance(100)
  const second = rig.stop(25_000, true)
  hand.end()
  await rig.clock.when(Promise.all([first, second]))
  expect(rig.engine.stops).toMatchObject([{ leave: true }])
})

test('a later stop with less time is heard by who is waiting', async () => {
  const hand = new ByHand()
  const rig = await Rig.started({ process: (m, c) => hand.call(m.value!, c) })
  rig.engine.append(p(0), ['a', 'stuck'])
  await rig.settle()
  hand.end()
  await rig.settle()
  const first = rig.stop(600_000)
  await rig.clock.advance(1_000)
  const second = rig.stop(1_000)
  expect(await rig.clock.when(Promise.race([first, second]))).toEqual({ clean: false })
  expect(rig.clock.now()).toBeLessThanOrEqual(2_000)
  expect(hand.calls[1]!.signal().aborted).toBe(true)
  expect(rig.engine.committed(p(0))).toBe(1)
  expect(rig.engine.stops).toMatchObject([{ deadline: 2_000 }])
})

test('the last commit is tried until it is stored', async () => {
  const rig = await Rig.started({ process: () => {} })
  let tries = 0
  rig.engine.onCommit = offsets => offsets.map(() => (++tries < 5 ? 'retry' : 'committed'))
  rig.engine.append(p(0), ['a'])
  await rig.settle()
  expect(await rig.clock.when(rig.stop())).toEqual({ clean: true })
  expect(rig.engine.committed(p(0))).toBe(1)
})

test('a stop while no commit can be stored ends at the deadline, and is not clean', async () => {
  for (const answer of [() => ['retry' as const], () => new Promise<never>(() => {})]) {
    const rig = await Rig.started({ process: () => {} })
    rig.engine.onCommit = answer
    rig.engine.append(p(0), ['a'])
    await rig.settle()
    expect(await rig.clock.when(rig.stop(10_000))).toEqual({ clean: false })
    expect(rig.clock.now()).toBeLessThanOrEqual(10_000)
    expect(rig.engine.stops).toHaveLength(1)
    expect(await rig.runner.done).toEqual({ exitCode: 2 })
  }
})

test('an outage does not hold up a stop when there is nothing to commit', async () => {
  const rig = await Rig.started({ process: () => {} })
  rig.engine.append(p(0), ['a'])
  await rig.clock.advance(1000)
  rig.engine.onCommit = () => new Promise(() => {})
  expect(await rig.clock.when(rig.stop())).toEqual({ clean: true })
})

test('a stop whose deliveries are never acknowledged ends in time, is not clean, and commits nothing that waits for them', async () => {
  const rig = await Rig.started(
    {
      process(message) {
        if (message.partition === 0) this.produce(message.value!, out)
      },
    },
    { partitions: 2 },
  )
  rig.engine.append(p(1), ['b'])
  await rig.settle()
  rig.engine.onProduce = () => new Promise(() => {})
  rig.engine.append(p(0), ['a'])
  await rig.settle()
  expect(await rig.clock.when(rig.stop(10_000))).toEqual({ clean: false })
  expect(rig.clock.now()).toBeLessThanOrEqual(10_000)
  expect(rig.engine.commits.flat()).toEqual([{ ...p(1), offset: 1 }])
})

test('a delivery that fails for good during a stop leaves its message uncommitted, and the stop is not clean', async () => {
  const rig = await Rig.started({
    process(message) {
      this.produce(message.value!, out)
    },
  })
  rig.engine.onProduce = async records => {
    await new Promise<void>(resolve => rig.clock.after(100, resolve))
    return records.map(() => produceError('too large', false))
  }
  rig.engine.append(p(0), ['a'])
  await rig.settle()
  expect(await rig.clock.when(rig.stop())).toEqual({ clean: false })
  expect(rig.engine.commits).toEqual([])
  expect(rig.clock.pending).toBe(0)
})

test('a teardown that throws is told, and the stop goes on', async () => {
  const rig = await Rig.started({
    process: () => {},
    teardown: () => {
      throw new Error('teardown')
    },
  })
  rig.engine.append(p(0), ['a'])
  await rig.settle()
  expect(await rig.clock.when(rig.stop())).toEqual({ clean: true })
  expect(rig.engine.committed(p(0))).toBe(1)
  expect(rig.of('hook.failed')).toMatchObject([{ hook: 'teardown', error: { message: 'teardown' } }])
})

test('a teardown that never settles is left, and what was handled is committed', async () => {
  const rig = await Rig.started({ process: () => {}, teardown: () => new Promise(() => {}) })
  rig.engine.append(p(0), ['a'])
  await rig.settle()
  expect(await rig.clock.when(rig.stop(10_000))).toEqual({ clean: false })
  expect(rig.clock.now()).toBeLessThanOrEqual(10_000)
  expect(rig.engine.committed(p(0))).toBe(1)
})

test('teardown is called once', async () => {
  let calls = 0
  const rig = await Rig.started({ process: () => {}, teardown: () => void calls++ })
  await rig.clock.when(Promise.all([rig.stop(), rig.stop()]))
  rig.engine.sink.failed(new Error('late'))
  await rig.settle()
  expect(calls).toBe(1)
})

test('a stop during a pause does not wait for it', async () => {
  const rig = await Rig.started({
    process: () => {
      throw new Error('boom')
    },
  })
  rig.engine.append(p(0), ['a'])
  await rig.settle()
  expect(await rig.clock.when(rig.stop())).toEqual({ clean: true })
  expect(rig.clock.now()).toBe(0)
  expect(rig.clock.pending).toBe(0)
})

test('a deadline that has passed still ends everything', async () => {
  const hand = new ByHand()
  const rig = await Rig.started({ process: (m, c) => hand.call(m.value!, c) })
  rig.engine.append(p(0), ['a'])
  await rig.settle()
  expect(await rig.clock.when(rig.stop(0))).toEqual({ clean: false })
  expect(rig.engine.stops).toHaveLength(1)
})

test('what produce() is given after the end throws', async () => {
  const rig = await Rig.started({ process: () => {} })
  await rig.clock.when(rig.stop())
  expect(() => rig.consumer.produce('late', out)).toThrow(/has stopped/)
  await expect(rig.consumer.deliver()).resolves.toBeUndefined()
})

test('a revocation in the middle of a stop is answered', async () => {
  const hand = new ByHand()
  const rig = await Rig.started({ process: (m, c) => hand.call(m.value!, c) }, { partitions: 2 })
  rig.engine.append(p(0), ['a'])
  rig.engine.append(p(1), ['b'])
  await rig.settle()
  const stopped = rig.stop()
  await rig.settle()
  const revoked = rig.engine.revoke(p(0))
  hand.end(0)
  await rig.clock.when(revoked)
  expect(rig.engine.committed(p(0))).toBe(1)
  hand.end(1)
  expect(await rig.clock.when(stopped)).toEqual({ clean: true })
  expect(rig.engine.committed(p(1))).toBe(1)
})

test('when the engine fails during a stop, it ends without waiting for commits that cannot be', async () => {
  const gate = deferred()
  const rig = await Rig.started({ process: () => {}, teardown: () => gate.promise })
  const stopped = rig.stop()
  await rig.settle()
  rig.engine.sink.failed(new Error('fenced'))
  gate.resolve()
  expect(await rig.clock.when(stopped)).toEqual({ clean: true })
  expect(await rig.runner.done).toEqual({ exitCode: 0 })
})
