// The bus that every room publishes to. A subscriber that throws is reported once on the bus's own error hook and cannot hurt
// the publisher. Synchronous: an event has reached all subscribers when publish returns.

import type { EventName, Events } from './events.ts'

export type Listener<N extends EventName> = (data: Events[N]) => void
export type AnyListener = <N extends EventName>(name: N, data: Events[N]) => void

export interface Bus {
  publish<N extends EventName>(name: N, data: Events[N]): void
  on<N extends EventName>(name: N, listener: Listener<N>): () => void
  /** All events; what a worker forwards to its primary. */
  onAny(listener: AnyListener): () => void
}

export function createBus(onSubscriberError: (error: unknown, name: EventName) => void = () => {}): Bus {
  const byName = new Map<EventName, Set<(data: never) => void>>()
  const any = new Set<AnyListener>()
  return {
    publish(name, data) {
      for (const listener of byName.get(name) ?? []) guard(name, () => listener(data as never))
      for (const listener of any) guard(name, () => listener(name, data))
    },
    on(name, listener) {
      const set = byName.get(name) ?? new Set()
      byName.set(name, set)
      set.add(listener as (data: never) => void)
      return () => set.delete(listener as (data: never) => void)
    },
    onAny(listener) {
      any.add(listener)
      return () => any.delete(listener)
    },
  }

  function guard(name: EventName, call: () => void): void {
    try {
      call()
    } catch (error) {
      onSubscriberError(error, name)
    }
  }
}
