// The end of a runner within one deadline: what is in hand finishes, everything is delivered, teardown, delivered again, the last
// commit, the membership. A part of the time is kept back, so that a handler that does not heed its signal cannot cost the
// others their commits.

import type { Clock } from '../lib/clock.ts'
import { drain } from './drain.ts'
import type { Farewell } from './farewell.ts'
import type { Machine } from './machine.ts'

export interface Finish {
  readonly farewell: Farewell
  readonly clock: Clock
  /** initialize(), where it still runs. */
  readonly initializing: Promise<unknown>
  /** Nothing can be delivered or committed any more. */
  readonly isCutOff: () => boolean
}

/** Answers whether everything that was handled is committed, everything produced delivered, and nothing was given up. */
export async function finish(machine: Machine, how: Finish): Promise<boolean> {
  const { assignment, committer, engine, hooks, outbox, undelivered, watch } = machine
  const { farewell } = how
  const failures = () => undelivered.count + assignment.givenUp
  const failuresBefore = failures()
  const isInitialized = await farewell.within(how.initializing, 1)
  const { lanes } = assignment
  await settle(lanes)
  await deliver(0.6)
  machine.gauge?.stop()
  const isTornDown = await farewell.within(hooks.teardown(), 0.4)
  await deliver(0.25)
  if (!how.isCutOff()) await farewell.within(committer.finish(assignment.lanes, farewell.before(0.1)), 0.1)
  committer.stop()
  // Even where it never joined: what was produced has made connections.
  await farewell.within(engine.stop({ leave: farewell.leave, deadline: farewell.deadline }), 0)
  watch.stop()
  outbox.close()
  const isCommitted = lanes.every(({ progress, committed }) => progress.handledUpTo === committed)
  const isDelivered = outbox.delivered === outbox.queued
  return isInitialized && isTornDown && isCommitted && isDelivered && failures() === failuresBefore

  async function settle(all: typeof lanes): Promise<void> {
    const why = 'the worker stops'
    const untilAbort = (promise: Promise<unknown>) => farewell.within(promise, 1)
    const untilGivenUp = (promise: Promise<unknown>) => farewell.within(promise, 0.75)
    for (const lane of await drain(all, { clock: how.clock, untilAbort, untilGivenUp, why }))
      assignment.giveUp(lane, why)
  }

  async function deliver(share: number): Promise<void> {
    if (!how.isCutOff()) await farewell.within(outbox.settled(outbox.queued), share)
  }
}
