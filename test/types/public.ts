// What users write, as the compiler sees it: every line below either compiles or is expected not to. Compiled by types.test.ts and
// by `npm run types`; never run.

import {
  Consumer,
  type ConsumerInstance,
  type Context,
  configureProducer,
  createProducer,
  type Message,
  MessageDeliveryError,
  type MessageOf,
  produceAsync,
  produceSync,
  run,
  type StandardSchema,
  topic,
  waitForDelivery,
} from 'racecar'
import { message, recordProduced, testConsumer } from 'racecar/testing'

type Equal<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
declare function isTrue<T extends true>(): T
declare function isFalse<T extends false>(): T

interface PageView {
  readonly id: string
  readonly ip: string
}

// ---- topics and their messages
const pageviews = topic<PageView>('pageviews')
const untyped = topic('untyped')
declare const orderSchema: StandardSchema<{ total: number }>
const orders = topic('orders', orderSchema)

isTrue<Equal<MessageOf<typeof pageviews>, Message<PageView>>>()
isTrue<Equal<MessageOf<typeof pageviews>['data'], PageView>>()
isTrue<Equal<MessageOf<typeof untyped>['data'], unknown>>()
isTrue<Equal<MessageOf<typeof orders>['data'], { total: number }>>()
isTrue<Equal<MessageOf<string>, never>>()
isFalse<Equal<MessageOf<typeof pageviews>['data'], unknown>>()

// A library's schema, as it declares itself, its input being another type than its output.
declare const library: {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (
      value: unknown,
    ) => { readonly value: Date } | { readonly issues: readonly { message: string }[] }
    readonly types?: { readonly input: string; readonly output: Date } | undefined
  }
}
const dates = topic('dates', library)
isTrue<Equal<MessageOf<typeof dates>['data'], Date>>()

// @ts-expect-error a schema is no function
topic('x', (value: unknown) => value)
// @ts-expect-error the type that is asked for is not what the schema gives
topic<string>('x', orderSchema)

// ---- a message
declare const anyMessage: Message
isTrue<Equal<typeof anyMessage.key, string | null>>()
isTrue<Equal<typeof anyMessage.value, string | null>>()
isTrue<Equal<typeof anyMessage.rawValue, Buffer | null>>()
isTrue<Equal<typeof anyMessage.data, unknown>>()
const parsed = anyMessage.json<PageView>()
isTrue<Equal<typeof parsed, PageView>>()
// @ts-expect-error a message is not for writing
anyMessage.offset = 5
// @ts-expect-error the value may be null
anyMessage.value.length
// @ts-expect-error nothing is known of the data without a type
anyMessage.data.id

// A plain object will do for one.
const plain: Message<PageView> = {
  topic: 'pageviews',
  partition: 0,
  offset: 0,
  key: null,
  value: null,
  rawKey: null,
  rawValue: null,
  headers: {},
  rawHeaders: [],
  timestamp: new Date(),
  retriesCount: 0,
  data: { id: '1', ip: '::1' },
  json: <T>() => null as T,
}

// ---- a class
abstract class SchemaFault extends Error {
  constructor(readonly field: string) {
    super(field)
  }
}

export class GeoCodingConsumer extends Consumer {
  static {
    this.subscribesTo(pageviews, { startFromBeginning: false, maxBytesPerPartition: 1_048_576 })
    this.subscribesTo('a')
    this.subscribesTo('a', orders, 'b')
    this.subscribesTo('a', orders, { startFromBeginning: true })
    this.configure({ workers: 5, pauseTimeout: 2, groupId: 'geo', serial: true })
    this.configure({})

    this.configure({ retryTimes: 3, retryThen: 'dead-letter', bisect: true })
    this.configure({ retry: { times: 3, backoff: 2, andThen: 'skip', fatal: [TypeError, SchemaFault, 'ZodError'] } })
    this.subscribesTo('c', { retry: { times: 0, backoff: { first: 1, most: 60 }, deadLetterTopic: 'lost' } })

    // @ts-expect-error a typo
    this.configure({ retryTims: 3 })
    // @ts-expect-error no such way
    this.configure({ retryThen: 'drop' })
    // @ts-expect-error a typo
    this.configure({ retry: { tims: 3 } })
    // @ts-expect-error a wrong kind of value
    this.configure({ retry: { times: '3' } })
    // @ts-expect-error no such way
    this.subscribesTo('c', { retry: { andThen: 'drop' } })
    // @ts-expect-error a backoff has an end
    this.subscribesTo('c', { retry: { backoff: { first: 1 } } })
    // @ts-expect-error a function is no class of errors
    this.subscribesTo('c', { retry: { fatal: [(error: Error) => error.message === ''] } })
    // @ts-expect-error a list
    this.subscribesTo('c', { retry: { fatal: SchemaFault } })
    // @ts-expect-error a typo
    this.configure({ wokers: 5 })
    // @ts-expect-error in code the names are in camelCase
    this.configure({ pause_timeout: 2 })
    // @ts-expect-error a wrong kind of value
    this.configure({ workers: '5' })
    // @ts-expect-error a wrong kind of value
    this.configure({ serial: 1 })
    // @ts-expect-error no option of a class
    this.configure({ brokers: ['localhost:9092'] })
    // @ts-expect-error no topic
    this.subscribesTo()
    // @ts-expect-error no topic
    this.subscribesTo({ startFromBeginning: false })
    // @ts-expect-error options come last
    this.subscribesTo('a', { startFromBeginning: false }, 'b')
    // @ts-expect-error a typo
    this.subscribesTo('a', { startFromBegining: false })
    // @ts-expect-error a wrong kind of value
    this.subscribesTo('a', { startFromBeginning: 'no' })
    // @ts-expect-error no name
    this.subscribesTo(5)
  }

  // No `override` is wanted: the base declares none of these.
  async initialize() {}
  async teardown() {}
  onPartitionsRevoked(partitions: readonly { topic: string; partition: number }[]) {
    this.logger.info('gone', { partitions })
  }

  async process(incoming: MessageOf<typeof pageviews>, { signal }: Context) {
    const { id, ip } = incoming.data
    await fetch(`https://example.com/${ip}`, { signal })
    this.produce(JSON.stringify({ id }), {
      topic: 'out',
      key: id,
      headers: { source: 'geo', raw: Buffer.from('x'), none: null },
    })
    this.produce(null, { topic: 'out', key: incoming.key, headers: incoming.headers, timestamp: incoming.timestamp })
    this.produce(incoming.rawValue, { topic: 'out', partition: 3, timestamp: Date.now() })
    await this.deliver()
    // @ts-expect-error no such field
    incoming.data.country
    // @ts-expect-error an object is no value
    this.produce({ id }, { topic: 'out' })
    // @ts-expect-error nowhere to
    this.produce('x', { key: id })
    // @ts-expect-error nowhere to
    this.produce('x')
  }
}

// @ts-expect-error the base cannot be made itself
new Consumer()

const consumer = new GeoCodingConsumer()
isTrue<Equal<(typeof consumer.produced)[number]['topic'], string>>()
const context: Context = { signal: new AbortController().signal }
void consumer.process(plain, context)
void consumer.process(message<PageView>({ value: { id: '1', ip: '::1' } }), context)
void consumer.process(message({ topic: pageviews, value: '{}' }), context)
// @ts-expect-error a message of another type
void consumer.process(message({ value: { id: 1 } }), context)
// @ts-expect-error a message of another topic
void consumer.process(message({ topic: orders }), context)
// @ts-expect-error the value is not of the topic's type
message({ topic: orders, value: { totl: 5 } })

// ---- what may be run
class Batches extends Consumer {
  processBatch(messages: readonly MessageOf<typeof orders>[], _context: Context) {
    return messages.length
  }
}
class Mutable extends Consumer {
  async processBatch(messages: Message[]) {
    messages.reverse()
  }
}
class Both extends Consumer {
  process() {}
  processBatch() {}
}
class Neither extends Consumer {}
abstract class Abstract extends Consumer {
  process() {}
}
class Demanding extends Consumer {
  constructor(readonly url: string) {
    super()
  }
  process() {}
}

class Unrelated {
  process() {}
}

run(GeoCodingConsumer)
run(Batches)
run(Mutable)
// @ts-expect-error both process and processBatch
run(Both)
// @ts-expect-error neither process nor processBatch
run(Neither)
// @ts-expect-error nobody can make an instance of it
run(Abstract)
// @ts-expect-error nobody knows what to make it with
run(Demanding)
// @ts-expect-error no consumer
run(Unrelated)
isTrue<Equal<ReturnType<typeof run>['done'], Promise<number>>>()
void run('GeoCodingConsumer', { workers: 2, brokers: ['kafka:9092'] }, { signals: false })
// @ts-expect-error a class runs in this process
run(GeoCodingConsumer, { workers: 2 })
// @ts-expect-error no option
run(GeoCodingConsumer, { sesionTimeout: 2 })

// What the runner sees of it.
const instance: ConsumerInstance = consumer
void instance.process?.(anyMessage, context)

// ---- what may be tested
export async function tested() {
  const geo = await testConsumer(GeoCodingConsumer, { partitions: 3, config: { pauseTimeout: 2 } })
  isTrue<Equal<typeof geo.consumer, GeoCodingConsumer>>()
  isTrue<Equal<ReturnType<typeof geo.committed>, number | null>>()
  await geo.give(
    'text',
    new Uint8Array(),
    { value: { any: 'thing' } },
    { topic: pageviews, value: { id: '1', ip: '::1' } },
  )
  await geo.give(
    { topic: orders, value: { total: 5 } },
    { topic: orders, value: 'text' },
    { topic: 'orders', value: 5 },
  )
  // @ts-expect-error the value is not of the topic's type
  await geo.give('text', { topic: orders, value: { totl: 5 } })
  // @ts-expect-error no part of a message
  await geo.give({ vlaue: 5 })
  // @ts-expect-error an object alone is no message
  await geo.give({ id: 1 })
  // @ts-expect-error a number of seconds
  await geo.advance('5')
  // @ts-expect-error a typo
  await testConsumer(GeoCodingConsumer, { config: { pauseTimeuot: 2 } })
  // @ts-expect-error neither process nor processBatch
  await testConsumer(Neither)
  // @ts-expect-error nobody knows what to make it with
  await testConsumer(Demanding)
  geo.handled.map(({ value, retriesCount }) => [value?.length, retriesCount + 1])
  geo.produced.map(message => message.json<PageView>().ip)
  geo.errors.map(({ error, topic, retriesCount }) => [error, topic?.length, retriesCount + 1])
  await using again = await testConsumer(Batches)
  void again
}

// ---- producing from any program
configureProducer({ brokers: ['kafka:9092'], clientId: 'shop', messageTimeout: 30, onError: error => error.cure })
// @ts-expect-error an option of consumers
configureProducer({ sessionTimeout: 20 })
isTrue<Equal<ReturnType<typeof produceAsync>, void>>()
// @ts-expect-error a topic is missing
produceAsync('value', { key: 'k' })
// @ts-expect-error an object is not text
produceAsync({ id: 1 }, { topic: 'orders' })
const stored = produceSync('value', {
  topic: 'orders',
  key: 'k',
  headers: { a: 'b', none: null },
  timestamp: new Date(0),
})
isTrue<Equal<Awaited<typeof stored>['offset'], number>>()
const counted = waitForDelivery(async () => 5)
isTrue<Equal<typeof counted, Promise<number>>>()
const own = createProducer({ messageTimeout: 5 })
void own.waitForDelivery(() => own.produceAsync(null, { topic: 'orders', key: 'k' })).then(() => own.close())
stored.catch((error: unknown) => {
  if (error instanceof MessageDeliveryError) isTrue<Equal<typeof error.partition, number | undefined>>()
})
isTrue<Equal<(typeof recorded.produced)[number]['topic'], string>>()
const recorded = recordProduced()
recorded.stop()
