import { expect, test } from 'vitest'
import { type Taker, Turns } from '../../src/runner/turns.ts'
import { FakeClock, turn } from '../support/fake-clock.ts'

interface Lane extends Taker {
  left: number
}

interface SetUp {
  readonly serial?: boolean
  readonly gate?: () => boolean
  readonly whenTurned?: (task: () => void) => void
}

function setUp({ serial = false, gate = () => true, whenTurned = setImmediate }: SetUp = {}) {
  const clock = new FakeClock()
  const log: string[] = []
  const turns = new Turns({ clock, serial, topics: 'exhaust-topic', gate, whenTurned })
  /** A lane with so many messages, each of which takes so long. */
  const lane = (name: string, messages: number, ms: number): Lane => ({
    topic: 'orders',
    asked: false,
    left: messages,
    run() {
      while (this.left > 0) {
        if (!turns.enter(this)) return
        this.left--
        log.push(name)
        void clock.jump(ms)
        turns.leave()
        if (turns.isOver(this)) return
      }
    },
  })
  return { clock, log, turns, lane }
}

test('a lane that never waits for anything gives the event loop its turn after ten milliseconds or so', async () => {
  const turned: (() => void)[] = []
  const { turns, lane, log } = setUp({ whenTurned: task => turned.push(task) })
  turns.ask(lane('a', 100, 1))
  await turn()
  expect(log.length).toBeGreaterThanOrEqual(10)
  expect(log.length).toBeLessThan(30)
  const before = log.length
  await turn()
  expect(log).toHaveLength(before)
  turned.shift()!()
  await turn()
  expect(log.length).toBeGreaterThan(before)
})

test('lanes take turns within the time for which the event loop is held', async () => {
  const { turns, lane, log } = setUp({ whenTurned: () => {} })
  for (const name of ['a', 'b']) turns.ask(lane(name, 100, 0.125))
  await turn()
  expect(log.slice(0, 32).join('')).toBe('aaaaaaaabbbbbbbbaaaaaaaabbbbbbbb')
})

test('handlers that take no time are not interrupted', async () => {
  const { turns, lane, log } = setUp()
  turns.ask(lane('a', 10_000, 0))
  await turn()
  expect(log).toHaveLength(10_000)
})

test('behind a closed gate everybody waits, and it is tried again soon', async () => {
  let isOpen = false
  const { turns, lane, log, clock } = setUp({ gate: () => isOpen })
  turns.ask(lane('a', 1, 0))
  turns.ask(lane('b', 1, 0))
  await clock.advance(200)
  expect(log).toEqual([])
  isOpen = true
  await clock.advance(49)
  turns.poke()
  await turn()
  expect(log.toSorted()).toEqual(['a', 'b'])
})

test('after close nobody runs, and no timer is left', async () => {
  const { turns, lane, log, clock } = setUp({ gate: () => false })
  turns.ask(lane('a', 1, 0))
  await clock.advance(10)
  turns.close()
  turns.ask(lane('b', 1, 0))
  await clock.advance(1000)
  expect(log).toEqual([])
  expect(clock.pending).toBe(0)
})

test('serial: the next one enters when the one before has left', async () => {
  const { turns, log } = setUp({ serial: true })
  const one = (name: string): Taker => ({
    topic: 'orders',
    asked: false,
    run() {
      if (turns.enter(this)) log.push(name)
    },
  })
  turns.ask(one('a'))
  turns.ask(one('b'))
  turns.ask(one('c'))
  await turn()
  expect(log).toEqual(['a'])
  turns.leave()
  await turn()
  expect(log).toEqual(['a', 'b'])
  turns.leave()
  await turn()
  expect(log).toEqual(['a', 'b', 'c'])
})

// The event loop may not turn in between, or the clock is looked at first.
test('who has just had a turn goes on at once only where nobody waits', async () => {
  const { turns, lane, log } = setUp({ whenTurned: () => {} })
  const [a, b] = [lane('a', 2, 0), lane('b', 1, 0)]
  turns.ask(lane('first', 1, 0))
  await turn()
  turns.again(lane('alone', 1, 0))
  expect(log).toEqual(['first', 'alone'])
  turns.ask(b)
  turns.again(a)
  await turn()
  expect(log).toEqual(['first', 'alone', 'b', 'a', 'a'])
})
