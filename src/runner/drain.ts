// Brings lanes to rest within bounds of time: what is in hand finishes; at the first bound its signal aborts; at the second it
// is given up.

import type { Clock } from '../lib/clock.ts'
import { within } from '../lib/within.ts'
import type { Lane } from './lane.ts'

export interface DrainBounds {
  readonly abortAt: number
  readonly giveUpAt: number
  /** Why, for the handler and for whoever reads of it. */
  readonly why: string
}

/** Answers with the lanes whose handlers have not settled. */
export async function drain(lanes: readonly Lane[], bounds: DrainBounds, clock: Clock): Promise<readonly Lane[]> {
  for (const lane of lanes) lane.quiet()
  const atRest = Promise.all(lanes.map(lane => lane.atRest()))
  if (await within(clock, atRest, bounds.abortAt)) return []
  for (const lane of lanes) lane.inHand?.abort(bounds.why)
  await within(clock, atRest, bounds.giveUpAt)
  return lanes.filter(lane => lane.inHand)
}
