// Code under test that produces otherwise than by this.produce(): by produceAsync, produceSync and waitForDelivery.
import { MessageDeliveryError, produceAsync, produceSync, waitForDelivery } from 'racecar'
import { recordProduced, testConsumer } from 'racecar/testing'
import { describe, expect, it } from 'vitest'
import { consuming } from './support.ts'

const shout = async (value: string | null) => {
  produceAsync(`${value}!`, { topic: 'shouts', key: 'k' })
  const { offset } = await produceSync(`${value}!!`, { topic: 'shouts', key: 'k' })
  return offset
}

describe('in a consumer that is tested', () => {
  it('what its handlers and hooks produce is among what it has produced', async () => {
    await using orders = await testConsumer(consuming(({ value }) => shout(value)))
    await orders.give('a')
    expect(orders.produced.map(({ topic, key, value }) => [topic, key, value])).toEqual([
      ['shouts', 'k', 'a!'],
      ['shouts', 'k', 'a!!'],
    ])
  })

  it('two of them are not mixed, and each counts for itself', async () => {
    const offsets: (number | string)[] = []
    const make = (name: string) =>
      testConsumer(
        consuming(async ({ value }) => {
          await new Promise(resolve => setImmediate(resolve))
          offsets.push(name, await shout(value))
        }),
      )
    await using one = await make('one')
    await using two = await make('two')
    await Promise.all([one.give('a'), two.give('b')])
    expect(one.produced.map(({ value }) => value)).toEqual(['a!', 'a!!'])
    expect(two.produced.map(({ value }) => value)).toEqual(['b!', 'b!!'])
    expect(offsets.filter(one => typeof one === 'number')).toEqual([1, 1])
  })

  it('deliveries fail that were told to', async () => {
    const errors: unknown[] = []
    await using orders = await testConsumer(
      consuming(async ({ value }) => {
        await waitForDelivery(() => produceAsync(value, { topic: 'shouts' })).catch(error => errors.push(error))
      }),
    )
    orders.failDelivery('shouts')
    await orders.give('a', 'b')
    expect(errors).toMatchObject([{ topic: 'shouts', count: 1 }])
    expect(errors[0]).toBeInstanceOf(MessageDeliveryError)
    expect(orders.produced.map(({ value }) => value)).toEqual(['b'])
    orders.failDelivery('shouts', { times: 3, forGood: false })
    await orders.give('c')
    expect(errors).toHaveLength(1)
    expect(orders.produced.map(({ value }) => value)).toEqual(['b', 'c'])
  })
})

describe('recordProduced', () => {
  it('keeps what the process produces, and counts it as stored', async () => {
    using recorded = recordProduced()
    expect([await shout('a'), await shout('b')]).toEqual([1, 3])
    expect(recorded.produced.at(-1)).toEqual({ value: 'b!!', topic: 'shouts', key: 'k' })
    expect(() => produceAsync({} as never, { topic: 'shouts' })).toThrow(TypeError)
    expect(recorded.produced).toHaveLength(4)
  })

  it('ends with its scope, and leaves what was there before', async () => {
    using outer = recordProduced()
    {
      using inner = recordProduced()
      await shout('inside')
      expect(inner.produced).toHaveLength(2)
    }
    await shout('outside')
    expect(outer.produced).toHaveLength(2)
  })

  it('leaves to a tested consumer what is its own', async () => {
    using recorded = recordProduced()
    await using orders = await testConsumer(consuming(({ value }) => shout(value)))
    await orders.give('a')
    expect(orders.produced).toHaveLength(2)
    expect(recorded.produced).toEqual([])
  })
})
