import { expect, test } from 'vitest'
import { ByTopic, LONGEST_STAY, type TopicStrategy, type Waiting } from '../../src/runner/line-up.ts'
import { type Taker, Turns } from '../../src/runner/turns.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { p, Rig, values } from './rig.ts'

const one = (name: string): Waiting & { name: string } => ({ topic: name[0]!, name })

const setUp = (strategy: TopicStrategy) => {
  const clock = new FakeClock()
  const line = new ByTopic<ReturnType<typeof one>>({ strategy, clock })
  /** Whoever has had a turn asks again. */
  const round = (turns: number, ms = 0) =>
    Array.from({ length: turns }, () => {
      const next = line.take()
      void clock.jump(ms)
      line.push(next)
      return next.name
    }).join(' ')
  return { line, round }
}

test('round-robin takes another topic after each turn, and within a topic another partition', () => {
  const { line, round } = setUp('round-robin')
  for (const name of ['a0', 'a1', 'a2', 'b0', 'c0', 'c1']) line.push(one(name))
  expect(round(12)).toBe('a0 b0 c0 a1 b0 c1 a2 b0 c0 a0 b0 c1')
})

test('exhaust-topic stays with a topic while somebody of it waits, and then goes on to who has waited longest', () => {
  const { line } = setUp('exhaust-topic')
  for (const name of ['b0', 'a0', 'a1', 'c0', 'b1']) line.push(one(name))
  const all = Array.from({ length: 5 }, () => line.take().name)
  expect(all).toEqual(['b0', 'b1', 'a0', 'a1', 'c0'])
  expect(line.length).toBe(0)
})

test('exhaust-topic leaves a topic that never ends after so long, where others wait', () => {
  const { line, round } = setUp('exhaust-topic')
  for (const name of ['a0', 'a1', 'b0']) line.push(one(name))
  expect(round(12, LONGEST_STAY / 4)).toBe('a0 a1 a0 a1 b0 b0 b0 b0 a0 a1 a0 a1')
})

test('a topic that was alone all the time is not left sooner for that', () => {
  const { line, round } = setUp('exhaust-topic')
  line.push(one('a0'))
  expect(round(4, LONGEST_STAY / 2)).toBe('a0 a0 a0 a0')
  line.push(one('b0'))
  expect(round(3, LONGEST_STAY / 2)).toBe('a0 b0 b0')
})

const from = (topic: string) => ({ topic, partition: 0 })

test.each([
  ['exhaust-topic', 'v0 v1 v2 w0 w1 w2'],
  ['round-robin', 'v0 w0 v1 w1 v2 w2'],
] as const)('with serial and %s, handlers that return at once are called in the order %s', async (strategy, order) => {
  const seen: string[] = []
  const rig = await Rig.started(
    { process: m => void seen.push(m.value!) },
    { config: { serial: true, multiSubscriptionStrategy: strategy }, partitions: 0 },
  )
  rig.engine.lease = false
  rig.engine.assign(from('a'), from('b'))
  rig.engine.append(from('a'), ['v0', 'v1', 'v2'])
  rig.engine.append(from('b'), ['w0', 'w1', 'w2'])
  await rig.settle()
  rig.engine.lease = true
  await rig.clock.advance(100)
  expect(seen.join(' ')).toBe(order)
})

test.each([
  ['exhaust-topic', 'v0 v1 v2 v3 w0 w1'],
  ['round-robin', 'v0 v1 w0 w1 v2 v3'],
] as const)('and with %s batches in the order %s, whose handlers wait for something', async (strategy, order) => {
  const seen: string[] = []
  const rig: Rig = await Rig.started(
    {
      async processBatch(all) {
        seen.push(...all.map(m => m.value!))
        await new Promise<void>(resolve => rig.clock.after(10, resolve))
      },
    },
    { config: { serial: true, multiSubscriptionStrategy: strategy, fetchMessages: 2 }, partitions: 0 },
  )
  rig.engine.lease = false
  rig.engine.assign(from('a'), from('b'))
  rig.engine.append(from('a'), ['v0', 'v1', 'v2', 'v3'])
  rig.engine.append(from('b'), ['w0', 'w1'])
  await rig.settle()
  rig.engine.lease = true
  await rig.clock.advance(1000)
  expect(seen.join(' ')).toBe(order)
})

test('with exhaust-topic a topic that never runs dry holds up another no longer than its stay', async () => {
  const seen: string[] = []
  const at: number[] = []
  const rig: Rig = await Rig.started(
    {
      async process(m) {
        seen.push(m.topic)
        if (m.topic === 'b') at.push(rig.clock.now())
        await new Promise<void>(resolve => rig.clock.after(1000, resolve))
      },
    },
    { config: { serial: true }, partitions: 0 },
  )
  rig.engine.assign(from('a'), from('b'))
  rig.engine.append(from('a'), values(100))
  await rig.settle()
  rig.engine.append(from('b'), ['w0'])
  await rig.clock.advance(60_000)
  expect(at).toHaveLength(1)
  expect(at[0]).toBeLessThanOrEqual(LONGEST_STAY + 1000)
  expect(seen.filter(topic => topic === 'a').length).toBeGreaterThan(50)
})

test('without serial no topic waits for another, whatever the strategy', async () => {
  const seen: string[] = []
  const rig: Rig = await Rig.started(
    {
      async process(m) {
        seen.push(`${m.topic}${m.partition}`)
        await new Promise<void>(resolve => rig.clock.after(1000, resolve))
      },
    },
    { partitions: 0 },
  )
  rig.engine.assign(from('a'), from('b'), p(1, 'a'))
  for (const of of [from('a'), from('b'), p(1, 'a')]) rig.engine.append(of, values(3))
  await rig.clock.advance(500)
  expect(seen.toSorted()).toEqual(['a0', 'a1', 'b0'])
})

test.each(['exhaust-topic', 'round-robin'] as const)(
  'with %s one that must be alone has its turn, the likeliest first',
  async strategy => {
    const clock = new FakeClock()
    const log: string[] = []
    let busy = 0
    const turns = new Turns({ clock, serial: true, topics: strategy, gate: () => true, isIdle: () => busy === 0 })
    /** With messages that take so long; a rank: those are tried alone, the lowest first. */
    const lane = (topic: string, messages: number, ms: number, rank?: number): Taker => {
      let [left, isInHand] = [messages, false]
      return {
        topic,
        asked: false,
        run() {
          if (left === 0 || isInHand || !turns.enter(this, rank)) return
          log.push(topic)
          left--
          busy++
          isInHand = true
          clock.after(ms, () => {
            busy--
            isInHand = false
            turns.leave()
            turns.again(this)
          })
          turns.isOver(this)
        },
      }
    }
    for (const one of [lane('a', 10_000, 50), lane('b', 1, 10, 1), lane('c', 1, 10, 0)]) turns.ask(one)
    await clock.advance(2 * LONGEST_STAY + 2_000)
    expect(log.filter(one => one !== 'a')).toEqual(['c', 'b'])
  },
)
