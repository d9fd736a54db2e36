// Brings lanes to rest within bounds of time: what is in hand finishes; at the first bound its signal aborts; at the second it
// is given up.

import type { Clock } from '../lib/clock.ts'
import type { Lane } from './lane.ts'

/** Whether it settled in time. */
export type Wait = (promise: Promise<unknown>) => Promise<boolean>

export interface DrainBounds {
  readonly clock: Clock
  readonly untilAbort: Wait
  readonly untilGivenUp: Wait
  /** Why, for the handler and for whoever reads of it. */
  readonly why: string
}

/** Milliseconds that a message has which was given up and is not stored elsewhere yet: whoever comes next can do that as well. */
const MOMENT = 1000

/** Answers with the lanes whose handlers have not settled. */
export async function drain(lanes: readonly Lane[], bounds: DrainBounds): Promise<readonly Lane[]> {
  for (const lane of lanes) lane.cease()
  const atRest = Promise.all(lanes.map(lane => lane.atRest()))
  const cancel = bounds.clock.after(MOMENT, () => {
    for (const { inHand } of lanes) if (inHand?.isGivenUp) inHand.abort(bounds.why)
  })
  const isAtRest = await bounds.untilAbort(atRest)
  cancel()
  if (isAtRest) return []
  for (const lane of lanes) lane.inHand?.abort(bounds.why)
  await bounds.untilGivenUp(atRest)
  return lanes.filter(lane => lane.inHand)
}
