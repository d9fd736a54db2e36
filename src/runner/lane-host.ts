// What a lane tells and asks the rest of the runner: the border between one partition and everything around it.

import type { KafkaRecord, PartitionOffset } from '../engine/engine.ts'
import type { Attempt } from './attempt.ts'
import type { Verdict } from './carry-out.ts'
import type { Failure } from './failure.ts'
import type { Decision } from './policy.ts'

export interface LaneHost {
  /** What follows a message is started only when the commit that covers it has been answered. */
  readonly isSynchronous: boolean
  /** Bytes that a lane may hold now. */
  share(): number
  /** How many records were queued for delivery so far. */
  mark(): number
  /** Something was handled. */
  progressed(): void
  /** A lane's wants() answers differently from now on. */
  hungry(): void
  seek(to: PartitionOffset): void
  /** The handler is called now. `isPrompt`: it is to be known at once. Answers with what others should wait for. */
  begins(isPrompt: boolean): Promise<void> | undefined
  /** Starts nothing until then, in any lane. */
  hold(until: Promise<void>): void
  /** The handler has ended with a suspect. Resolves when that is known. */
  survived(attempt: Attempt): Promise<void>
  /** Instead of the handler's: what is done to a message that is given up. Answers as a handler does. */
  carryOut(verdict: Verdict, record: KafkaRecord, attempt: Attempt): unknown
  /** The handler has returned a promise. */
  goesOn(attempt: Attempt): void
  /** Of a handler that went on, or was given up: it has settled. */
  ended(attempt: Attempt): void
  /** Tells whoever must know, and answers what follows. */
  failed(failure: Failure): Decision
  /** The partition stands before this, for as long as nobody says otherwise. */
  stands(at: PartitionOffset, why: string, forMs: number): void
  /** Somebody has said so. */
  resumed(at: PartitionOffset): void
}
