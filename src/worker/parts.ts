// What a worker is made of. The runner is known by what a life needs of it, the channel by its two ends: so the same life runs in
// a forked process, in the user's own (`workers` 0), and in a test.

import type { Bus } from '../events/bus.ts'
import type { InHand } from '../events/events.ts'
import type { Clock } from '../lib/clock.ts'
import type { Description, LoadPlan, Quiet, Report, Suspicion, ToPrimary, ToWorker } from '../messages.ts'
import type { Witness } from '../runner/runner.ts'

export interface RunnerEnd {
  readonly exitCode: number
  readonly error?: Error | undefined
}

/** The part of the runner that a life drives. */
export interface Driven {
  initialize(): Promise<void>
  start(): Promise<void>
  beat(): void
  quiet(quiet: Quiet): void
  resume(partitions: readonly string[]): void
  suspect(suspicion: Suspicion): void
  stop(how: { readonly deadline: number; readonly leave: boolean }): Promise<{ readonly clean: boolean }>
  /** The handlers' calls under way. */
  inHand(): readonly InHand[]
  snapshot(): Pick<Report, 'lanes' | 'beatAgoMs'>
  readonly done: Promise<RunnerEnd>
}

export type Setup = Extract<ToWorker, { type: 'configure' }>

/** The user's code, imported. */
export interface Loaded {
  readonly description: Description
  /** Makes the instance, so the user's constructor runs here. */
  prepare(setup: Setup, witness: Witness): Driven | Promise<Driven>
}

/** Hears what is published from the configuration on. */
export interface Observer {
  /** Tells the last of it; nothing is published any more. */
  close(): Promise<unknown>
}

export interface WorkerParts {
  readonly load: (plan: LoadPlan) => Promise<Loaded>
  readonly send: (message: ToPrimary) => void
  /** Resolves when all that was said is on its way. Where it is left out, that is so at once. */
  readonly flush?: () => Promise<void>
  readonly bus: Bus
  readonly clock: Clock
  /** Before anything runs. Rejects where the options ask for what cannot be had. */
  readonly observe?: (setup: Setup) => Promise<Observer | undefined>
}
