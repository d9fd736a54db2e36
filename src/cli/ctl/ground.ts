// What racecarctl stands on: where it looks, where it writes, and the one thing by which it could do harm.

import type { Clock } from '../../lib/clock.ts'

export interface Ground {
  /** Where racecars of this user are to be found. */
  readonly folders: readonly string[]
  readonly cwd: string
  readonly clock: Clock
  readonly out: Output
  /** Sentences for people. */
  readonly err: Output
  /** SIGKILL. */
  readonly kill: (pid: number) => void
}

export interface Output {
  readonly isTTY?: boolean
  write(text: string): void
}
