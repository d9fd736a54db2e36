// The end of a runner within one deadline: what is in hand finishes, everything is delivered, teardown, delivered again, the last
// commit, the membership. A part of the time is kept back, so that a handler that does not heed its signal cannot cost the
// others their commits.

import type { Clock } from '../lib/clock.ts'
import { within } from '../lib/within.ts'
import { drain } from './drain.ts'
import type { Machine } from './machine.ts'

export interface Finish {
  /** On the clock's scale. */
  readonly deadline: number
  /** Whether the place in the group is given up. */
  readonly leave: boolean
  /** initialize(), where it still runs. */
  readonly initializing: Promise<unknown>
  readonly hasJoined: boolean
  /** Nothing can be delivered or committed any more. */
  readonly isCutOff: () => boolean
}

/** The share of the grace that handlers do not get, and its limit in milliseconds. */
const RESERVE = { share: 0.1, most: 2000 }

/** Answers whether everything that was handled is committed, everything produced delivered, and nothing was given up. */
export async function finish(machine: Machine, clock: Clock, how: Finish): Promise<boolean> {
  const { assignment, committer, engine, hooks, outbox, undelivered, watch } = machine
  const reserve = Math.min(RESERVE.most, Math.max(0, how.deadline - clock.now()) * RESERVE.share)
  const before = (share: number) => how.deadline - reserve * share
  const failuresBefore = undelivered.count + assignment.givenUp
  const isInitialized = await within(clock, how.initializing, before(1))
  const lanes = assignment.lanes
  const stuck = await drain(lanes, { abortAt: before(1), giveUpAt: before(0.75), why: 'the worker stops' }, clock)
  for (const lane of stuck) assignment.giveUp(lane, 'the worker stops')
  await deliver(before(0.6))
  const isTornDown = await within(clock, hooks.teardown(), before(0.4))
  await deliver(before(0.25))
  if (!how.isCutOff()) await committer.finish(assignment.lanes, before(0.1))
  committer.stop()
  if (how.hasJoined) await within(clock, engine.stop({ leave: how.leave, deadline: how.deadline }), how.deadline)
  watch.stop()
  outbox.close()
  const isCommitted = lanes.every(({ progress, committed }) => progress.handledUpTo === committed)
  const isDelivered = outbox.delivered === outbox.queued
  const hasFailed = undelivered.count + assignment.givenUp > failuresBefore
  return isInitialized && isTornDown && isCommitted && isDelivered && !hasFailed

  async function deliver(until: number): Promise<void> {
    if (!how.isCutOff()) await within(clock, outbox.settled(outbox.queued), until)
  }
}
