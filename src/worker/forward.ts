// Everything that is published in a worker, told to its primary, except lines that nobody would see.

import type { Bus } from '../events/bus.ts'
import type { Level } from '../events/events.ts'
import type { ForwardedEvent, ToPrimary } from '../messages.ts'

const severity: Record<Level, number> = { debug: 0, info: 1, warn: 2, error: 3 }

/** `level` is asked each time: it is known only once the worker is configured. */
export function forwardEvents(bus: Bus, send: (message: ToPrimary) => void, level: () => Level): () => void {
  return bus.onAny((name, data) => {
    const event = { name, data } as ForwardedEvent
    if (event.name === 'line' && severity[event.data.level] < severity[level()]) return
    send({ type: 'event', event })
  })
}
