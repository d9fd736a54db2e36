// What the contract needs of a place where engines can live: a cluster that it may do things to, members that can be cut off or
// killed, and a way to wait. The memory engine's place moves a clock by hand; the real one lets the time pass.

import type { Engine, EngineParts } from '../../src/engine/engine.ts'
import type { Clock } from '../../src/lib/clock.ts'

export interface Harness {
  readonly clock: Clock
  /** The session timeout of members here, in milliseconds, where a broker's usual minimum does not hold. */
  readonly session?: number
  /** A topic of this name, or of one of its own. */
  createTopic(partitions: number, name?: string): Promise<string>
  /** So that there are `total`. */
  addPartitions(topic: string, total: number): Promise<void>
  /** Stored as one batch, by somebody who is no member. */
  produce(topic: string, partition: number, values: readonly string[]): Promise<void>
  /** Takes up offsets that no consumer sees a record for. */
  produceInvisible(topic: string, partition: number): Promise<void>
  deleteRecords(topic: string, partition: number, before: number): Promise<void>
  /** The offset that the next record of this partition gets. */
  end(topic: string, partition: number): Promise<number>
  /** As stored, by partition; null where there is none. */
  committed(groupId: string, topic: string): Promise<readonly (number | null)[]>
  /** `breakable`: it may be cut off and killed. */
  engine(parts: EngineParts, how: { readonly breakable: boolean }): Promise<Engine>
  /** It reaches nothing from now on, until `heal`. */
  cut(engine: Engine): Promise<void>
  heal(engine: Engine): Promise<void>
  /** As when its process is killed: no goodbye, and it reaches nothing any more. */
  crash(engine: Engine): Promise<void>
  /** Resolves when the condition holds, rejects when that takes too long. */
  until(what: string, condition: () => boolean | Promise<boolean>): Promise<void>
  /** Lets the time pass that the promise needs. */
  when<T>(promise: Promise<T>): Promise<T>
  close(): Promise<void>
}
