// What a lane is doing at a time. Exactly one of these, and only the lane changes it.

import type { Cancel, Clock } from '../lib/clock.ts'
import type { Attempt } from './attempt.ts'
import type { Pause } from './pause.ts'

export type LaneState =
  /** Assigned; its user's hook, or a handler that was given up, must end first. */
  | { readonly kind: 'held' }
  /** For messages, or for its turn. */
  | { readonly kind: 'waiting' }
  /** `kind: 'handling'` */
  | Attempt
  /** `until` null: for good. */
  | { readonly kind: 'paused'; readonly until: number | null; readonly cancel: Cancel }
  | { readonly kind: 'closed' }

export function paused(pause: Pause, clock: Clock, whenOver: () => void): LaneState {
  switch (pause.kind) {
    case 'rest':
      return { kind: 'paused', until: clock.now() + pause.ms, cancel: clock.after(pause.ms, whenOver) }
    case 'for good':
    case 'fail':
      return { kind: 'paused', until: null, cancel: () => {} }
    default:
      return pause satisfies never
  }
}

/** `stands`: it is free to start something, and must not. */
export function figuresOf(state: LaneState, now: number, stands: boolean) {
  return {
    state: (stands && state.kind === 'waiting' ? 'paused' : state.kind) as LaneState['kind'],
    /** Milliseconds; null where no handler runs. */
    inHandForMs: state.kind === 'handling' ? state.forMs(now) : null,
    /** Milliseconds until the pause is over; null where there is none, or it is for good. */
    pausedForMs: state.kind === 'paused' && state.until !== null ? state.until - now : null,
  }
}
