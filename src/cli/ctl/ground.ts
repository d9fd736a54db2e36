// What racecarctl stands on: where it looks, where it writes, and the one thing by which it could do harm.

import type { Clock } from '../../lib/clock.ts'
import type { Input } from './lines.ts'

export interface Ground {
  /** Where racecars of this user are to be found. */
  readonly folders: readonly string[]
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  readonly clock: Clock
  /** Standard input, opened when it is asked for. */
  readonly input: () => Input
  readonly out: Output
  /** Sentences for people. */
  readonly err: Output
  /** From now on SIGINT ends nothing by itself, and is told here. */
  readonly interrupted: () => AbortSignal
  /** SIGKILL. */
  readonly kill: (pid: number) => void
}

export interface Output {
  readonly isTTY?: boolean
  /** Of a terminal. */
  readonly rows?: number
  readonly columns?: number
  write(text: string | Uint8Array): void
}
