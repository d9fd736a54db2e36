// What may happen to slots and processes, and what may be done about it: what `decide` is told, and what it answers. Plain data only.

import type { PartitionAt } from '../events/events.ts'
import type { ForwardedEvent, Quiet, Suspicion } from '../messages.ts'
import type { Heard } from './state.ts'

export interface Exit {
  readonly code: number | null
  readonly signal: string | null
}

interface Run {
  readonly slot: number
  readonly run: number
}

/** Workers of each consumer. */
export type Scale = { readonly workers: number } | { readonly more: number }

export type SupervisorEvent =
  /** The consumer is to have this many slots. */
  | { readonly type: 'sized'; readonly consumer: string; readonly workers: number }
  /** Somebody wants another number of them: so many, or so many more. */
  | {
      readonly type: 'scaled'
      readonly by: string
      readonly consumers: readonly string[]
      readonly to: Scale
    }
  /** All workers are to be replaced, by what was read afresh; or what was read cannot be used. */
  | { readonly type: 'restart'; readonly by: string }
  | { readonly type: 'restart refused'; readonly by: string; readonly why: string }
  /** The options are known, and what an earlier life left in the group is out of it: workers may join. */
  | { readonly type: 'clear'; readonly consumer: string }
  | (Run & { readonly type: 'described' })
  | (Run & { readonly type: 'up'; readonly pid: number })
  | (Run & { readonly type: 'alive' } & Omit<Heard, 'at'>)
  | (Run & PartitionAt & { readonly type: 'survived'; readonly lastOffset: number })
  | (Run & { readonly type: 'committed'; readonly offsets: readonly PartitionAt[] })
  /** Its offsets are others by now. */
  | (Run & { readonly type: 'remade'; readonly topic: string })
  /** `joining`: it may be a member from now on; `left`: the group has been told that it is none any more. */
  | (Run & { readonly type: 'joining' | 'joined' | 'left' })
  /** Its own words about why it is going to exit. */
  | (Run & { readonly type: 'failed'; readonly message: string })
  /** What it described cannot take the place of what runs. */
  | (Run & { readonly type: 'unfit'; readonly why: string })
  | (Run & { readonly type: 'exited'; readonly pid: number } & Exit)
  | (Run & { readonly type: 'fork failed'; readonly message: string })
  | { readonly type: 'evicted'; readonly slot: number }
  | { readonly type: 'stop'; readonly reason: string; readonly code: number; readonly why: string }
  | { readonly type: 'interrupt' }
  /** These are to be quiet, or to go on. No partitions: all of them. */
  | {
      readonly type: 'quiet'
      readonly isQuiet: boolean
      readonly by: string
      readonly consumers: readonly string[]
      readonly partitions: readonly string[]
    }
  /** Everything at once, whatever is in hand. */
  | { readonly type: 'kill'; readonly by: string }
  | { readonly type: 'tick' }

export type Action =
  /** `code` new: what was read afresh, from now on in this slot. `beside` the process that it is to replace. */
  | (Run & { readonly do: 'fork'; readonly restarts: number; readonly code: 'own' | 'new'; readonly beside: boolean })
  /** `join` false: everything but that. */
  | (Run & { readonly do: 'configure'; readonly join: boolean })
  /** It has the slot now. */
  | (Run & { readonly do: 'join' })
  /** What was read afresh is in all slots, and is for those to come. */
  | { readonly do: 'adopt' }
  /** Tell it what is quiet by now. */
  | (Run & { readonly do: 'quiet'; readonly quiet: Quiet })
  /** Have it try again what these stand before; none: all of its partitions. */
  | (Run & { readonly do: 'resume'; readonly partitions: readonly string[] })
  /** Tell it which messages to mind by now. */
  | (Run & { readonly do: 'suspicion'; readonly suspicion: Suspicion })
  | (Run & { readonly do: 'stop'; readonly withinMs: number; readonly leave: boolean; readonly reason: string })
  | (Run & { readonly do: 'kill'; readonly why: string })
  /** The slot's instance id belongs to somebody else: another one. */
  | { readonly do: 'rename'; readonly slot: number; readonly why: string }
  | { readonly do: 'evict'; readonly slot: number }
  | { readonly do: 'announce'; readonly event: ForwardedEvent }
  /** Nothing runs any more; the group may still hold what `evict` names. */
  | {
      readonly do: 'finish'
      readonly code: number
      readonly why: string
      readonly evict: readonly number[]
      readonly withinMs: number
    }
