// `events` for users: what is published in this process, over node:diagnostics_channel, so that it works from wherever it is imported,
// from a second copy of this package too. A listener that fails hurts nothing; the process is told of it once.

import { channel, subscribe, unsubscribe } from 'node:diagnostics_channel'
import { isThenable } from '../lib/deferred.ts'
import { nearest } from '../lib/nearest.ts'
import type { AllEvents, AnyEventName, Bus } from './bus.ts'
import { errorData } from './error-data.ts'
import { eventNames } from './names.ts'
import { CHANNELS } from './tap.ts'

/** What failed, from whichever copy of this package; not an event's channel. */
const FAILURES = 'racecar.subscriber.failed'

interface Failure {
  readonly to: string
  readonly error: unknown
}

export const events = {
  /**
   * Calls the listener, synchronously, each time the event is published in this process. Answers with what takes that back. What the
   * listener throws, or rejects with, is told once in the log as `subscriber.failed`, and hurts nothing. Throws a TypeError for a name
   * that no event has.
   */
  on<N extends AnyEventName>(name: N, listener: (data: AllEvents[N]) => unknown): () => void {
    mustBeKnown(name)
    let hasFailed = false
    const failed = (error: unknown): void => {
      if (hasFailed) return
      hasFailed = true
      channel(FAILURES).publish({ to: name, error } satisfies Failure)
    }
    const guarded = (data: unknown): void => {
      try {
        const result = listener(data as AllEvents[N])
        if (isThenable(result)) result.then(undefined, failed)
      } catch (error) {
        failed(error)
      }
    }
    subscribe(CHANNELS + name, guarded)
    return () => void unsubscribe(CHANNELS + name, guarded)
  },
}

function mustBeKnown(name: string): void {
  if (eventNames.includes(name)) return
  const meant = nearest(String(name), eventNames)
  throw new TypeError(`events.on: there is no event ${String(name)}${meant ? `; did you mean ${meant}?` : ''}`)
}

/** Listeners that fail in this process are told of on this bus, until that is taken back. */
export function tellFailures(bus: Bus): () => void {
  const tell = (failure: unknown): void => {
    const { to, error } = failure as Failure
    bus.publish('subscriber.failed', { to, error: errorData(error) })
  }
  subscribe(FAILURES, tell)
  return () => void unsubscribe(FAILURES, tell)
}
