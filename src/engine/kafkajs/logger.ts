// kafkajs's logger, routed to the bus one level down: what is an error to a connection is waited out here, and whoever waits
// says so in words of his own.

import type { Bus } from '../../events/bus.ts'
import type { WireLogger } from './wire.ts'

const ignore = () => {}

export function clientLogger(bus: Bus, namespace = 'kafkajs'): WireLogger {
  const line = (level: 'info' | 'debug') => (message: string) =>
    bus.publish('line', { level, message, from: namespace })
  return {
    namespace: name => clientLogger(bus, `kafkajs ${name}`),
    // A connection that fails is reported by whoever needed it, with what follows from it.
    error: namespace.endsWith('Connection') ? line('debug') : line('info'),
    warn: line('info'),
    info: line('debug'),
    // Several lines for each request, with the request in them: nothing that a user could act on.
    debug: ignore,
  }
}
