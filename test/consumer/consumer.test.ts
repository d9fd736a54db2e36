import { describe, expect, it, vi } from 'vitest'
import {
  Consumer,
  describe as describeClass,
  equip,
  isConsumerClass,
  type Outlet,
  parserOf,
} from '../../src/consumer/consumer.ts'
import { topic } from '../../src/consumer/topic.ts'

const untyped = (cls: unknown) =>
  cls as { subscribesTo(...given: unknown[]): void; configure(...given: unknown[]): void }

class Handling extends Consumer {
  process() {}
}

const described = (cls: object) => describeClass('TapDanceConsumer', cls)

describe('what a class is described as', () => {
  it('lists its topics with their options, its own options and its handler', () => {
    class One extends Handling {
      static {
        this.subscribesTo('a', topic('b'), { startFromBeginning: false })
        this.subscribesTo('c', { maxBytesPerPartition: 2048 })
        this.configure({ workers: 5, pauseTimeout: 2 })
        this.configure({ pauseTimeout: 3, groupId: undefined as never })
      }
    }
    expect(described(One)).toEqual({
      consumer: 'TapDanceConsumer',
      subscriptions: [
        { topic: 'a', startFromBeginning: false, maxBytesPerPartition: 1_048_576 },
        { topic: 'b', startFromBeginning: false, maxBytesPerPartition: 1_048_576 },
        { topic: 'c', startFromBeginning: true, maxBytesPerPartition: 2048 },
      ],
      options: { workers: 5, pauseTimeout: 3 },
      handler: 'process',
    })
  })

  it('can be sent to another process', () => {
    class One extends Handling {
      static {
        this.subscribesTo(topic('a', { '~standard': { version: 1, vendor: 'test', validate: value => ({ value }) } }))
      }
    }
    expect(structuredClone(described(One))).toEqual(described(One))
  })

  it('takes `static parallelWorkers` for workers, unless configure says so too', () => {
    class One extends Handling {
      static parallelWorkers = 4
      static {
        this.subscribesTo('a')
      }
    }
    class Two extends Handling {
      static parallelWorkers = 4
      static {
        this.subscribesTo('a')
        this.configure({ workers: 2 })
      }
    }
    expect(described(One).options).toEqual({ workers: 4 })
    expect(described(Two).options).toEqual({ workers: 2 })
  })

  it('is the class’s own: a subclass shares nothing with its parent or its sisters but the methods', () => {
    class Parent extends Handling {
      static parallelWorkers = 3
      static {
        this.subscribesTo('parent')
        this.configure({ serial: true })
      }
    }
    class Child extends Parent {
      static {
        this.subscribesTo('child')
      }
    }
    class Sister extends Parent {}
    expect(described(Child)).toMatchObject({ subscriptions: [{ topic: 'child' }], options: {}, handler: 'process' })
    expect(described(Parent)).toMatchObject({
      subscriptions: [{ topic: 'parent' }],
      options: { serial: true, workers: 3 },
    })
    expect(() => described(Sister)).toThrow('subscriptions of its parent Parent are not inherited')
  })

  it('finds processBatch, and methods that a parent has', () => {
    class Batches extends Consumer {
      processBatch() {}
    }
    class Child extends Batches {
      static {
        this.subscribesTo('a')
      }
    }
    expect(described(Child).handler).toBe('processBatch')
  })

  it('takes a topic named twice in the same way once', () => {
    class One extends Handling {
      static {
        this.subscribesTo('a', 'b')
        this.subscribesTo('a')
      }
    }
    expect(described(One).subscriptions.map(({ topic: name }) => name)).toEqual(['a', 'b'])
  })
})

describe('a class that cannot run', () => {
  const problemsOf = (cls: object): string => {
    try {
      described(cls)
      return 'none'
    } catch (error) {
      expect(error).toMatchObject({ code: 'CONSUMER_INVALID', exitCode: 78 })
      return (error as Error).message
    }
  }

  it('is told everything that is wrong with it, in one sentence', () => {
    class One extends Consumer {
      process() {}
      processBatch() {}
    }
    expect(problemsOf(One)).toBe(
      "TapDanceConsumer cannot run: it has both process and processBatch (keep one); it subscribes to no topic (call this.subscribesTo('…') in a static block).",
    )
  })

  it('is told that a handler is missing, or is a field', () => {
    class One extends Consumer {
      static {
        this.subscribesTo('a')
      }
      readonly process = () => {}
    }
    expect(problemsOf(One)).toContain('neither process(message) nor processBatch(messages), which must be methods')
  })

  it.each([
    [['a b'], '"a b" is no topic name'],
    [[''], '"" is no topic name'],
    [['..'], '".." is no topic name'],
    [['x'.repeat(250)], 'is no topic name'],
    [[5], 'subscribesTo takes names and topic(…), not 5'],
    [[['a']], 'not an array'],
    [[undefined], 'not undefined'],
    [[], 'subscribesTo names no topic'],
    [[{ startFromBeginning: false }], 'subscribesTo names no topic'],
    [['a', { startFromBegining: false }], 'subscribesTo knows no startFromBegining; did you mean startFromBeginning?'],
    [['a', { startFromBeginning: 'no' }], 'startFromBeginning must be true or false, not "no"'],
    [['a', { maxBytesPerPartition: 0 }], 'maxBytesPerPartition must be a whole number of bytes, at least 1, not 0'],
    [['a', { maxBytesPerPartition: 1.5 }], 'not 1.5'],
    [['a', { startFromBeginning: true }, 'b'], 'not an object'],
    [
      ['a', { additionalConfig: 5 }],
      "additionalConfig must be an object of settings, as { 'auto.offset.reset': 'latest' }, not 5",
    ],
    [
      ['a', { additionalConfig: { 'auto.offset.reset': {} } }],
      'auto.offset.reset in additionalConfig must be a text, not an object',
    ],
  ])('is told what is wrong with subscribesTo(...%j)', (given, sentence) => {
    class One extends Handling {}
    untyped(One).subscribesTo(...given)
    expect(problemsOf(One)).toContain(sentence)
  })

  it('may say of a topic by librdkafka’s names what can be of a topic', () => {
    class One extends Handling {
      static {
        const additionalConfig = { 'auto.offset.reset': 'latest', 'fetch.message.max.bytes': 2048, 'check.crcs': true }
        this.subscribesTo('a', { additionalConfig })
        this.subscribesTo('b', { additionalConfig: {} })
      }
    }
    expect(describeClass('One', One).subscriptions).toEqual([
      {
        topic: 'a',
        startFromBeginning: true,
        maxBytesPerPartition: 1_048_576,
        additionalConfig: { 'auto.offset.reset': 'latest', 'fetch.message.max.bytes': '2048', 'check.crcs': 'true' },
      },
      { topic: 'b', startFromBeginning: true, maxBytesPerPartition: 1_048_576 },
    ])
  })

  it('is told that it subscribes to one topic in two ways', () => {
    class One extends Handling {
      static {
        this.subscribesTo('a')
        this.subscribesTo('a', { startFromBeginning: false })
      }
    }
    expect(problemsOf(One)).toContain('it subscribes to a in two ways')
  })

  it.each([
    [5, 'configure takes an object of options, not 5'],
    [null, 'configure takes an object of options, not null'],
    [{ workers: () => 5 }, 'configure cannot set workers to a function'],
    [{ workers: { count: 5 } }, 'configure cannot set workers to an object'],
  ])('is told what cannot travel from configure(%j)', (given, sentence) => {
    class One extends Handling {
      static {
        this.subscribesTo('a')
      }
    }
    untyped(One).configure(given)
    expect(problemsOf(One)).toContain(sentence)
  })
})

describe('the parser of a topic', () => {
  const typed = topic('typed')
  const checked = topic('checked', { '~standard': { version: 1, vendor: 'test', validate: () => ({ value: 'read' }) } })
  class One extends Handling {
    static {
      this.subscribesTo('plain', typed, checked)
    }
  }

  it('is there where the class gave a schema', () => {
    expect(parserOf(One, 'checked')?.('{}')).toBe('read')
    expect(parserOf(One, 'typed')).toBeUndefined()
    expect(parserOf(One, 'plain')).toBeUndefined()
    expect(parserOf(One, 'unknown')).toBeUndefined()
  })
})

describe('a consumer class', () => {
  it('is known by a brand, so that one of another copy of this package is known too', () => {
    const brand: unique symbol = Symbol.for('racecar.consumer')
    abstract class OtherConsumer {
      static readonly [brand] = true
      process() {}
    }
    class Foreign extends OtherConsumer {}
    expect(isConsumerClass(Foreign)).toBe(true)
    expect(isConsumerClass(Handling)).toBe(true)
  })

  it.each([[Consumer], [class {}], [() => {}], [{}], [null], [undefined], ['Consumer']])('is not %o', thing => {
    expect(isConsumerClass(thing)).toBe(false)
  })
})

describe('a consumer without a runner', () => {
  it('records what it produces for a test to read, and delivers at once', async () => {
    class Geo extends Handling {
      override process() {
        this.produce('a', { topic: 'out', key: 'k', headers: { source: 'geo' } })
        this.produce(null, { topic: 'out', partitionKey: 'customer 7' })
      }
    }
    const consumer = new Geo()
    consumer.process()
    await consumer.deliver()
    expect(consumer.produced).toEqual([
      { value: 'a', topic: 'out', key: 'k', headers: { source: 'geo' } },
      { value: null, topic: 'out', partitionKey: 'customer 7' },
    ])
    expect(new Geo().produced).toEqual([])
  })

  it('logs to the console', () => {
    const info = vi.spyOn(console, 'info').mockImplementation(() => {})
    new Handling().logger.info('hello', { id: 1 })
    expect(info).toHaveBeenCalledWith('hello', { id: 1 })
    info.mockRestore()
  })

  it.each([
    [
      { id: 1 },
      { topic: 'out' },
      'produce takes a string, a Uint8Array or null as a value, not object: use JSON.stringify',
    ],
    [undefined, { topic: 'out' }, 'as a value, not undefined'],
    [5, { topic: 'out' }, 'as a value, not number'],
    ['a', undefined, 'produce needs a topic'],
    ['a', { topic: '' }, 'produce needs a topic'],
    ['a', { topic: 'out', key: 5 }, 'as a key, not number'],
    ['a', { topic: 'out', partitionKey: 5 }, 'as a partitionKey, not number'],
    ['a', { topic: 'out', partition: -1 }, 'a whole number as a partition, not -1'],
    ['a', { topic: 'out', headers: { n: 5 } }, 'as the header n, not number'],
    ['a', { topic: 'out', timestamp: 'today' }, 'produce takes a Date or milliseconds as a timestamp'],
    ['a', { topic: 'out', timestamp: new Date(Number.NaN) }, 'produce takes a Date or milliseconds as a timestamp'],
  ])('refuses to produce %j to %j', (value, to, sentence) => {
    const consumer = new Handling()
    expect(() => consumer.produce(value as never, to as never)).toThrow(TypeError)
    expect(() => consumer.produce(value as never, to as never)).toThrow(sentence)
    expect(consumer.produced).toEqual([])
  })
})

describe('a consumer with a runner', () => {
  const logger = { debug() {}, info() {}, warn() {}, error() {} }

  it('produces by its outlet and logs by its logger, what its constructor did included', async () => {
    const log: unknown[] = []
    const outlet: Outlet = {
      produce: (value, to) => void log.push([value, to]),
      deliver: async () => void log.push('delivered'),
    }
    class Early extends Handling {
      constructor() {
        super()
        this.produce('early', { topic: 'out', key: 'k' })
      }
    }
    const consumer = new Early()
    equip(consumer, { outlet, logger })
    consumer.produce('late', { topic: 'out' })
    await consumer.deliver()
    expect(log).toEqual([['early', { topic: 'out', key: 'k' }], ['late', { topic: 'out' }], 'delivered'])
    expect(consumer.produced).toEqual([])
    expect(consumer.logger).toBe(logger)
  })

  it('passes on what a delivery failed with', async () => {
    const consumer = new Handling()
    equip(consumer, { outlet: { produce() {}, deliver: () => Promise.reject(new Error('no')) }, logger })
    await expect(consumer.deliver()).rejects.toThrow('no')
  })
})
