// Where a restart stands: one slot after another gets a new process, which boots beside the old one and takes its place when that
// is gone. Plain data.

/** Times in milliseconds. */
export type Stage =
  /** The next slot. It may have to wait until something there has come to rest. */
  | { readonly kind: 'choosing' }
  /** Its replacement loads, is configured, initializes; it is no member of the group. */
  | (Beside & {
      readonly kind: 'booting'
      readonly killAt: number
      readonly isConfigured: boolean
      readonly failure?: string
    })
  /** Up, and waiting for the old process to be gone. */
  | (Beside & { readonly kind: 'ready'; readonly pid: number })
  /** It will not take the place, and has been told to end. `why` null: nothing is wrong with it. */
  | (Beside & {
      readonly kind: 'ending'
      readonly killAt: number
      readonly isKilled: boolean
      readonly why: string | null
    })
  /** It has the slot, and is on its way into the group. */
  | { readonly kind: 'joining'; readonly slot: number; readonly run: number }

/** A process beside the one of its slot. */
export interface Beside {
  readonly slot: number
  readonly run: number
  readonly since: number
}

export interface Restart {
  /** The first one of a primary is 1. */
  readonly id: number
  readonly by: string
  readonly since: number
  /** Slots that are still to come, in this order. */
  readonly left: readonly number[]
  readonly replaced: number
  readonly stage: Stage
}

export interface Restarted {
  readonly id: number
  readonly by: string
  readonly since: number
  readonly endedAt: number
  readonly replaced: number
  /** Why it came to nothing, or not to its end; null: all were replaced. */
  readonly failure: string | null
}

/** The process that a slot does not have yet, or will not get. */
export function besideOf(restart: Restart | null): Extract<Stage, Beside> | undefined {
  const stage = restart?.stage
  return stage && 'since' in stage ? stage : undefined
}
