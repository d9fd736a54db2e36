import { describe, expect, it } from 'vitest'
import { EXIT } from '../../src/errors.ts'
import type { LaneReport } from '../../src/messages.ts'
import type { Answer } from '../../src/supervisor/reports.ts'
import { figuresOf, standingOf } from '../../src/supervisor/status.ts'
import { FakeClock } from '../support/fake-clock.ts'
import { lane, report, usage } from '../support/lane-report.ts'
import { Steps } from './steps.ts'

const at = (ms: number): string => new Date(Date.UTC(2026, 0, 1) + ms).toISOString()

async function standing(steps: Steps, reports = new Map<number, Answer>()) {
  const clock = new FakeClock()
  await clock.advance(steps.now)
  return standingOf(steps.state, { clock, reports, pidOf: slot => 1000 + slot })
}

describe('the standing of slots', () => {
  it('says since when each is what it is', async () => {
    const steps = new Steps()
    steps.take({ type: 'sized', consumer: 'Welcome', workers: 2 })
    steps.tickAt(3000)
    steps.comeUp(0)
    steps.tickAt(5000)
    const { state, slots } = await standing(steps)
    expect(state).toBe('running')
    expect(slots).toEqual([
      expect.objectContaining({ name: 'Welcome/0', pid: 1001, state: 'up', since: at(3000), restarts: 0 }),
      expect.objectContaining({ name: 'Welcome/1', pid: 1002, state: 'starting', since: at(0), lastReason: null }),
    ])
  })

  it('says why the last process ended, how many there were, and when the next one is due', async () => {
    const steps = Steps.withWorkers(1)
    steps.exit(0, null, 'SIGKILL')
    steps.comeUp(0)
    steps.fail(0, 'Error: no database')
    steps.tickAt(2000)
    steps.exit(0, 1)
    expect((await standing(steps)).slots).toEqual([
      {
        name: 'Welcome/0',
        pid: null,
        state: 'down',
        since: at(2000),
        nextAt: at(3000),
        restarts: 1,
        lastReason: 'failed: Error: no database',
        answers: true,
        lastHeard: null,
        memoryBytes: null,
        answeredAt: null,
        lastBeatAt: null,
        cpuPercent: null,
        loopDelayMs: null,
        measuredOverMs: null,
        partitions: [],
      },
    ])
    steps.tickAt(3000)
    expect((await standing(steps)).slots).toEqual([
      expect.objectContaining({
        state: 'starting',
        restarts: 2,
        lastReason: 'failed: Error: no database',
        nextAt: null,
      }),
    ])
    steps.comeUp(0)
    expect((await standing(steps)).slots[0]).toMatchObject({ state: 'up', lastReason: 'failed: Error: no database' })
  })

  it('says what could not be forked, and what was killed', async () => {
    const unforked = new Steps()
    unforked.take({ type: 'sized', consumer: 'Welcome', workers: 1 })
    unforked.take({ type: 'fork failed', slot: 0, run: 1, message: 'spawn EAGAIN' })
    expect((await standing(unforked)).slots[0]?.lastReason).toBe('could not be forked: spawn EAGAIN')
    const hung = new Steps({ bootTimeoutMs: 500 })
    hung.take({ type: 'sized', consumer: 'Welcome', workers: 1 })
    hung.tickAt(500)
    expect((await standing(hung)).slots[0]).toMatchObject({ state: 'killed', since: at(500), lastReason: null })
    hung.exit(0, null, 'SIGKILL')
    expect((await standing(hung)).slots[0]?.lastReason).toContain('was not up within boot_timeout')
  })

  it('follows a stop', async () => {
    const steps = Steps.withWorkers(2)
    steps.tickAt(100)
    steps.stop()
    steps.tickAt(200)
    steps.leave(0)
    const { state, slots } = await standing(steps)
    expect(state).toBe('stopping')
    expect(slots).toEqual([
      expect.objectContaining({ state: 'down', since: at(200), nextAt: null, lastReason: 'stopped' }),
      expect.objectContaining({ state: 'stopping', since: at(100), lastReason: null }),
    ])
  })

  it('tells a worker that was asked and said nothing from one that has no partitions', async () => {
    const steps = Steps.withWorkers(3)
    const reports = new Map<number, Answer>([
      [steps.run(0), { lanes: [], beatAgoMs: 0, usage, at: steps.now, isNew: true }],
      [steps.run(1), null],
    ])
    const { slots } = await standing(steps, reports)
    expect(slots.map(({ answers }) => answers)).toEqual([true, false, true])
  })

  it('has the memory that a worker answers with, and of one that does not what it said last, with what it had in hand', async () => {
    const steps = Steps.withWorkers(2)
    const inHand = [{ topic: 't', partition: 1, offset: 5, lastOffset: 9, forMs: 100 }]
    steps.tickAt(400)
    for (const slot of [0, 1])
      steps.take({ type: 'alive', slot, run: steps.run(slot), inHand, more: 3, memoryBytes: 7 })
    steps.tickAt(1000)
    const reports = new Map<number, Answer>([
      [steps.run(0), { ...report, at: 1000, isNew: true }],
      [steps.run(1), null],
    ])
    const { slots } = await standing(steps, reports)
    const { memoryBytes, cpuPercent, loopDelayMs, overMs: measuredOverMs } = usage
    expect(slots[0]).toMatchObject({ memoryBytes, cpuPercent, loopDelayMs, measuredOverMs })
    const lastHeard = {
      at: at(400),
      inHand: [{ topic: 't', partition: 1, offset: 5, lastOffset: 9, since: at(300) }],
      more: 3,
    }
    expect(slots[1]).toMatchObject({ memoryBytes: 7, cpuPercent: null, measuredOverMs: null, lastHeard })
    expect(slots.map(({ answeredAt }) => answeredAt)).toEqual([at(1000), null])
  })

  it('has of a worker that does not answer any more what it answered last, as of then', async () => {
    const steps = Steps.withWorkers(1)
    steps.tickAt(3000)
    const paused = { ...lane, state: 'paused', pausedForMs: 9000 } as const
    const answer = { lanes: [paused], beatAgoMs: 400, usage, at: 1000, isNew: false }
    expect((await standing(steps, new Map([[steps.run(0), answer]]))).slots[0]).toMatchObject({
      answers: false,
      answeredAt: at(1000),
      lastBeatAt: at(600),
      cpuPercent: usage.cpuPercent,
      partitions: [{ position: 7, pausedUntil: at(10_000) }],
    })
  })

  it('tells a slot that was given up from one that is down for a while', async () => {
    const steps = new Steps({ crashLimit: 2, onCrashLoop: 'continue' })
    steps.take({ type: 'sized', consumer: 'Welcome', workers: 2 })
    steps.comeUp(1)
    steps.exit(0, 1)
    steps.exit(0, 1)
    expect((await standing(steps)).slots[0]).toMatchObject({ state: 'given up', nextAt: null })
    steps.exit(1, 1)
    expect((await standing(steps)).slots[1]).toMatchObject({ state: 'starting' })
  })
})

describe('the partitions of a worker', () => {
  it('are in order, with times of the day instead of durations', () => {
    const busy = { state: 'handling', inHandOffset: 7, inHandLastOffset: 9, inHandForMs: 1500 } as const
    const lanes: LaneReport[] = [
      { ...lane, topic: 'b', partition: 10, state: 'paused', pausedForMs: 4000, why: 'attempt 2 failed: boom' },
      { ...lane, topic: 'b', partition: 9, state: 'paused', why: 'poisoned' },
      { ...lane, topic: 'a', ...busy },
    ]
    const figures = { position: 7, committed: 5, lag: 2, waiting: 1, quiet: false, why: null }
    const idle = { inHandOffset: null, inHandLastOffset: null, inHandSince: null }
    const { partitions } = figuresOf({ lanes, beatAgoMs: null, usage, at: 0, isNew: true }, new FakeClock())
    expect(partitions).toEqual([
      {
        ...figures,
        topic: 'a',
        partition: 0,
        paused: false,
        pausedUntil: null,
        inHandOffset: 7,
        inHandLastOffset: 9,
        inHandSince: at(-1500),
      },
      { ...figures, ...idle, topic: 'b', partition: 9, paused: true, pausedUntil: null, why: 'poisoned' },
      {
        ...{ ...figures, ...idle, topic: 'b', partition: 10, paused: true, pausedUntil: at(4000) },
        why: 'attempt 2 failed: boom',
      },
    ])
  })
})

describe('a kill from outside', () => {
  it('of running workers kills them at once, and ends with 2', () => {
    const steps = Steps.withWorkers(2)
    const kill = { type: 'kill', by: 'racecarctl' } as const
    expect(steps.take(kill).map(action => action.do)).toEqual(['stop', 'stop', 'kill', 'kill'])
    expect(steps.take(kill)).toEqual([])
    steps.exit(0, null, 'SIGKILL')
    const end = steps.exit(1, null, 'SIGKILL').find(action => action.do === 'finish')
    expect(end).toMatchObject({ code: EXIT.forced, why: 'racecarctl ended it at once' })
  })

  it('of workers that are stopping does not wait for the deadline', () => {
    const steps = Steps.withWorkers(1)
    steps.stop()
    expect(steps.take({ type: 'kill', by: 'racecarctl' })).toEqual([
      expect.objectContaining({ do: 'kill', why: 'racecarctl asked for it' }),
    ])
  })

  it('of a worker that is still starting forks nothing any more', () => {
    const steps = new Steps()
    steps.take({ type: 'sized', consumer: 'Welcome', workers: 1 })
    steps.take({ type: 'kill', by: 'racecarctl' })
    expect(steps.exit(0, null, 'SIGKILL').map(action => action.do)).toEqual(['finish'])
  })
})
