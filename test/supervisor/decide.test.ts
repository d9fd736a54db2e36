import { describe, expect, it } from 'vitest'
import { decide, nextWake } from '../../src/supervisor/decide.ts'
import type { Action } from '../../src/supervisor/moves.ts'
import { Steps } from './steps.ts'

const forks = (actions: readonly Action[]) => actions.filter(action => action.do === 'fork')
const finish = (actions: readonly Action[]) => actions.find(action => action.do === 'finish')

describe('starting', () => {
  it('forks one process a slot, and a repeated size forks nothing more', () => {
    const steps = new Steps()
    expect(steps.take({ type: 'sized', consumer: 'Welcome', workers: 1 })).toEqual([
      { do: 'fork', slot: 0, run: 1, restarts: 0, code: 'own', beside: false },
    ])
    expect(forks(steps.take({ type: 'sized', consumer: 'Welcome', workers: 3 }))).toHaveLength(2)
    expect(steps.take({ type: 'sized', consumer: 'Welcome', workers: 3 })).toEqual([])
    expect(steps.states()).toEqual(['starting', 'starting', 'starting'])
  })

  it('configures a worker when it has described what it found, and once only', () => {
    const steps = new Steps()
    steps.take({ type: 'sized', consumer: 'Welcome', workers: 1 })
    expect(steps.take({ type: 'described', slot: 0, run: 1 })).toEqual([
      { do: 'configure', slot: 0, run: 1, join: true },
    ])
    expect(steps.take({ type: 'described', slot: 0, run: 1 })).toEqual([])
  })

  it('lets nobody join while something is left of an earlier life; boot_timeout stands still meanwhile', () => {
    const steps = Steps.notClear({ bootTimeoutMs: 500 })
    steps.take({ type: 'sized', consumer: 'Welcome', workers: 2 })
    steps.now = 400
    expect(steps.take({ type: 'described', slot: 1, run: 2 })).toEqual([])
    expect(steps.tickAt(500)).toEqual([expect.objectContaining({ do: 'kill', slot: 0 })])
    expect(nextWake(steps.state)).toBeNull()
    steps.now = 10_000
    expect(steps.take({ type: 'clear', consumer: 'Welcome' })).toEqual([
      { do: 'configure', slot: 1, run: 2, join: true },
    ])
    expect(nextWake(steps.state)).toBe(10_100)
    expect(steps.tickAt(10_100)).toEqual([expect.objectContaining({ do: 'kill', slot: 1 })])
  })

  it('kills what is not up within boot_timeout, and replaces it only when its exit was seen', () => {
    const steps = new Steps({ bootTimeoutMs: 500 })
    steps.take({ type: 'sized', consumer: 'Welcome', workers: 1 })
    expect(nextWake(steps.state)).toBe(500)
    expect(steps.tickAt(499)).toEqual([])
    expect(steps.tickAt(500)).toEqual([expect.objectContaining({ do: 'kill', slot: 0, run: 1 })])
    expect(steps.states()).toEqual(['killed'])
    expect(steps.tickAt(50_000)).toEqual([])
    expect(steps.exit(0, null, 'SIGKILL')).toEqual([
      { do: 'fork', slot: 0, run: 2, restarts: 1, code: 'own', beside: false },
    ])
    expect(steps.state.slots[0]?.crashes.first).toMatch(/was not up within boot_timeout \(0.5 s\)/)
  })

  it('ends with 0 and forks nothing when the class wants no workers', () => {
    const steps = new Steps()
    steps.take({ type: 'sized', consumer: 'Welcome', workers: 1 })
    expect(steps.take({ type: 'sized', consumer: 'Welcome', workers: 0 })).toEqual([
      expect.objectContaining({ do: 'stop', slot: 0 }),
    ])
    expect(finish(steps.exit(0, 0))).toMatchObject({ code: 0 })
  })
})

describe('a worker that ends unasked', () => {
  it.each([
    ['killed from outside', null, 'SIGKILL'],
    ['with an error', 1, null],
    ['with 0', 0, null],
    ['after giving up what it had in hand', 2, null],
    ['because its channel was closed', 3, null],
    ['on a full heap', null, 'SIGABRT'],
  ])('is replaced at once: %s', (_, code, signal) => {
    const steps = Steps.withWorkers(3)
    steps.now = 1000
    expect(steps.exit(1, code, signal)).toEqual([
      { do: 'fork', slot: 1, run: 4, restarts: 1, code: 'own', beside: false },
    ])
    expect(steps.states()).toEqual(['up', 'starting', 'up'])
  })

  it('waits 0, 1, 2, 4, 8 … seconds while it crashes again and again, never longer than the limit', () => {
    const steps = Steps.withWorkers(1, { crashLimit: 100, backoffMaxMs: 10_000 })
    const waits: number[] = []
    for (let crash = 0; crash < 8; crash++) {
      steps.exit(0, 1)
      const due = nextWake(steps.state)
      const down = steps.state.slots[0]
      const wait = down?.state === 'down' ? (down.forkAt ?? 0) - steps.now : 0
      waits.push(wait)
      if (wait > 0) {
        expect(due).toBeLessThanOrEqual(steps.now + wait)
        expect(forks(steps.tickAt(steps.now + wait - 1))).toEqual([])
        expect(forks(steps.tickAt(steps.now + 1))).toHaveLength(1)
      }
    }
    expect(waits).toEqual([0, 1000, 2000, 4000, 8000, 10_000, 10_000, 10_000])
  })

  it('is replaced at once again after a healthy while', () => {
    const steps = Steps.withWorkers(1, { crashWindowMs: 1000 })
    steps.exit(0, 1)
    steps.comeUp(0)
    steps.now += 999
    steps.exit(0, 1)
    expect(steps.states()).toEqual(['down'])
    steps.tickAt(steps.now + 1000)
    steps.comeUp(0)
    steps.now += 1000
    expect(forks(steps.exit(0, 1))).toHaveLength(1)
    expect(steps.state.slots[0]?.crashes.count).toBe(1)
  })

  it('is given up after crash_limit crashes within crash_window, and all stop with 1 and the first error', () => {
    const steps = Steps.withWorkers(2, { crashLimit: 3, backoffMaxMs: 0 })
    steps.fail(1, 'Error: no database')
    steps.exit(1, 1)
    steps.fail(1, 'Error: something else')
    steps.exit(1, 1)
    expect(steps.exit(1, 1)).toEqual([expect.objectContaining({ do: 'stop', slot: 0 }), { do: 'evict', slot: 1 }])
    steps.take({ type: 'evicted', slot: 1 })
    expect(finish(steps.leave(0))).toMatchObject({
      code: 1,
      why: 'Welcome/1 crashed 3 times within 60 s and was given up; at first it failed: Error: no database',
    })
  })

  it('is given up alone with on_crash_loop: continue, taken out of the group at once, and stays down', () => {
    const steps = Steps.withWorkers(2, { crashLimit: 2, backoffMaxMs: 0, onCrashLoop: 'continue' })
    steps.exit(1, 1)
    steps.comeUp(1)
    expect(steps.exit(1, 1)).toEqual([{ do: 'evict', slot: 1 }])
    steps.take({ type: 'evicted', slot: 1 })
    expect(steps.states()).toEqual(['up', 'down'])
    expect(nextWake(steps.state)).toBeNull()
    expect(steps.tickAt(1_000_000)).toEqual([])
    steps.stop()
    expect(finish(steps.leave(0))).toMatchObject({ code: 0, why: 'stopped', evict: [] })
  })

  it('ends all with 1 and its first error when it is the last one, on_crash_loop: continue or not', () => {
    const steps = Steps.withWorkers(2, { crashLimit: 2, backoffMaxMs: 0, onCrashLoop: 'continue' })
    for (const slot of [1, 0]) {
      steps.fail(slot, `Error: no database ${slot}`)
      steps.exit(slot, 1)
      if (slot === 1) expect(steps.exit(slot, 1)).toEqual([{ do: 'evict', slot: 1 }])
    }
    steps.take({ type: 'evicted', slot: 1 })
    expect(finish(steps.exit(0, 1))).toMatchObject({ code: 1, why: expect.stringContaining('Error: no database 0') })
  })

  it('reaches its limit although every start takes as long as the window: that is no healthy while', () => {
    const steps = new Steps({ crashLimit: 3, crashWindowMs: 60_000, bootTimeoutMs: 60_000, backoffMaxMs: 0 })
    steps.take({ type: 'sized', consumer: 'Welcome', workers: 1 })
    for (const crash of [1, 2, 3]) {
      steps.tickAt(steps.now + 60_000)
      steps.now += 10
      const actions = steps.exit(0, null, 'SIGKILL')
      if (crash < 3) expect(forks(actions)).toHaveLength(1)
      else expect(finish(actions)).toMatchObject({ code: 1, why: expect.stringContaining('crashed 3 times') })
    }
  })

  it('is not given up for crashes that are further apart', () => {
    const steps = Steps.withWorkers(1, { crashLimit: 3, crashWindowMs: 1000, backoffMaxMs: 0 })
    for (let crash = 0; crash < 10; crash++) {
      expect(forks(steps.exit(0, 1))).toHaveLength(1)
      steps.comeUp(0)
      steps.now += 501
    }
  })

  it('does not count what could not be forked towards the limit, but waits longer each time', () => {
    const steps = new Steps({ crashLimit: 2 })
    steps.take({ type: 'sized', consumer: 'Welcome', workers: 1 })
    for (const wait of [0, 1000, 2000, 4000]) {
      const actions = steps.take({ type: 'fork failed', slot: 0, run: steps.run(0), message: 'EAGAIN' })
      if (wait === 0) expect(forks(actions)).toHaveLength(1)
      else expect(forks(steps.tickAt(steps.now + wait))).toHaveLength(1)
    }
    expect(steps.state.phase.kind).toBe('running')
  })

  it('says nothing any more once it has been replaced', () => {
    const steps = Steps.withWorkers(1)
    const old = steps.run(0)
    steps.exit(0, 1)
    const before = steps.state
    steps.take({ type: 'up', slot: 0, run: old, pid: 1 })
    steps.take({ type: 'exited', slot: 0, run: old, pid: 1, code: 78, signal: null })
    steps.take({ type: 'failed', slot: 7, run: 1, message: 'no such slot' })
    expect(steps.state).toEqual(before)
  })
})

describe('exit codes of workers', () => {
  it.each([64, 69, 77, 78])('%i of one stops all, and is the end’s; the first one’s decides', code => {
    const steps = new Steps()
    steps.take({ type: 'sized', consumer: 'Welcome', workers: 3 })
    steps.fail(2, 'there is no consumer Wellcome')
    const stops = steps.exit(2, code)
    const reason = 'Welcome/2 failed: there is no consumer Wellcome'
    expect(stops).toEqual([0, 1].map(slot => expect.objectContaining({ do: 'stop', slot, reason })))
    steps.exit(1, 64)
    expect(finish(steps.exit(0, 0))).toMatchObject({ code, why: expect.stringContaining('no consumer Wellcome') })
  })

  it('69 of a consumer that never was a member stops all, though another one was', () => {
    const steps = Steps.withWorkers(1)
    steps.take({ type: 'sized', consumer: 'Late', workers: 1 })
    expect(steps.exit(1, 69)).toEqual([expect.objectContaining({ do: 'stop', slot: 0 })])
    expect(finish(steps.leave(0))).toMatchObject({ code: 69 })
  })

  it('a consumer whose last slot is given up stops all, on_crash_loop: continue or not', () => {
    const steps = Steps.withWorkers(2, { crashLimit: 1, onCrashLoop: 'continue' })
    steps.take({ type: 'sized', consumer: 'Other', workers: 1 })
    expect(steps.exit(2, 1).map(action => action.do)).toEqual(['stop', 'stop'])
    steps.leave(0)
    expect(finish(steps.leave(1))).toMatchObject({ code: 1, why: expect.stringContaining('Other/0') })
  })

  it.each([77, 69])('%i after a worker has been a member is tried again, and never given up', code => {
    const steps = Steps.withWorkers(1, { crashLimit: 2, backoffMaxMs: 0 })
    for (let time = 0; time < 10; time++) expect(forks(steps.exit(0, code))).toHaveLength(1)
  })

  it('77 of a worker that was up but never became a member stops all', () => {
    const steps = new Steps()
    steps.take({ type: 'sized', consumer: 'Welcome', workers: 1 })
    steps.take({ type: 'described', slot: 0, run: 1 })
    steps.take({ type: 'up', slot: 0, run: 1, pid: 1 })
    steps.take({ type: 'joining', slot: 0, run: 1 })
    expect(finish(steps.exit(0, 77))).toMatchObject({ code: 77 })
  })

  it('76 is replaced under a new instance id, which is asked for before the fork', () => {
    const steps = Steps.withWorkers(2)
    expect(steps.exit(0, 76).map(action => action.do)).toEqual(['rename', 'fork'])
  })
})

describe('the group of a dead worker', () => {
  it('is told when no replacement has joined after a while, and a replacement that is ready waits for it', () => {
    const steps = Steps.withWorkers(1, { evictAfterMs: 5000 })
    steps.exit(0, null, 'SIGKILL')
    expect(steps.tickAt(4999)).toEqual([])
    expect(nextWake(steps.state)).toBe(5000)
    expect(steps.tickAt(5000)).toEqual([{ do: 'evict', slot: 0 }])
    expect(steps.take({ type: 'described', slot: 0, run: 2 })).toEqual([])
    expect(steps.take({ type: 'evicted', slot: 0 }).at(-1)).toEqual({ do: 'configure', slot: 0, run: 2, join: true })
  })

  it('is left alone once the replacement may join', () => {
    const steps = Steps.withWorkers(1, { evictAfterMs: 5000 })
    steps.exit(0, null, 'SIGKILL')
    steps.take({ type: 'described', slot: 0, run: 2 })
    expect(steps.tickAt(20_000)).toEqual([])
  })

  it('is told at the end of what did not leave by itself, and only of that', () => {
    const steps = Steps.withWorkers(5)
    steps.exit(4, 76)
    steps.stop()
    steps.leave(0)
    steps.exit(4, 0)
    steps.tickAt(25_000)
    steps.exit(1, null, 'SIGKILL')
    steps.exit(2, null, 'SIGKILL')
    expect(finish(steps.exit(3, null, 'SIGKILL'))).toMatchObject({ evict: [1, 2, 3] })
  })

  it('is told at once, in a stop too, while others still have something in hand; the end waits for its answer', () => {
    const steps = Steps.withWorkers(2)
    steps.stop()
    expect(steps.exit(1, null, 'SIGSEGV')).toEqual([{ do: 'evict', slot: 1 }])
    expect(steps.leave(0)).toEqual([])
    expect(finish(steps.take({ type: 'evicted', slot: 1 }))).toMatchObject({ code: 1, evict: [] })
  })

  it('is not waited for beyond the deadline of a stop, nor in a forced one', () => {
    const late = Steps.withWorkers(2)
    late.stop()
    late.exit(1, null, 'SIGSEGV')
    late.leave(0)
    expect(nextWake(late.state)).toBe(25_000)
    expect(finish(late.tickAt(25_000))).toMatchObject({ evict: [1] })
    const forced = Steps.withWorkers(2)
    forced.stop()
    forced.exit(1, null, 'SIGSEGV')
    forced.take({ type: 'kill', by: 'racecarctl' })
    expect(finish(forced.exit(0, null, 'SIGKILL'))).toMatchObject({ evict: [0, 1] })
  })

  it('is told of a worker whose replacement was stopped before it could join', () => {
    const steps = Steps.withWorkers(1)
    steps.exit(0, null, 'SIGKILL')
    steps.stop()
    expect(finish(steps.exit(0, 0))).toMatchObject({ code: 0, evict: [0] })
  })
})

describe('a stop', () => {
  it('asks every worker to stop a little before the deadline, forks nothing, and ends with 0 when all have exited', () => {
    const steps = Steps.withWorkers(3)
    steps.exit(2, 1)
    steps.exit(2, 1)
    expect(steps.states()).toEqual(['up', 'up', 'down'])
    const asked = { do: 'stop', withinMs: 24_000, leave: true, reason: 'SIGTERM' }
    expect(steps.stop()).toEqual([
      { ...asked, slot: 0, run: 1 },
      { ...asked, slot: 1, run: 2 },
      { do: 'evict', slot: 2 },
    ])
    expect(steps.stop()).toEqual([])
    steps.take({ type: 'evicted', slot: 2 })
    expect(steps.tickAt(20_000)).toEqual([])
    expect(steps.leave(0)).toEqual([])
    expect(finish(steps.leave(1))).toMatchObject({ code: 0, why: 'stopped' })
  })

  it('before anything was forked ends at once, and nothing is forked any more', () => {
    const steps = new Steps()
    expect(finish(steps.stop())).toMatchObject({ code: 0 })
    expect(steps.take({ type: 'sized', consumer: 'Welcome', workers: 3 })).toEqual([])
  })

  it('kills at the deadline what has not exited, waits for its exit, and ends with 2', () => {
    const steps = Steps.withWorkers(2)
    steps.now = 1000
    steps.stop()
    steps.exit(1, 0)
    expect(nextWake(steps.state)).toBe(26_000)
    expect(steps.tickAt(25_999)).toEqual([])
    expect(steps.tickAt(26_000)).toEqual([expect.objectContaining({ do: 'kill', slot: 0, run: 1 })])
    expect(finish(steps.exit(0, null, 'SIGKILL'))).toMatchObject({ code: 2, why: expect.stringContaining('Welcome/0') })
  })

  it('ends even when the kernel cannot end a process', () => {
    const steps = Steps.withWorkers(1)
    steps.stop()
    steps.tickAt(25_000)
    expect(nextWake(steps.state)).toBe(30_000)
    expect(finish(steps.tickAt(30_000))).toMatchObject({ code: 2 })
  })

  it('ends with 2 when a worker gave something up, with 1 when one crashed; the first such thing decides', () => {
    const gaveUp = Steps.withWorkers(2)
    gaveUp.stop()
    gaveUp.take({ type: 'left', slot: 0, run: 1 })
    gaveUp.exit(0, 2)
    expect(finish(gaveUp.exit(1, 1))).toMatchObject({ code: 2 })
    const crashed = Steps.withWorkers(2)
    crashed.stop()
    crashed.exit(0, null, 'SIGSEGV')
    crashed.take({ type: 'evicted', slot: 0 })
    expect(finish(crashed.exit(1, 2))).toMatchObject({ code: 1 })
  })

  it('by SIGINT is the same; the second SIGINT kills at once and ends with 2', () => {
    const steps = Steps.withWorkers(2)
    expect(steps.take({ type: 'interrupt' }).map(action => action.do)).toEqual(['stop', 'stop'])
    steps.exit(0, 0)
    expect(steps.take({ type: 'interrupt' })).toEqual([expect.objectContaining({ do: 'kill', slot: 1 })])
    expect(steps.take({ type: 'interrupt' })).toEqual([])
    expect(finish(steps.exit(1, null, 'SIGKILL'))).toMatchObject({ code: 2 })
  })

  it('by SIGTERM is not forced by one SIGINT, but by two', () => {
    const steps = Steps.withWorkers(1)
    steps.stop()
    expect(steps.take({ type: 'interrupt' })).toEqual([])
    expect(steps.take({ type: 'interrupt' })).toEqual([expect.objectContaining({ do: 'kill' })])
  })

  it('kills nothing that is already dead when a boot limit ran out just before', () => {
    const steps = new Steps({ bootTimeoutMs: 500 })
    steps.take({ type: 'sized', consumer: 'Welcome', workers: 1 })
    steps.tickAt(500)
    expect(steps.stop()).toEqual([])
    expect(finish(steps.exit(0, null, 'SIGKILL'))).toMatchObject({ code: 0 })
  })

  it('hears nothing after its end', () => {
    const steps = new Steps()
    steps.stop()
    const { state, actions } = decide(steps.state, { type: 'interrupt' }, 99)
    expect(state).toBe(steps.state)
    expect(actions).toEqual([])
    expect(nextWake(state)).toBeNull()
  })
})
