// What is quiet: of which consumers, and of which of their partitions, no further message is started. The primary holds it, so
// that it outlives workers and goes with a partition wherever that goes. The last word about a partition holds. Pure.

import type { Quiet } from '../messages.ts'
import type { SupervisorEvent } from './moves.ts'
import { hears, type Slot, type State } from './state.ts'
import type { Turn } from './turn.ts'

/** What is asked to be quiet, or to go on. Empty: all there are. */
export interface Which {
  readonly consumers: readonly string[]
  /** `topic/partition` */
  readonly partitions: readonly string[]
}

export const EVERYTHING: Which = { consumers: [], partitions: [] }

export const LOUD: Quiet = { all: false, except: [] }

/** undefined: nothing is different from before. */
export function changed(before: Quiet, isQuiet: boolean, partitions: Which['partitions']): Quiet | undefined {
  const now = partitions.length === 0 ? { all: isQuiet, except: [] } : withSome(before, isQuiet, partitions)
  return now.all === before.all && String(now.except) === String(before.except) ? undefined : now
}

function withSome({ all, except }: Quiet, isQuiet: boolean, partitions: Which['partitions']): Quiet {
  const others = except.filter(one => !partitions.includes(one))
  return { all, except: isQuiet === all ? others : [...new Set([...except, ...partitions])].sort() }
}

export const isNothing = ({ all, except }: Quiet): boolean => !all && except.length === 0

export const isEverything = ({ all, except }: Quiet): boolean => all && except.length === 0

export const quietOf = ({ quiet }: State, consumer: string): Quiet => quiet[consumer] ?? LOUD

/** Workers that are configured are told; the others will be when they are. In a stop nothing starts anyway, and never again. */
export function setQuiet(turn: Turn, { isQuiet, by, consumers, partitions }: Asked): void {
  if (turn.state.phase.kind !== 'running') return
  const changes = consumers.flatMap(consumer => {
    const now = changed(quietOf(turn.state, consumer), isQuiet, partitions)
    return now ? [[consumer, now] as const] : []
  })
  if (changes.length === 0) return
  turn.change({ quiet: { ...turn.state.quiet, ...Object.fromEntries(changes) } })
  const concerned = changes.map(([consumer]) => consumer)
  const data = { by, consumers: concerned, partitions }
  turn.act({ do: 'announce', event: { name: isQuiet ? 'primary.quiet' : 'primary.continued', data } })
  for (const slot of turn.state.slots) {
    if (!hears(slot) || !concerned.includes(slot.consumer)) continue
    turn.act({ do: 'quiet', slot: slot.number, run: slot.run, quiet: quietOf(turn.state, slot.consumer) })
  }
}

/** Who stands before a message that was given up is its worker's business alone: it goes with the partition's owner. */
export function resume(turn: Turn, { consumers, partitions }: Asked): void {
  if (turn.state.phase.kind !== 'running') return
  for (const { state, consumer, number: slot, ...live } of turn.state.slots) {
    if (state === 'up' && consumers.includes(consumer) && 'run' in live)
      turn.act({ do: 'resume', slot, run: live.run, partitions })
  }
}

/** To one that may join now: until then it has heard nothing. */
export function tellQuiet(turn: Turn, { number, consumer }: Slot, run: number): void {
  const quiet = quietOf(turn.state, consumer)
  if (!isNothing(quiet)) turn.act({ do: 'quiet', slot: number, run, quiet })
}

type Asked = Extract<SupervisorEvent, { type: 'quiet' }>
