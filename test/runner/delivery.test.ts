import { expect, test } from 'vitest'
import { deferred } from '../../src/lib/deferred.ts'
import { ByHand, p, produceError, Rig, values } from './rig.ts'

const out = { topic: 'out' }

test('no offset is committed before everything queued by the end of its handler is acknowledged', async () => {
  const rig = await Rig.started({
    process(message) {
      this.produce(message.value!, out)
    },
  })
  const answer = deferred()
  rig.engine.onProduce = async records => {
    await answer.promise
    return records.map(() => undefined)
  }
  rig.engine.append(p(0), values(3))
  await rig.clock.advance(60_000)
  expect(rig.engine.commits).toEqual([])
  answer.resolve()
  await rig.settle()
  expect(rig.engine.commits).toEqual([[{ ...p(0), offset: 3 }]])
  expect(rig.engine.produced.map(({ value }) => value!.toString())).toEqual(values(3))
})

test('messages whose deliveries are done are committed while later ones wait', async () => {
  const rig = await Rig.started({
    process(message) {
      this.produce(message.value!, out)
    },
  })
  rig.engine.append(p(0), ['a'])
  await rig.settle()
  rig.engine.onProduce = () => new Promise(() => {})
  rig.engine.append(p(0), ['b'])
  await rig.clock.advance(1000)
  expect(rig.engine.commits).toEqual([[{ ...p(0), offset: 1 }]])
})

test('a handler that delivers waits for the acknowledgement', async () => {
  const seen: string[] = []
  const rig = await Rig.started({
    async process(message) {
      this.produce(message.value!, out)
      await this.deliver()
      seen.push(message.value!)
    },
  })
  let fails = 2
  rig.engine.onProduce = records => records.map(() => (fails-- > 0 ? produceError('not now', true) : undefined))
  rig.engine.append(p(0), ['a'])
  await rig.settle()
  expect(seen).toEqual([])
  await rig.clock.advance(1000)
  expect(seen).toEqual(['a'])
  expect(rig.engine.committed(p(0))).toBe(1)
  expect(rig.engine.produced).toHaveLength(1)
})

test('when a delivery fails for good, what was handled since and not committed is handled again after a pause', async () => {
  const seen: string[] = []
  const rig = await Rig.started(
    {
      process({ value, retriesCount, partition }) {
        seen.push(`${partition}${value}#${retriesCount}`)
        if (partition === 0) this.produce(value!, out)
      },
    },
    { partitions: 2, config: { messageTimeout: 30 } },
  )
  rig.engine.append(p(1), ['x'])
  await rig.clock.advance(1000)
  let isBroken = true
  rig.engine.onProduce = records => records.map(() => (isBroken ? produceError('no such topic', true) : undefined))
  rig.engine.append(p(0), ['a', 'b'])
  await rig.settle()
  rig.engine.append(p(1), ['y'])
  await rig.clock.advance(29_999)
  expect(seen).toEqual(['1x#0', '0a#0', '0b#0', '1y#0'])
  expect(rig.engine.commits.flat()).toEqual([{ ...p(1), offset: 1 }])
  await rig.clock.until(() => rig.errors.length > 0)
  expect(rig.clock.now()).toBeLessThan(33_500)
  isBroken = false
  expect(rig.engine.seeks).toEqual([
    { ...p(0), offset: 0 },
    { ...p(1), offset: 1 },
  ])
  const info = { consumer: 'OrdersConsumer', retriesCount: 0, unrecoverableDeliveryError: true }
  expect(rig.errors).toMatchObject([
    { error: { code: 'DELIVERY_FAILED' }, info: { ...info, ...p(0), offset: 0, lastOffset: 1, count: 2 } },
    { error: { code: 'DELIVERY_FAILED' }, info: { ...info, ...p(1), offset: 1, lastOffset: 1, count: 1 } },
  ])
  expect(rig.of('delivery.failed')).toMatchObject([{ count: 2, error: { code: 'DELIVERY_FAILED' } }])
  await rig.clock.advance(11_000)
  expect(seen.slice(4).toSorted()).toEqual(['0a#1', '0b#1', '1y#1'])
  expect(rig.engine.produced.map(({ value }) => value!.toString())).toEqual(['a', 'b'])
  expect(rig.engine.committed(p(0))).toBe(2)
  expect(rig.engine.committed(p(1))).toBe(2)
})

test('what was delivered and committed before stays done', async () => {
  const seen: string[] = []
  const rig = await Rig.started({
    process({ value }) {
      seen.push(value!)
      this.produce(value!, out)
    },
  })
  rig.engine.append(p(0), values(3))
  await rig.clock.advance(300)
  rig.engine.onProduce = records => records.map(() => produceError('too large', false))
  rig.engine.append(p(0), values(1, 3))
  await rig.settle()
  rig.engine.onProduce = records => records.map(() => undefined)
  await rig.clock.advance(20_000)
  expect(seen).toEqual(['v0', 'v1', 'v2', 'v3', 'v3'])
  expect(rig.engine.committed(p(0))).toBe(4)
})

test('what was delivered but not yet committed is not handled again either', async () => {
  const seen: string[] = []
  const rig = await Rig.started({
    process({ value }) {
      seen.push(value!)
      this.produce(value!, out)
    },
  })
  rig.engine.append(p(0), values(3))
  await rig.settle()
  rig.engine.onProduce = records => records.map(() => produceError('too large', false))
  rig.engine.append(p(0), values(1, 3))
  await rig.settle()
  expect(rig.engine.seeks).toEqual([{ ...p(0), offset: 3 }])
  expect(rig.engine.abandoned.map(({ value }) => String(value))).toEqual(values(1, 3))
  expect(rig.errors).toMatchObject([{ info: { offset: 3, lastOffset: 3, unrecoverableDeliveryError: true } }])
  await rig.clock.advance(300)
  expect(rig.engine.committed(p(0))).toBe(3)
})

test('a handler in hand that may have produced what was lost is not counted as done when it succeeds', async () => {
  const hand = new ByHand()
  const rig = await Rig.started({
    process(message, context) {
      this.produce(message.value!, out)
      return hand.call(`${message.value}#${message.retriesCount}`, context)
    },
  })
  rig.engine.onProduce = records => records.map(() => produceError('too large', false))
  rig.engine.append(p(0), ['a', 'b'])
  await rig.settle()
  rig.engine.onProduce = records => records.map(() => undefined)
  expect(rig.of('delivery.failed')).toHaveLength(1)
  hand.end()
  await rig.clock.advance(1000)
  expect(rig.engine.commits).toEqual([])
  expect(rig.errors).toMatchObject([{ info: { offset: 0, value: 'a', unrecoverableDeliveryError: true } }])
  await rig.clock.advance(9000)
  expect(hand.given).toEqual(['a#0', 'a#1'])
  hand.end()
  await rig.clock.advance(1000)
  expect(rig.engine.committed(p(0))).toBe(1)
  expect(hand.given).toEqual(['a#0', 'a#1', 'b#0'])
})

test('deliver() rejects in the handler whose record was lost before it was called', async () => {
  const gate = deferred()
  const outcomes: string[] = []
  const rig = await Rig.started({
    async process(message) {
      if (message.retriesCount > 0) return
      this.produce(message.value!, out)
      await gate.promise
      await this.deliver().then(
        () => outcomes.push('delivered'),
        error => outcomes.push(error.code),
      )
    },
  })
  rig.engine.onProduce = records => records.map(() => produceError('too large', false))
  rig.engine.append(p(0), ['a'])
  await rig.settle()
  gate.resolve()
  await rig.settle()
  expect(outcomes).toEqual(['DELIVERY_FAILED'])
})

test('once nobody is left who may have produced it, a lost record no longer makes deliver() reject', async () => {
  const outcomes: string[] = []
  const rig = await Rig.started({
    async process(message) {
      if (message.offset > 0 || message.retriesCount > 0) {
        await this.deliver()
        outcomes.push('delivered')
      } else this.produce(message.value!, out)
    },
  })
  rig.engine.onProduce = records => records.map(() => produceError('too large', false))
  rig.engine.append(p(0), values(2))
  await rig.clock.advance(20_000)
  expect(outcomes).toEqual(['delivered', 'delivered'])
})

test('a topic that cannot be written to does not delay the deliveries of another', async () => {
  const rig = await Rig.started({
    process(message) {
      this.produce(message.value!, { topic: message.value! })
    },
  })
  rig.engine.onProduce = records =>
    records.map(({ topic }) => (topic === 'bad' ? produceError('no such topic', true) : undefined))
  rig.engine.append(p(0), ['bad', 'good'])
  await rig.settle()
  rig.engine.append(p(0), ['good'])
  await rig.settle()
  expect(rig.engine.produced.map(({ topic }) => topic)).toEqual(['good', 'good'])
})

test('handlers wait while more than enough is queued for delivery', async () => {
  let handled = 0
  const rig = await Rig.started({
    process() {
      handled++
      this.produce('x'.repeat(1_000_000), out)
    },
  })
  const answers: (() => void)[] = []
  rig.engine.onProduce = async records => {
    await new Promise<void>(resolve => answers.push(resolve))
    return records.map(() => undefined)
  }
  rig.engine.append(p(0), values(100))
  await rig.clock.advance(1000)
  expect(handled).toBe(34)
  rig.engine.onProduce = records => records.map(() => undefined)
  answers[0]!()
  await rig.clock.advance(1000)
  expect(handled).toBe(100)
  expect(rig.engine.committed(p(0))).toBe(100)
})

test('a revocation waits for the deliveries of what was handled, and commits it then', async () => {
  const rig = await Rig.started({
    process(message) {
      this.produce(message.value!, out)
    },
  })
  const answer = deferred()
  rig.engine.onProduce = async records => {
    await answer.promise
    return records.map(() => undefined)
  }
  rig.engine.append(p(0), ['a'])
  await rig.settle()
  const revoked = rig.engine.revoke(p(0))
  await rig.clock.advance(5_000)
  expect(rig.engine.commits).toEqual([])
  answer.resolve()
  await rig.clock.when(revoked)
  expect(rig.clock.now()).toBe(5_000)
  expect(rig.engine.committed(p(0))).toBe(1)
})

test('a revocation does not wait for ever for a delivery, and then leaves its message to the next owner', async () => {
  const rig = await Rig.started(
    {
      process(message) {
        this.produce(message.value!, out)
      },
    },
    { config: { rebalanceDrainTimeout: 5 } },
  )
  rig.engine.append(p(0), ['a'])
  await rig.settle()
  rig.engine.onProduce = () => new Promise(() => {})
  rig.engine.append(p(0), ['b'])
  await rig.settle()
  await rig.clock.when(rig.engine.revoke(p(0)))
  expect(rig.clock.now()).toBeLessThan(6_000)
  expect(rig.engine.committed(p(0))).toBe(1)
})

test('what produce() cannot send throws in the handler', async () => {
  const rig = await Rig.started({
    process() {
      this.produce({ an: 'object' } as unknown as string, out)
    },
  })
  rig.engine.append(p(0), ['a'])
  await rig.settle()
  expect(rig.errors).toMatchObject([{ error: { name: 'TypeError' } }])
})

test('with pause_timeout 0 a lost delivery ends the worker, and the message is not committed', async () => {
  const rig = await Rig.started(
    {
      process(message) {
        this.produce(message.value!, out)
      },
    },
    { config: { pauseTimeout: 0 } },
  )
  rig.engine.onProduce = records => records.map(() => produceError('too large', false))
  rig.engine.append(p(0), ['a'])
  const end = await rig.clock.when(rig.runner.done)
  expect(end).toMatchObject({ exitCode: 1, error: { code: 'HANDLER_FAILED', cause: { code: 'DELIVERY_FAILED' } } })
  expect(rig.engine.commits).toEqual([])
})

test('a delivery that fails while its partition is paused begins the pause anew, from the message before', async () => {
  const seen: string[] = []
  const rig = await Rig.started({
    process({ value, retriesCount }) {
      seen.push(`${value}#${retriesCount} at ${rig.clock.now()}`)
      if (value === 'v0' && retriesCount === 0) this.produce('lost', out)
      if (value === 'v1' && retriesCount === 0) throw new Error('boom')
      return retriesCount > 0 ? new Promise<void>(resolve => rig.clock.after(20_000, resolve)) : undefined
    },
  })
  rig.engine.onProduce = async records => {
    await new Promise<void>(resolve => rig.clock.after(4_000, resolve))
    return records.map(() => produceError('too large', false))
  }
  rig.engine.append(p(0), values(2))
  await rig.clock.advance(60_000)
  expect(seen).toEqual(['v0#0 at 0', 'v1#0 at 0', 'v0#2 at 14000', 'v1#2 at 34000'])
})
