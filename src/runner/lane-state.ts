// What a lane is doing at a time. Exactly one of these, and only the lane changes it.

import { type Cancel, type Clock, every } from '../lib/clock.ts'
import type { Attempt } from './attempt.ts'
import type { Decision } from './policy.ts'

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

export interface Aftermath {
  readonly why: string
  readonly clock: Clock
  readonly whenOver: () => void
  /** It still stands, for so many milliseconds. */
  readonly remind: (forMs: number) => void
}

/** A partition that stands still is told of again and again, so that nobody forgets it. */
const REMIND_MS = 300_000

/** After a failure. */
export function stateAfter(decision: Decision, { why, clock, whenOver, remind }: Aftermath): LaneState {
  switch (decision.kind) {
    case 'again': {
      const { ms } = decision
      return { kind: 'paused', until: clock.now() + ms, why, cancel: clock.after(ms, whenOver) }
    }
    case 'halve':
      return { kind: 'waiting' }
    case 'give up':
      if (decision.follows !== 'stop') return { kind: 'waiting' }
      return { kind: 'paused', until: null, why, cancel: every(clock, REMIND_MS, remind) }
    case 'fail':
      return { kind: 'paused', until: null, why, cancel: () => {} }
    default:
      return decision satisfies never
  }
}

/** `stands`: why it must not start what it is free to. `dueMs`: until when it waits with the message at its front; 0: it does not. */
export function figuresOf(
  state: LaneState,
  now: number,
  { isQuiet, stands, dueMs }: { isQuiet: boolean; stands: string | null; dueMs: number },
) {
  const inHand = state.kind === 'handling' ? state : undefined
  const isEarly = dueMs > 0 && state.kind === 'waiting'
  const isStanding = isEarly || (stands !== null && state.kind === 'waiting')
  return {
    state: (isStanding ? 'paused' : state.kind) as LaneState['kind'],
    /** All three null where no handler runs. */
    inHandOffset: inHand?.offset ?? null,
    inHandLastOffset: inHand?.lastOffset ?? null,
    inHandForMs: inHand?.forMs(now) ?? null,
    /** Milliseconds until the pause is over; null where there is none, or it is for good. */
    pausedForMs: state.kind === 'paused' && state.until !== null ? state.until - now : isEarly ? dueMs : null,
    quiet: isQuiet,
    why:
      whyNothing(state) ??
      stands ??
      (isEarly ? `the next message is due in ${Math.ceil(dueMs / 1000)} s` : null) ??
      (isQuiet ? 'quiet' : null),
  }
}

function whyNothing(state: LaneState): string | undefined {
  if (state.kind === 'held') return 'a hook, or a handler that was given up, has to end first'
  return state.kind === 'paused' ? state.why : undefined
}
