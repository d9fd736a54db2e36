// Partitions that come and go, and the stop.
import { setTimeout as wait } from 'node:timers/promises'
import { Consumer, type Message, type TopicPartition } from 'racecar'
import { testConsumer } from 'racecar/testing'
import { describe, expect, it } from 'vitest'
import { deferred } from '../../src/lib/deferred.ts'
import { consuming, untilAborted } from './support.ts'

/** Notes down every call of a hook. */
class Noting extends Consumer {
  static {
    this.subscribesTo('orders')
  }
  readonly notes: string[] = []
  work: Promise<unknown> = Promise.resolve()
  initialize() {
    this.notes.push('initialize')
  }
  async process(message: Message) {
    await this.work
    this.notes.push(`process ${message.value}`)
  }
  async onPartitionsAssigned(partitions: readonly TopicPartition[]) {
    await wait(1)
    this.notes.push(`assigned ${partitions.map(({ partition }) => partition).join()}`)
  }
  onPartitionsRevoked(partitions: readonly TopicPartition[]) {
    this.notes.push(`revoked ${partitions.map(({ partition }) => partition).join()}`)
  }
  teardown(): unknown {
    this.notes.push('teardown')
    return this.produce('goodbye', { topic: 'out' })
  }
}

describe.each(['cooperative-sticky', 'range'] as const)('with the strategy %s', strategy => {
  it('a partition is taken away and given back, and goes on where the group is', async () => {
    const config = { partitionAssignmentStrategy: [strategy] }
    await using orders = await testConsumer(Noting, { partitions: 2, config })
    expect(orders.consumer.notes).toEqual(['initialize', 'assigned 0,1'])
    await orders.give({ value: 'a', partition: 0 })
    await orders.revoke('orders', 0)
    expect(orders.consumer.notes).toContain(strategy === 'range' ? 'revoked 0,1' : 'revoked 0')
    expect(orders.committed('orders', 0)).toBe(1)
    await orders.give({ value: 'b', partition: 0 }, { value: 'c', partition: 1 })
    await orders.settle()
    expect(orders.handled.map(({ value }) => value)).toEqual(['a', 'c'])
    await orders.assign('orders', 0)
    await orders.settle()
    expect(orders.handled.map(({ value }) => value)).toEqual(['a', 'c', 'b'])
  })
})

describe('a partition that is taken away', () => {
  it('has the message in hand finished first', async () => {
    const work = deferred()
    const prepare = (consumer: Noting) => {
      consumer.work = work.promise
    }
    await using orders = await testConsumer(Noting, { prepare })
    const given = orders.give('a')
    await orders.advance(0)
    const revoked = orders.revoke('orders')
    await orders.advance(1)
    expect(orders.consumer.notes).toEqual(['initialize', 'assigned 0'])
    work.resolve()
    await Promise.all([given, revoked])
    expect(orders.consumer.notes).toEqual(['initialize', 'assigned 0', 'process a', 'revoked 0'])
    expect(orders.committed('orders')).toBe(1)
  })

  it('is given up where its handler takes longer than rebalance_drain_timeout', async () => {
    const Slow = consuming((_, context) => untilAborted(context))
    await using orders = await testConsumer(Slow, { config: { rebalanceDrainTimeout: 5 } })
    const given = orders.give('a')
    const revoked = orders.revoke('orders')
    await orders.advance(5)
    await Promise.all([given, revoked])
    expect(orders.errors).toMatchObject([{ error: { name: 'AbortError' } }])
    expect(orders.committed('orders')).toBe(0)
  })
})

describe('stop()', () => {
  it('finishes what is in hand, tears down, delivers and commits', async () => {
    const work = deferred()
    const prepare = (consumer: Noting) => {
      consumer.work = work.promise
    }
    const orders = await testConsumer(Noting, { prepare })
    const given = orders.give('a', 'b')
    await orders.advance(0)
    const stopping = orders.stop()
    work.resolve()
    expect(await stopping).toEqual({ clean: true })
    await given
    expect(orders.consumer.notes).toEqual(['initialize', 'assigned 0', 'process a', 'teardown'])
    expect(orders.produced).toMatchObject([{ topic: 'out', value: 'goodbye' }])
    expect(orders.committed('orders')).toBe(1)
    expect(orders.ended).toEqual({ exitCode: 0 })
    await expect(orders.give('c')).rejects.toThrow('Noting has been stopped')
    expect(await orders.stop()).toEqual({ clean: true })
  })

  it('gives up what takes longer than shutdown_timeout', async () => {
    const orders = await testConsumer(consuming((_, context) => untilAborted(context)))
    const given = orders.give('a')
    await orders.advance(0)
    const stopping = orders.stop()
    await orders.advance(25)
    await Promise.all([given, stopping])
    expect(orders.errors).toMatchObject([{ error: { name: 'AbortError', message: 'the worker stops' } }])
  })

  it('does not wait for ever for a hook that never settles', async () => {
    class Hanging extends Noting {
      static {
        this.subscribesTo('orders')
      }
      override teardown() {
        return new Promise<never>(() => {})
      }
    }
    const orders = await testConsumer(Hanging, { patience: 0.05 })
    expect(await orders.stop()).toEqual({ clean: false })
  })

  it('tells of hooks that fail', async () => {
    class Broken extends Noting {
      static {
        this.subscribesTo('orders')
      }
      override teardown() {
        throw new Error('no')
      }
      override async onPartitionsAssigned() {
        throw new Error('not so')
      }
    }
    const orders = await testConsumer(Broken)
    await orders.stop()
    expect(orders.errors).toMatchObject([
      { hook: 'onPartitionsAssigned', error: new Error('not so') },
      { hook: 'teardown', error: new Error('no') },
    ])
  })
})
