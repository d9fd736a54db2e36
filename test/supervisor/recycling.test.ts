import { describe, expect, it } from 'vitest'
import { nextWake } from '../../src/supervisor/decide.ts'
import { Steps } from './steps.ts'

const MB = 2 ** 20

const alive = (steps: Steps, slot: number, megabytes: number) =>
  steps.take({ type: 'alive', slot, run: steps.run(slot), inHand: [], more: 0, memoryBytes: megabytes * MB })

describe('a worker that has grown too large', () => {
  it('is asked to stop without leaving the group, and replaced at once when it is gone, which is no crash', () => {
    const steps = Steps.withWorkers(2, { maxMemoryBytes: 500 * MB })
    steps.now = 10_000
    expect(alive(steps, 0, 500)).toEqual([])
    const reason = 'it has 501 MB of memory, more than max_worker_memory (500 MB)'
    expect(alive(steps, 0, 501)).toEqual([{ do: 'stop', slot: 0, run: 1, withinMs: 24_000, leave: false, reason }])
    expect(alive(steps, 0, 600)).toEqual([])
    expect(steps.states()).toEqual(['stopping', 'up'])
    expect(steps.exit(0, 0)).toEqual([{ do: 'fork', slot: 0, run: 3, restarts: 1, code: 'own', beside: false }])
    expect(steps.state.slots[0]).toMatchObject({ crashes: { count: 0 }, lastReason: `was recycled: ${reason}` })
  })

  it('waits for another that is not up', () => {
    const steps = Steps.withWorkers(3, { maxMemoryBytes: 500 * MB })
    expect(alive(steps, 0, 900)).toHaveLength(1)
    expect(alive(steps, 1, 900)).toEqual([])
    steps.exit(0, 0)
    expect(alive(steps, 1, 900)).toEqual([])
    expect(steps.states()).toEqual(['starting', 'up', 'up'])
    steps.comeUp(0)
    expect(steps.states()).toEqual(['up', 'stopping', 'up'])
  })

  it('is killed when it does not stop within shutdown_timeout, and that is no crash either', () => {
    const steps = Steps.withWorkers(1, { maxMemoryBytes: 500 * MB })
    alive(steps, 0, 900)
    expect(nextWake(steps.state)).toBe(25_000)
    expect(steps.tickAt(24_999)).toEqual([])
    expect(steps.tickAt(25_000)).toEqual([expect.objectContaining({ do: 'kill', slot: 0 })])
    expect(steps.exit(0, null, 'SIGKILL')).toEqual([
      { do: 'fork', slot: 0, run: 2, restarts: 1, code: 'own', beside: false },
    ])
    expect(steps.state.slots[0]?.crashes.count).toBe(0)
  })

  it('is a crash when it crashes over it', () => {
    const steps = Steps.withWorkers(1, { maxMemoryBytes: 500 * MB })
    alive(steps, 0, 900)
    steps.exit(0, null, 'SIGSEGV')
    expect(steps.state.slots[0]?.crashes.count).toBe(1)
  })

  it('is stopped with all others when everything stops meanwhile, and taken out of the group', () => {
    const steps = Steps.withWorkers(2, { maxMemoryBytes: 500 * MB })
    alive(steps, 0, 900)
    expect(steps.stop()).toEqual([expect.objectContaining({ do: 'stop', slot: 1, leave: true })])
    expect(steps.exit(0, 0)).toEqual([{ do: 'evict', slot: 0 }])
  })
})

describe('a worker that has grown old', () => {
  it('is replaced at its age, one after the other, and no tick is wasted on those that wait', () => {
    const steps = Steps.withWorkers(2, { maxAgeMs: 60_000 })
    expect(nextWake(steps.state)).toBe(60_000)
    expect(steps.tickAt(59_999)).toEqual([])
    const asked = { do: 'stop', reason: 'it has reached max_worker_age (60 s)', leave: false }
    expect(steps.tickAt(60_000)).toEqual([expect.objectContaining({ ...asked, slot: 0 })])
    expect(nextWake(steps.state)).toBe(85_000)
    steps.now = 61_000
    steps.exit(0, 0)
    steps.take({ type: 'described', slot: 0, run: 3 })
    expect(steps.take({ type: 'up', slot: 0, run: 3, pid: 1003 })).toEqual([
      expect.objectContaining({ ...asked, slot: 1 }),
    ])
    expect(steps.states()).toEqual(['up', 'stopping'])
  })

  it('is left alone where there is no limit', () => {
    const steps = Steps.withWorkers(2)
    alive(steps, 0, 1_000_000)
    expect(steps.tickAt(1e9)).toEqual([])
    expect(nextWake(steps.state)).toBeNull()
  })
})
