// What a lane is doing at a time. Exactly one of these, and only the lane changes it.

import { type Cancel, type Clock, every } from '../lib/clock.ts'
import type { Attempt } from './attempt.ts'
import type { Intake } from './intake.ts'
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

export interface Circumstances {
  readonly intake: Pick<Intake, 'queue' | 'lag' | 'end' | 'dueMs'>
  readonly isQuiet: boolean
  /** Why it must not start what it is free to. */
  readonly stands: string | null
  /** What was handled last has to be stored first. */
  readonly awaitsCommit: boolean
}

export function figuresOf(state: LaneState, now: number, { intake, isQuiet, stands, awaitsCommit }: Circumstances) {
  const { queue, lag, end, dueMs } = intake
  const { position, count: waiting } = queue
  const inHand = state.kind === 'handling' ? state : undefined
  const isEarly = dueMs > 0 && state.kind === 'waiting'
  const isStanding = isEarly || (stands !== null && state.kind === 'waiting')
  return {
    position,
    waiting,
    waitingBytes: Math.round(queue.bytes),
    lag,
    end,
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
      (isQuiet ? 'quiet' : null) ??
      (awaitsCommit && waiting > 0 ? 'the commit of what was handled last has not been answered yet' : null),
  }
}

function whyNothing(state: LaneState): string | undefined {
  if (state.kind === 'held') return 'a hook, or a handler that was given up, has to end first'
  return state.kind === 'paused' ? state.why : undefined
}
