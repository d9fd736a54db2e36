// What becomes of a message that fails again and again: tried so many times, and then its partition stops, or it is skipped, or it
// goes to the topic for dead letters.

import { expect, test } from 'vitest'
import { ByHand, type Hooks, p, produceError, Rig, type RigOptions, TOPIC, values } from './rig.ts'

class Invalid extends Error {
  override name = 'Invalid'
}

/** Fails with whatever is bad, and notes what was given. */
function failing(isBad: (value: string) => boolean, error: () => unknown = () => new TypeError('boom')) {
  const seen: string[] = []
  const process: Hooks['process'] = ({ value }) => {
    seen.push(value!)
    if (isBad(value!)) throw error()
  }
  return { seen, process }
}

async function given(count: number, hooks: Hooks, options: RigOptions & { partitions?: number } = {}) {
  const rig = await Rig.started(hooks, options)
  rig.engine.append(p(0), values(count))
  return rig
}

const header = (rig: Rig, name: string, at = 0) =>
  rig.engine.produced[at]!.headers.find(([one]) => one === name)?.[1]?.toString()

test('skip: after so many retries, with a line, and what follows is handled', async () => {
  const { seen, process } = failing(value => value === 'v1')
  const rig = await given(3, { process }, { config: { retryTimes: 2, retryThen: 'skip', pauseTimeout: 1 } })
  await rig.clock.advance(10_000)
  expect(seen).toEqual(['v0', 'v1', 'v1', 'v1', 'v2'])
  expect(rig.engine.committed(p(0))).toBe(3)
  expect(
    rig.of('message.failed').map(({ attempt, attempts, next, pauseMs }) => [attempt, attempts, next, pauseMs]),
  ).toEqual([
    [1, 3, 'again', 1000],
    [2, 3, 'again', 1000],
    [3, 3, 'skip', null],
  ])
  expect(rig.of('message.skipped')).toEqual([{ ...p(0), offset: 1, reason: 'errors', times: 3 }])
  expect(rig.errors.map(({ info }) => info.next)).toEqual(['again', 'again', 'skip'])
})

test('dead-letter: stored once with the error and where it came from, and committed only then', async () => {
  const { seen, process } = failing(
    value => value === 'v1',
    () => new TypeError('no total', { cause: new Error('the form is empty') }),
  )
  const config = { retryTimes: 1, retryThen: 'dead-letter' as const, pauseTimeout: 1 }
  const rig = await given(3, { process }, { config })
  const acknowledged = new ByHand<void>()
  const signal = new AbortController().signal
  rig.engine.onProduce = async records => {
    await acknowledged.call(undefined, { signal })
    return records.map(() => undefined)
  }
  await rig.clock.advance(4000)
  expect(rig.engine.committed(p(0))).toBe(1)
  acknowledged.end()
  await rig.clock.advance(1000)
  expect(seen).toEqual(['v0', 'v1', 'v1', 'v2'])
  expect(rig.engine.committed(p(0))).toBe(3)
  expect(rig.engine.produced).toMatchObject([{ topic: `${TOPIC}.dead-letter`, value: Buffer.from('v1') }])
  expect(header(rig, 'racecar-error')).toMatch(
    /^TypeError: no total \(the form is empty\) \(at .*giving-up\.test\.ts:\d+:\d+\)?\)$/,
  )
  expect([header(rig, 'racecar-offset'), header(rig, 'racecar-attempts')]).toEqual(['1', '2'])
  expect(rig.of('message.failed').at(-1)).toMatchObject({
    next: 'dead-letter',
    to: `${TOPIC}.dead-letter`,
    pauseMs: null,
  })
  expect(rig.of('message.dead.lettered')).toEqual([
    { ...p(0), offset: 1, to: `${TOPIC}.dead-letter`, reason: 'errors', times: 2 },
  ])
  expect(await rig.clock.when(rig.stop())).toEqual({ clean: true })
  expect(rig.clock.pending).toBe(0)
})

test('dead-letter: what is refused is tried again, whatever the pauses are, without the handler; the others flow', async () => {
  const { seen, process } = failing(value => value === 'v0')
  const config = { retryTimes: 0, retryThen: 'dead-letter' as const, pauseTimeout: 0 }
  const rig = await given(1, { process }, { config, partitions: 2 })
  let isOpen = false
  rig.engine.onProduce = records => records.map(() => (isOpen ? undefined : produceError('not allowed', false)))
  rig.engine.append(p(1), ['w0'])
  await rig.clock.advance(20_500)
  expect(seen.toSorted()).toEqual(['v0', 'w0'])
  expect([rig.engine.committed(p(0)), rig.engine.committed(p(1))]).toEqual([undefined, 1])
  expect(rig.of('message.failed').map(({ next, to, attempts }) => [next, to, attempts])).toEqual([
    ['dead-letter', `${TOPIC}.dead-letter`, 1],
    ...Array(3).fill(['again', `${TOPIC}.dead-letter`, null]),
  ])
  isOpen = true
  await rig.clock.advance(10_000)
  expect(rig.engine.committed(p(0))).toBe(1)
  expect(seen).toHaveLength(2)
})

test('stop: the partition stands before the message, says so again and again, and the others flow; a stop is clean', async () => {
  const { seen, process } = failing(value => value === 'v1')
  const rig = await given(3, { process }, { config: { retryTimes: 1, pauseTimeout: 1 }, partitions: 2 })
  await rig.clock.advance(2000)
  rig.engine.append(p(1), ['w0'])
  await rig.clock.advance(700_000)
  expect(seen).toEqual(['v0', 'v1', 'v1', 'w0'])
  expect([rig.engine.committed(p(0)), rig.engine.committed(p(1))]).toEqual([1, 1])
  const why = 'given up after 2 attempts: TypeError: boom'
  expect(rig.runner.snapshot().lanes[0]).toMatchObject({ state: 'paused', pausedForMs: null, why, position: 1 })
  expect(rig.of('message.failed').at(-1)).toMatchObject({ next: 'stop', attempt: 2, attempts: 2, pauseMs: null })
  expect(rig.of('partition.stands')).toEqual([300_000, 600_000].map(forMs => ({ ...p(0), offset: 1, why, forMs })))
  expect(await rig.clock.when(rig.stop())).toEqual({ clean: true })
  expect(rig.clock.pending).toBe(0)
})

test.each([{ retryTimes: 1, pauseTimeout: 1 }, { pauseTimeout: -1 }])(
  'stop: it is tried again, counted anew, when somebody says so: %o',
  async config => {
    let isMended = false
    const { seen, process } = failing(() => !isMended)
    const rig = await given(2, { process }, { config })
    await rig.clock.advance(10_000)
    const before = seen.length
    rig.runner.resume([`${TOPIC}/1`])
    await rig.clock.advance(10_000)
    expect(seen).toHaveLength(before)
    rig.runner.resume([`${TOPIC}/0`])
    await rig.clock.advance(10_000)
    expect(seen).toHaveLength(2 * before)
    isMended = true
    rig.runner.resume([])
    await rig.clock.advance(1000)
    expect(rig.engine.committed(p(0))).toBe(2)
    expect(rig.of('partition.resumed')).toEqual(Array(2).fill({ ...p(0), offset: 0 }))
  },
)

test('stop: who is given the partition next begins with a count of its own', async () => {
  const { seen, process } = failing(() => true)
  const rig = await given(1, { process }, { config: { retryTimes: 1, pauseTimeout: 1 } })
  await rig.clock.advance(5000)
  rig.engine.sink.lost([p(0)])
  rig.engine.assign(p(0))
  await rig.clock.advance(5000)
  expect(seen).toHaveLength(4)
})

test('each message has a count of its own, and one that succeeds costs the next one nothing', async () => {
  const failures = new Map([
    ['v0', 2],
    ['v1', 2],
    ['v2', 3],
    ['v3', 0],
  ]) // prettier-ignore
  const seen: string[] = []
  const process: Hooks['process'] = ({ value, retriesCount }) => {
    seen.push(`${value}#${retriesCount}`)
    if (retriesCount < failures.get(value!)!) throw new Error('boom')
  }
  const rig = await given(4, { process }, { config: { retryTimes: 2, retryThen: 'skip', pauseTimeout: 1 } })
  await rig.clock.advance(20_000)
  expect(seen.map(one => one.slice(0, 2)).join(' ')).toBe('v0 v0 v0 v1 v1 v1 v2 v2 v2 v3')
  expect(rig.of('message.skipped').map(({ offset }) => offset)).toEqual([2])
})

test.each([
  ['an instance of a class', { fatal: [Invalid] }],
  ['a name', { fatal: ['Invalid'] }],
])('a fatal error is not tried again: %s', async (_, retry) => {
  const { seen, process } = failing(
    value => value === 'v0',
    () => new (class extends Invalid {})('no id'),
  )
  const rig = await given(2, { process }, { retry: { ...retry, andThen: 'skip' } })
  await rig.clock.advance(1000)
  expect(seen).toEqual(['v0', 'v1'])
  expect(rig.of('message.failed')).toMatchObject([{ attempt: 1, attempts: null, next: 'skip' }])
})

test('what was produced and could not be delivered is no reason to give a message up', async () => {
  const rig: Rig = await given(
    1,
    {
      async process() {
        this.produce('x', { topic: 'out' })
        await this.deliver()
      },
    },
    { config: { retryTimes: 1, retryThen: 'skip', pauseTimeout: 1 } },
  )
  rig.engine.onProduce = records => records.map(() => produceError('gone', false))
  await rig.clock.advance(10_000)
  expect(rig.of('message.failed').length).toBeGreaterThan(5)
  expect(new Set(rig.of('message.failed').map(({ next, attempts }) => `${next} ${attempts}`))).toEqual(
    new Set(['again null']),
  )
  rig.engine.onProduce = records => records.map(() => undefined)
  await rig.clock.advance(2000)
  expect(rig.engine.committed(p(0))).toBe(1)
})

test('dead-letter: of a topic of dead letters a partition stops, for what was put aside once is not put aside again', async () => {
  const { process } = failing(value => value === 'v1')
  const config = { retryTimes: 0, retryThen: 'dead-letter' as const, deadLetterTopic: TOPIC }
  const rig = await given(3, { process }, { config })
  await rig.clock.advance(10_000)
  expect(rig.of('message.failed')).toMatchObject([{ offset: 1, next: 'stop', to: null }])
  expect(rig.engine.committed(p(0))).toBe(1)
  expect(rig.engine.produced).toEqual([])
})

test('dead-letter: neither a stop nor a rebalance waits long for one that nobody takes, and none of it is an error of the message', async () => {
  const { process } = failing(() => true)
  const config = { retryTimes: 0, retryThen: 'dead-letter' as const }
  const rig = await given(1, { process }, { config, partitions: 2 })
  rig.engine.onProduce = records => records.map(() => produceError('no such topic', true))
  rig.engine.append(p(1), values(1))
  await rig.clock.advance(1000)
  const revoked = Promise.resolve(rig.engine.sink.revoked([p(1)]))
  const before = rig.clock.now()
  await rig.clock.when(revoked)
  expect(rig.clock.now() - before).toBe(1000)
  expect(await rig.clock.when(rig.stop())).toEqual({ clean: true })
  expect(rig.clock.now() - before).toBeLessThanOrEqual(2100)
  expect(rig.of('message.failed')).toHaveLength(2)
  expect([rig.engine.committed(p(0)), rig.engine.committed(p(1))]).toEqual([undefined, undefined])
  expect(rig.clock.pending).toBe(0)
})
