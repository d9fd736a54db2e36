// What a lane tells and asks the rest of the runner: the border between one partition and everything around it.

import type { PartitionOffset } from '../engine/engine.ts'
import type { Attempt } from './attempt.ts'
import type { Failure } from './failure.ts'
import type { Pause } from './pause.ts'

export interface LaneHost {
  /** Bytes that a lane may hold now. */
  share(): number
  /** How many records were queued for delivery so far. */
  mark(): number
  /** Something was handled. */
  progressed(): void
  /** A lane's wants() answers differently from now on. */
  hungry(): void
  seek(to: PartitionOffset): void
  /** The handler is called now. */
  begins(): void
  /** The handler has returned a promise. */
  goesOn(attempt: Attempt): void
  /** Of a handler that went on, or was given up: it has settled. */
  ended(attempt: Attempt): void
  /** Tells whoever must know, and answers how long to rest. */
  failed(failure: Failure): Pause
}
