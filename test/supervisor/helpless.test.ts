import { expect, it } from 'vitest'
import { helpless } from '../../src/supervisor/helpless.ts'
import { Steps } from './steps.ts'

/** Crashes, again and again, until nothing takes its place. */
function giveUp(steps: Steps, slot: number): void {
  for (let crash = 1; crash <= 5; crash++) {
    if (crash > 1) {
      steps.tickAt(steps.now + 4000)
      steps.comeUp(slot)
    }
    steps.exit(slot, 1)
  }
  expect(steps.state.slots[slot]).toMatchObject({ state: 'down', forkAt: null })
}

const PATIENT = { crashWindowMs: 600_000, onCrashLoop: 'continue' } as const

it('nobody is lost while workers start, run, or have crashed and are to be replaced', () => {
  const steps = new Steps()
  expect(helpless(steps.state)).toEqual([])
  steps.take({ type: 'sized', consumer: 'Welcome', workers: 1 })
  expect(helpless(steps.state)).toEqual([])
  steps.comeUp(0)
  steps.exit(0, 1)
  steps.comeUp(0)
  steps.exit(0, null, 'SIGKILL')
  expect(steps.state.slots[0]).toMatchObject({ state: 'down', forkAt: 1000 })
  expect(helpless(steps.state)).toEqual([])
})

it('a consumer is lost when none of its slots has anybody any more, whatever others do', () => {
  const steps = Steps.withWorkers(2, PATIENT)
  steps.take({ type: 'sized', consumer: 'Other', workers: 1 })
  giveUp(steps, 0)
  expect(helpless(steps.state)).toEqual([])
  // The one that works is the one that goes.
  steps.take({ type: 'scaled', by: 'racecarctl', to: { workers: 1 }, consumers: ['Welcome'] })
  expect(helpless(steps.state)).toEqual(['Welcome'])
  steps.take({ type: 'scaled', by: 'racecarctl', to: { workers: 2 }, consumers: ['Welcome'] })
  expect(helpless(steps.state)).toEqual([])
})

it('a worker that has been killed and does not go is as good as none; a replacement is one', () => {
  const steps = Steps.withWorkers(1, { hangTimeoutMs: 10_000 })
  for (let second = 1; second <= 11; second++) steps.tickAt(second * 1000)
  expect(steps.states()).toEqual(['killed'])
  expect(helpless(steps.state)).toEqual(['Welcome'])
  steps.exit(0, null, 'SIGKILL')
  expect(steps.states()).toEqual(['starting'])
  expect(helpless(steps.state)).toEqual([])
})

it('a stop is no loss, however its workers end', () => {
  const steps = Steps.withWorkers(1)
  steps.stop()
  steps.leave(0)
  expect(helpless(steps.state)).toEqual([])
})
