// Metrics of a worker for Datadog, from its configuration to its end: what is counted goes out four times a second, and once more at
// every end that can still be seen, so that a process that is killed takes a quarter of a second's counts with it at most.

import type { Config } from '../config/options.ts'
import type { Bus } from '../events/bus.ts'
import { type Clock, every } from '../lib/clock.ts'
import { complaints, createClient, type DatadogConfig, PACKET } from './client.ts'
import { Meter } from './meter.ts'
import { subscribe } from './metrics.ts'

export interface DatadogParts {
  readonly bus: Bus
  readonly clock: Clock
  readonly config: Pick<Config, 'clientId'> & DatadogConfig
  readonly groupId: string
}

/** Milliseconds. */
export const FLUSH_MS = 250

/** What a line has beside its values, tags of the user's included, is left this much of a packet. */
const REST = 500

/** Throws CONFIG where a package is missing. */
export async function open(parts: DatadogParts, make = createClient): Promise<{ close(): Promise<void> }> {
  const { bus, clock, config, groupId } = parts
  const complain = complaints(parts)
  const client = make({ config, complain, cwd: process.cwd() })
  const meter = new Meter()
  const unsubscribe = subscribe({ bus, meter, clientId: config.clientId, groupId, epoch: () => clock.epoch() })
  const longest = (config.datadogSocketPath === undefined ? PACKET.udp : PACKET.uds) - REST
  const flush = () => {
    try {
      meter.hand(client, longest)
      client.flush()
    } catch (error) {
      complain(error)
    }
  }
  const cancel = every(clock, FLUSH_MS, flush)
  // Of user code that ends the process itself. What is sent then is sent at once, to an address or a socket.
  process.once('exit', flush)
  return {
    close() {
      cancel()
      unsubscribe()
      process.off('exit', flush)
      flush()
      return new Promise(resolve => client.close(() => resolve()))
    },
  }
}
