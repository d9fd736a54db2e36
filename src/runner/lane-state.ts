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
  | { readonly kind: 'paused'; readonly until: number | null; readonly why: string; readonly cancel: Cancel }
  | { readonly kind: 'closed' }

export interface Pausing {
  readonly pause: Pause
  readonly why: string
  readonly clock: Clock
  readonly whenOver: () => void
}

export function paused({ pause, why, clock, whenOver }: Pausing): LaneState {
  switch (pause.kind) {
    case 'rest':
      return { kind: 'paused', until: clock.now() + pause.ms, why, cancel: clock.after(pause.ms, whenOver) }
    case 'for good':
    case 'fail':
      return { kind: 'paused', until: null, why, cancel: () => {} }
    default:
      return pause satisfies never
  }
}

/** `stands`: why it must not start what it is free to. */
export function figuresOf(
  state: LaneState,
  now: number,
  { isQuiet, stands }: { isQuiet: boolean; stands: string | null },
) {
  const inHand = state.kind === 'handling' ? state : undefined
  const isStanding = stands !== null && state.kind === 'waiting'
  return {
    state: (isStanding ? 'paused' : state.kind) as LaneState['kind'],
    /** All three null where no handler runs. */
    inHandOffset: inHand?.offset ?? null,
    inHandLastOffset: inHand?.lastOffset ?? null,
    inHandForMs: inHand?.forMs(now) ?? null,
    /** Milliseconds until the pause is over; null where there is none, or it is for good. */
    pausedForMs: state.kind === 'paused' && state.until !== null ? state.until - now : null,
    quiet: isQuiet,
    why: whyNothing(state) ?? stands ?? (isQuiet ? 'quiet' : null),
  }
}

function whyNothing(state: LaneState): string | undefined {
  if (state.kind === 'held') return 'a hook, or a handler that was given up, has to end first'
  return state.kind === 'paused' ? state.why : undefined
}
