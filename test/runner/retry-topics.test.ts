// Retry topics: what fails is tried again out of a topic of its own when it is due, and its partition goes on meanwhile.

import { expect, test } from 'vitest'
import type { Message } from '../../src/consumer/message.ts'
import { GROUP, header, RetryRig, retryTopic } from './retry-rig.ts'
import { type Hooks, TOPIC } from './rig.ts'

const TOPICS = [5, 60]

/** Fails with what is bad, so many times; notes when and how each came. */
function failing(rig: RetryRig, times = Number.POSITIVE_INFINITY, error: () => Error = () => new TypeError('boom')) {
  const seen: [seconds: number, value: string, retriesCount: number][] = []
  const messages: Message[] = []
  const start = rig.clock.now()
  const process: Hooks['process'] = message => {
    const { value, retriesCount } = message
    messages.push(message)
    seen.push([(rig.clock.now() - start) / 1000, value!, retriesCount])
    if (value!.startsWith('bad') && retriesCount < times) throw error()
  }
  return { seen, messages, process }
}

test('a message that fails waits in one retry topic after the other, its partition goes on, and it is skipped at last', async () => {
  const rig = new RetryRig({ config: { retryTopics: TOPICS } })
  const { seen, process } = failing(rig)
  const { runner } = await rig.start({ process })
  rig.give('a', 'bad', 'b')
  await rig.clock.advance(66_000)
  expect(seen, 'the order is lost').toEqual([
    [0, 'a', 0],
    [0, 'bad', 0],
    [0, 'b', 0],
    [5, 'bad', 1],
    [65, 'bad', 2],
  ])
  expect(rig.isDone).toBe(true)
  expect(
    rig.of('message.failed').map(({ attempt, attempts, next, pauseMs, to }) => [attempt, attempts, next, pauseMs, to]),
  ).toEqual([
    [1, 3, 'retry-topic', 5000, retryTopic(5)],
    [2, 3, 'retry-topic', 60_000, retryTopic(60)],
    [3, 3, 'skip', null, null],
  ])
  expect(
    rig.of('message.failed').map(({ topic, offset, origin }) => [topic, offset, origin?.topic, origin?.offset]),
  ).toEqual([
    [TOPIC, 1, undefined, undefined],
    [retryTopic(5), 0, TOPIC, 1],
    [retryTopic(60), 0, TOPIC, 1],
  ])
  expect(rig.of('message.deferred').map(({ to, delayMs }) => [to, delayMs])).toEqual([
    [retryTopic(5), 5000],
    [retryTopic(60), 60_000],
  ])
  expect(await rig.stop(runner)).toEqual({ clean: true })
  expect(rig.clock.pending).toBe(0)
})

test('the handler gets it as what it was, with headers that say how it came, and so does onError', async () => {
  const rig = new RetryRig({ config: { retryTopics: [5] } })
  const { messages, process } = failing(rig)
  await rig.start({ process })
  rig.cluster.append(
    { topic: TOPIC, partition: 0 },
    { key: Buffer.from('k'), value: Buffer.from('bad'), headers: [['trace', Buffer.from('t1')]], timestamp: 1234 },
  )
  await rig.clock.advance(6000)
  const [first, second] = messages
  const { topic, partition, offset, key, value, timestamp } = second!
  expect({ topic, partition, offset, key, value, timestamp }).toEqual({
    topic: TOPIC,
    ...{ partition: 0, offset: 0, key: 'k', value: 'bad', timestamp: new Date(1234) },
  })
  expect(first!.headers).toEqual({ trace: 't1' })
  expect(second!.headers).toEqual({
    ...{ trace: 't1', 'racecar-topic': TOPIC, 'racecar-partition': '0', 'racecar-offset': '0' },
    ...{ 'racecar-timestamp': new Date(1234).toISOString(), 'racecar-attempts': '1', 'racecar-group': GROUP },
    ...{ 'racecar-consumer': 'OrdersConsumer', 'racecar-due': new Date(rig.clock.epoch() - 1000).toISOString() },
    'racecar-error': expect.stringMatching(/^TypeError: boom \(at .*retry-topics\.test\.ts/),
  })
  expect(rig.errors).toMatchObject([
    { topic: TOPIC, offset: 0, retriesCount: 0, next: 'retry-topic' },
    { topic: TOPIC, offset: 0, lastOffset: 0, retriesCount: 1, next: 'skip' },
  ])
})

test('dead-letter after the last one: from where it came first, with all of its attempts', async () => {
  const rig = new RetryRig({ config: { retryTopics: [5], retryTimes: 1, retryThen: 'dead-letter' } })
  const { seen, process } = failing(rig)
  await rig.start({ process })
  const letters = `${TOPIC}.dead-letter`
  rig.cluster.createTopic(letters, 1)
  rig.give('a', 'bad')
  await rig.clock.advance(10_000)
  expect(seen.slice(1)).toEqual([
    [0, 'bad', 0],
    [1, 'bad', 1],
    [6, 'bad', 2],
    [7, 'bad', 3],
  ])
  const [letter] = rig.stored(letters)
  const of = (name: string) => header(letter!, name)
  expect([of('racecar-topic'), of('racecar-offset'), of('racecar-attempts'), of('racecar-due')]).toEqual([
    ...[TOPIC, '1', '4'],
    undefined,
  ])
  expect(rig.of('message.failed').map(({ attempt, attempts }) => [attempt, attempts])).toEqual(
    [1, 2, 3, 4].map(attempt => [attempt, 4]),
  )
  expect(rig.isDone).toBe(true)
})

test('a fatal error goes past the retry topics', async () => {
  const rig = new RetryRig({ retry: { topics: [5], fatal: [TypeError] } })
  const { process } = failing(rig)
  await rig.start({ process })
  rig.give('bad')
  await rig.clock.advance(1000)
  expect(rig.of('message.failed')).toMatchObject([{ attempt: 1, next: 'skip', to: null }])
  expect(rig.stored(retryTopic(5))).toEqual([])
})

test('a partition that waits for its first message says so, and holds up neither others nor a stop', async () => {
  const rig = new RetryRig({ config: { retryTopics: [60] } })
  const { seen, process } = failing(rig, 1)
  const { runner } = await rig.start({ process })
  rig.give('bad', 'bad too')
  await rig.clock.advance(18_500)
  rig.give('a')
  await rig.clock.advance(500)
  const [waiting] = runner.snapshot().lanes.filter(({ topic }) => topic === retryTopic(60))
  expect(waiting).toMatchObject({
    ...{ state: 'paused', pausedForMs: 41_000, why: 'the next message is due in 41 s', waiting: 2, position: 0 },
    inHandOffset: null,
  })
  expect(seen.at(-1)).toEqual([18.5, 'a', 0])
  expect(await rig.stop(runner)).toEqual({ clean: true })
  expect(rig.clock.pending).toBe(0)
  expect(rig.committed(retryTopic(60)) ?? 0).toBe(0)
})

test('a restart while it waits loses nothing, and it is due when it was', async () => {
  const rig = new RetryRig({ config: { retryTopics: [60] } })
  const { seen, process } = failing(rig, 1)
  const { runner } = await rig.start({ process })
  rig.give('bad')
  await rig.clock.advance(30_000)
  await rig.stop(runner)
  await rig.start({ process })
  await rig.clock.advance(31_000)
  expect(seen).toEqual([
    [0, 'bad', 0],
    [60, 'bad', 1],
  ])
  expect(rig.isDone).toBe(true)
})

test('killed between storing it and the commit: it is tried once more, and never less', async () => {
  const rig = new RetryRig({ config: { retryTopics: [5], offsetCommitInterval: 3 } })
  const { engine } = await rig.start({ process: failing(rig, 1).process })
  rig.give('bad')
  await rig.clock.advance(1000)
  expect(rig.stored(retryTopic(5))).toHaveLength(1)
  expect(rig.committed(TOPIC)).toBe(0)
  rig.cluster.crash(engine)
  const { seen, process } = failing(rig, 1)
  await rig.start({ process })
  await rig.clock.until(() => rig.isDone)
  expect(rig.stored(retryTopic(5))).toHaveLength(2)
  expect(seen.map(([, , retriesCount]) => retriesCount)).toEqual([0, 1, 1])
})

test('killed at any step, nothing is lost: each is handled well by somebody who lived', async () => {
  const values = ['bad', 'a', 'bad too']
  // Around each request, commit and due time.
  const instants = [0, 5000, 15_000].flatMap(from => Array.from({ length: 60 }, (_, index) => from + index * 12))
  for (const instant of instants) {
    const rig = new RetryRig({ config: { retryTopics: [5, 10] }, latency: 3 })
    const well = new Set<string>()
    let isDead = false
    const process =
      (isFirst: boolean): NonNullable<Hooks['process']> =>
      ({ value, retriesCount }) => {
        if (value!.startsWith('bad') && retriesCount < 2) throw new Error('boom')
        if (!(isFirst && isDead)) well.add(value!)
      }
    const { engine } = await rig.start({ process: process(true) })
    // What is not stored at once must not be committed at once.
    rig.cluster.ingest.fail({ topic: retryTopic(5), times: 3, retriable: true, alone: false })
    rig.give(...values)
    await rig.clock.advance(instant)
    rig.cluster.crash(engine)
    isDead = true
    await rig.start({ process: process(false) })
    await rig.clock.until(() => rig.isDone)
    expect([...well].toSorted(), `killed after ${instant} ms`).toEqual(values.toSorted())
  }
})

test('committed only when the retry topic has it; until then its partition stands before it, and says so', async () => {
  const rig = new RetryRig({ config: { retryTopics: [5] }, isBare: true })
  const { seen, process } = failing(rig, 1)
  await rig.start({ process })
  rig.give('bad', 'a')
  await rig.clock.advance(8000)
  expect(rig.committed(TOPIC)).toBe(0)
  expect(seen).toHaveLength(1)
  expect(rig.of('dead.letter.waiting')).toMatchObject([{ topic: TOPIC, offset: 0, to: retryTopic(5), waitingMs: 5000 }])
  rig.cluster.createTopic(retryTopic(5), 1)
  await rig.clock.until(() => seen.length === 3 && rig.isDone)
  expect(seen.map(([, value]) => value)).toEqual(['bad', 'a', 'bad'])
  expect(rig.of('message.failed')).toHaveLength(1)
})

test.each([
  ['a day ahead', 86_400_000, 5],
  ['a day back', -86_400_000, 60],
])(
  'a wall clock that jumps %s while it waits makes it come early, or after its delay, and never later',
  async (_, skew, least) => {
    const rig = new RetryRig({ config: { retryTopics: [60] } })
    const { seen, process } = failing(rig, 1)
    await rig.start({ process })
    rig.give('bad')
    await rig.clock.advance(5000)
    rig.clock.skew = skew
    await rig.clock.advance(60_000)
    const [, [at]] = seen as [unknown, [number]]
    expect(at).toBeGreaterThanOrEqual(least)
    expect(at).toBeLessThanOrEqual(61)
    expect(rig.isDone).toBe(true)
  },
)

test('what somebody else has put into a retry topic is handled after the delay, as what it is', async () => {
  const rig = new RetryRig({ config: { retryTopics: [5] } })
  const { seen, messages, process } = failing(rig)
  await rig.start({ process })
  const odd: [string, Buffer][] = [
    ['racecar-offset', Buffer.from('-1')],
    ['racecar-due', Buffer.from('soon')],
  ] // prettier-ignore
  rig.cluster.append({ topic: retryTopic(5), partition: 0 }, { value: Buffer.from('x'), headers: odd })
  await rig.clock.advance(6000)
  expect(seen).toEqual([[5, 'x', 0]])
  expect(messages).toMatchObject([{ topic: TOPIC, partition: 0, offset: 0 }])
})

test('another group does not get what failed in this one', async () => {
  const rig = new RetryRig({ config: { retryTopics: [5] } })
  rig.cluster.createTopic(retryTopic(5, 'others'), 1)
  const { seen, process } = failing(rig, 1)
  const other: string[] = []
  await rig.start({ process })
  await rig.start({ process: ({ value }) => void other.push(value!) }, 'others')
  rig.give('bad')
  await rig.clock.advance(10_000)
  expect(seen).toHaveLength(2)
  expect(other).toEqual(['bad'])
})

test('processBatch: each message of a batch goes by itself, and comes back alone', async () => {
  const rig = new RetryRig({ config: { retryTopics: [5], fetchMessages: 10, maxWaitTime: 0.1 } })
  const batches: string[][] = []
  const processBatch: Hooks['processBatch'] = messages => {
    batches.push(messages.map(({ value, retriesCount }) => `${value}#${retriesCount}`))
    if (messages.length > 1) throw new Error('boom')
  }
  await rig.start({ processBatch })
  rig.give('a', 'b', 'c')
  await rig.clock.advance(10_000)
  expect(batches).toEqual([['a#0', 'b#0', 'c#0'], ['a#1'], ['b#1'], ['c#1']])
  expect(rig.isDone).toBe(true)
})

test('topics that are missing are made where that is allowed, with as many partitions, before anything fails', async () => {
  const rig = new RetryRig({
    config: { retryTopics: TOPICS, createDeadLetterTopic: true },
    partitions: 3,
    isBare: true,
  })
  const { runner } = await rig.start({ process() {} })
  await rig.clock.advance(60_000)
  expect(TOPICS.map(seconds => rig.cluster.partitionsOf(retryTopic(seconds)))).toEqual([3, 3])
  expect(runner.snapshot().lanes).toHaveLength(9)
})

test('nonsense is refused at the start', async () => {
  const rig = new RetryRig({ config: { retryThen: 'stop', retryTopics: [5] } })
  await expect(rig.start({ process() {} })).rejects.toMatchObject({ code: 'CONFIG' })
})
