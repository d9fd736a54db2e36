// The bus that every room publishes to. A subscriber that throws is reported once on the bus's own error hook and cannot hurt
// the publisher. Synchronous: an event has reached all subscribers when publish returns. What is published is published on
// node:diagnostics_channel as well.

import type { EventName, Events } from './events.ts'
import { isLocal, type LocalEvents } from './local-events.ts'
import { Tap } from './tap.ts'

export type AllEvents = Events & LocalEvents
export type AnyEventName = keyof AllEvents

export type Listener<N extends AnyEventName> = (data: AllEvents[N]) => void
export type AnyListener = <N extends EventName>(name: N, data: Events[N]) => void

export interface Bus {
  publish<N extends AnyEventName>(name: N, data: AllEvents[N]): void
  on<N extends AnyEventName>(name: N, listener: Listener<N>): () => void
  /** All events but those that stay in their process; what a worker forwards to its primary. */
  onAny(listener: AnyListener): () => void
  /** For who publishes so often that it asks first whether anybody listens. */
  tap<N extends keyof LocalEvents>(name: N): Pick<Tap<LocalEvents[N]>, 'isWanted' | 'publish'>
}

export function createBus(onSubscriberError: (error: unknown, name: AnyEventName) => void = () => {}): Bus {
  const taps = new Map<AnyEventName, unknown>()
  const any = new Set<AnyListener>()
  return {
    publish(name, data) {
      const tap = tapOf(name)
      tap.tell(data)
      if (!isLocal(name)) for (const listener of any) guard(name, () => listener(name, data as never))
      tap.show(data)
    },
    on: (name, listener) => tapOf(name).on(listener),
    onAny(listener) {
      any.add(listener)
      return () => any.delete(listener)
    },
    tap: tapOf,
  }

  function tapOf<N extends AnyEventName>(name: N): Tap<AllEvents[N]> {
    const known = taps.get(name) as Tap<AllEvents[N]> | undefined
    if (known) return known
    const tap = new Tap<AllEvents[N]>(name, error => onSubscriberError(error, name))
    taps.set(name, tap)
    return tap
  }

  function guard(name: AnyEventName, call: () => void): void {
    try {
      call()
    } catch (error) {
      onSubscriberError(error, name)
    }
  }
}
