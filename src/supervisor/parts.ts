// What a supervisor is made of, and what it hands back. Everything that touches the world outside comes in here.

import type { Config } from '../config/options.ts'
import type { Bus } from '../events/bus.ts'
import type { Clock } from '../lib/clock.ts'
import type { Description, ForwardedEvent, LoadPlan } from '../messages.ts'
import type { InstanceIds } from './instance-ids.ts'
import type { Policy } from './state.ts'
import type { Fork } from './worker-handle.ts'

export interface Resolved {
  /** With the options of the class. */
  readonly config: Config
  readonly groupId: string
}

export interface WorkerOrigin {
  readonly slot: string
  readonly pid: number
}

export interface NotedSlot extends WorkerOrigin {
  readonly groupId: string
  readonly instanceId: string
}

export interface Eviction extends Resolved {
  readonly instanceIds: readonly string[]
  readonly timeoutMs: number
}

export interface SupervisorParts {
  /** Of each consumer. */
  readonly plans: readonly LoadPlan[]
  readonly policy: Policy
  readonly ids: InstanceIds
  readonly fork: Fork
  readonly bus: Bus
  readonly clock: Clock
  /** What is to be loaded by now. Called for each restart; a throw means that there is none. */
  readonly readAfresh: () => Promise<readonly LoadPlan[]>
  /** The options in force, once a worker has said what its class wants. Called once for each, and
   * once more for each restart; a throw ends everything, or the restart. */
  readonly resolve: (description: Description) => Resolved | Promise<Resolved>
  /** Waits for, and takes out of the group, what an earlier primary left behind. Workers join afterwards. Never rejects. */
  readonly clearTheWay: (resolved: Resolved, signal: AbortSignal) => Promise<void>
  /** Who may be a member from now on: before any of them can be. */
  readonly noteSlots: (slots: readonly NotedSlot[]) => void
  /** Takes dead members out of the group. Never rejects for longer than `timeoutMs`. */
  readonly evict: (eviction: Eviction) => Promise<void>
  readonly onWorkerEvent: (origin: WorkerOrigin, event: ForwardedEvent) => void
}

export interface Ending {
  readonly exitCode: number
  /** One clause for people; of a clean end as well. */
  readonly why: string
}
