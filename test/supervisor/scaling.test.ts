import { describe, expect, it } from 'vitest'
import type { Scale } from '../../src/supervisor/moves.ts'
import { Steps } from './steps.ts'

const scale = (steps: Steps, to: Scale) => steps.take({ type: 'scaled', by: 'racecarctl', to, consumers: ['Welcome'] })
const leaves = (slot: number, run: number) => {
  const reason = 'fewer workers are wanted (racecarctl)'
  return { do: 'stop', slot, run, withinMs: 24_000, leave: true, reason }
}
const fork = (slot: number, run: number, restarts: number) => {
  return { do: 'fork', slot, run, restarts, code: 'own', beside: false }
}

describe('another number of workers', () => {
  it('more are forked, fewer leave the group and are not replaced, from the highest slot on', () => {
    const steps = Steps.withWorkers(1)
    expect(scale(steps, { workers: 3 })).toEqual([fork(1, 2, 0), fork(2, 3, 0)])
    steps.comeUp(1)
    steps.comeUp(2)
    expect(scale(steps, { workers: 1 })).toEqual([leaves(1, 2), leaves(2, 3)])
    expect(steps.leave(1)).toEqual([])
    expect(steps.leave(2)).toEqual([])
    expect(steps.states()).toEqual(['up', 'down', 'down'])
    expect(steps.state.slots[2]?.lastReason).toBe('was retired: fewer workers are wanted (racecarctl)')
    expect(scale(steps, { more: 1 })).toEqual([fork(1, 4, 1)])
    expect(scale(steps, { more: 2 })).toEqual([fork(2, 5, 1), fork(3, 6, 0)])
  })

  it('never goes below one', () => {
    const steps = Steps.withWorkers(1)
    const told = steps.all({ type: 'scaled', by: 'SIGTTOU', to: { more: -1 }, consumers: ['Welcome'] })
    const data = { by: 'SIGTTOU', consumer: 'Welcome', from: 1, to: 1 }
    expect(told).toEqual([{ do: 'announce', event: { name: 'primary.scaled', data } }])
  })

  it('takes one that dies before it has left out of the group at once', () => {
    const steps = Steps.withWorkers(2)
    scale(steps, { workers: 1 })
    expect(steps.exit(1, null, 'SIGKILL')).toEqual([{ do: 'evict', slot: 1 }])
    expect(steps.take({ type: 'evicted', slot: 1 })).toEqual([])
    expect(steps.state.slots[1]).toMatchObject({ state: 'down', forkAt: null, membership: { kind: 'none' } })
  })

  it('kills one that does not stop in time', () => {
    const steps = Steps.withWorkers(2)
    scale(steps, { workers: 1 })
    expect(steps.tickAt(25_000)).toEqual([expect.objectContaining({ do: 'kill', slot: 1 })])
    expect(steps.exit(1, null, 'SIGKILL')).toEqual([{ do: 'evict', slot: 1 }])
  })

  it('fills a slot again whose worker is still stopping, once that is gone', () => {
    const steps = Steps.withWorkers(2)
    scale(steps, { workers: 1 })
    expect(scale(steps, { workers: 2 })).toEqual([])
    expect(steps.leave(1)).toEqual([fork(1, 3, 1)])
  })

  it('tells one that stops to be replaced to leave as well, within what is left of its time', () => {
    const steps = Steps.withWorkers(2, { maxAgeMs: 60_000 })
    steps.tickAt(60_000)
    expect(steps.states()).toEqual(['stopping', 'up'])
    steps.exit(0, 0)
    steps.comeUp(0)
    expect(steps.states()).toEqual(['up', 'stopping'])
    steps.now += 10_000
    expect(scale(steps, { workers: 1 })).toEqual([{ ...leaves(1, 2), withinMs: 14_000 }])
    expect(steps.leave(1)).toEqual([])
  })

  it('is no crash, and does not fork what waits to be tried again', () => {
    const steps = Steps.withWorkers(2)
    steps.exit(1, 1)
    steps.exit(1, 1)
    expect(steps.states()).toEqual(['up', 'down'])
    scale(steps, { workers: 1 })
    expect(steps.tickAt(600_000)).toEqual([])
    expect(steps.states()).toEqual(['up', 'down'])
  })

  it('does not go on with the replacement of a slot that is not wanted any more', () => {
    const steps = Steps.withWorkers(2)
    steps.take({ type: 'restart', by: 'SIGUSR2' })
    steps.take({ type: 'described', slot: 0, run: 3 })
    steps.take({ type: 'up', slot: 0, run: 3, pid: 1003 })
    steps.exit(0, 0)
    steps.take({ type: 'joining', slot: 0, run: 3 })
    steps.take({ type: 'joined', slot: 0, run: 3 })
    expect(steps.state.restart?.stage).toMatchObject({ kind: 'booting', slot: 1, run: 4 })
    expect(scale(steps, { workers: 1 })).toEqual([
      leaves(1, 2),
      expect.objectContaining({ do: 'stop', slot: 1, run: 4 }),
    ])
    steps.leave(1)
    const end = steps.take({ type: 'exited', slot: 1, run: 4, pid: 1004, code: 0, signal: null })
    expect(end).toEqual([{ do: 'adopt' }])
    expect(steps.state.restarted).toMatchObject({ replaced: 1, failure: null })
  })

  it('has workers that come during a restart replaced in it as well', () => {
    const steps = Steps.withWorkers(2)
    scale(steps, { workers: 1 })
    steps.leave(1)
    steps.take({ type: 'restart', by: 'SIGUSR2' })
    expect(steps.state.restart).toMatchObject({ left: [], stage: { kind: 'booting', slot: 0 } })
    scale(steps, { workers: 3 })
    expect(steps.state.restart?.left).toEqual([1, 2])
  })

  it('stops everything with 0 of them, which only the option can say', () => {
    const steps = Steps.withWorkers(1)
    steps.take({ type: 'sized', consumer: 'Welcome', workers: 0 })
    expect(steps.state.phase).toMatchObject({ kind: 'stopping', code: 0 })
  })
})
