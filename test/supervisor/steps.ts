// Drives `decide` by hand: one state that moves on, the actions of each turn, and the time as a number.

import { decide } from '../../src/supervisor/decide.ts'
import type { Action, SupervisorEvent } from '../../src/supervisor/moves.ts'
import { initially, type Policy, type State } from '../../src/supervisor/state.ts'

export const policy: Policy = {
  bootTimeoutMs: 60_000,
  hangTimeoutMs: 0,
  maxMemoryBytes: 0,
  maxAgeMs: 0,
  shutdownTimeoutMs: 25_000,
  crashLimit: 5,
  crashWindowMs: 60_000,
  backoffMaxMs: 30_000,
  onCrashLoop: 'stop',
  maxCrashesPerMessage: 3,
  onPoison: 'stop',
  deadLetterTopic: undefined,
  evictAfterMs: 5000,
}

export class Steps {
  state: State
  now = 0

  constructor(changes: Partial<Policy> = {}) {
    this.state = { ...initially({ ...policy, ...changes }), clear: ['Welcome'] }
  }

  /** With something left of an earlier life. */
  static notClear(changes: Partial<Policy> = {}): Steps {
    const steps = new Steps(changes)
    steps.state = { ...steps.state, clear: [] }
    return steps
  }

  /** What is to be done, announcements left out. */
  take(event: SupervisorEvent): Action[] {
    return this.all(event).filter(action => action.do !== 'announce')
  }

  all(event: SupervisorEvent): readonly Action[] {
    const { state, actions } = decide(this.state, event, this.now)
    this.state = state
    return actions
  }

  tickAt(now: number): Action[] {
    this.now = now
    return this.take({ type: 'tick' })
  }

  /** All slots filled with workers that are up. */
  static withWorkers(count: number, changes: Partial<Policy> = {}): Steps {
    const steps = new Steps(changes)
    steps.take({ type: 'sized', consumer: 'Welcome', workers: count })
    for (let slot = 0; slot < count; slot++) steps.comeUp(slot)
    return steps
  }

  comeUp(slot: number): void {
    this.take({ type: 'described', slot, run: this.run(slot) })
    this.take({ type: 'up', slot, run: this.run(slot), pid: 1000 + this.run(slot) })
    this.take({ type: 'joining', slot, run: this.run(slot) })
    this.take({ type: 'joined', slot, run: this.run(slot) })
  }

  exit(slot: number, code: number | null, signal: string | null = null): Action[] {
    return this.take({ type: 'exited', slot, run: this.run(slot), pid: 1000 + this.run(slot), code, signal })
  }

  /** Asked to stop, a worker leaves the group and exits. */
  leave(slot: number): Action[] {
    this.take({ type: 'left', slot, run: this.run(slot) })
    return this.exit(slot, 0)
  }

  fail(slot: number, message: string): void {
    this.take({ type: 'failed', slot, run: this.run(slot), message })
  }

  stop(): Action[] {
    return this.take({ type: 'stop', reason: 'SIGTERM', code: 0, why: 'stopped' })
  }

  run(slot: number): number {
    const found = this.state.slots[slot]
    if (!found || found.state === 'down') throw new Error(`nothing runs in slot ${slot}`)
    return found.run
  }

  states(): string[] {
    return this.state.slots.map(slot => slot.state)
  }
}
