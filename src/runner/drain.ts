// Brings lanes to rest within bounds of time: what is in hand finishes; at the first bound its signal aborts; at the second it
// is given up.

import type { Lane } from './lane.ts'

/** Whether it settled in time. */
export type Wait = (promise: Promise<unknown>) => Promise<boolean>

export interface DrainBounds {
  readonly untilAbort: Wait
  readonly untilGivenUp: Wait
  /** Why, for the handler and for whoever reads of it. */
  readonly why: string
}

/** Answers with the lanes whose handlers have not settled. */
export async function drain(lanes: readonly Lane[], bounds: DrainBounds): Promise<readonly Lane[]> {
  for (const lane of lanes) lane.cease()
  const atRest = Promise.all(lanes.map(lane => lane.atRest()))
  if (await bounds.untilAbort(atRest)) return []
  for (const lane of lanes) lane.inHand?.abort(bounds.why)
  await bounds.untilGivenUp(atRest)
  return lanes.filter(lane => lane.inHand)
}
