// Metrics of a worker for Datadog, from its configuration to its end: what is counted goes out four times a second, and once more at
// every end that can still be seen, so that a process that is killed takes a quarter of a second's counts with it at most.

import type { Config } from '../config/options.ts'
import { every } from '../lib/clock.ts'
import { type ClientParts, createClient, PACKET } from './client.ts'
import { Meter } from './meter.ts'
import { subscribe } from './metrics.ts'

export interface DatadogParts extends Omit<ClientParts, 'config' | 'cwd'> {
  readonly config: Pick<Config, 'clientId'> & ClientParts['config']
  readonly groupId: string
}

/** Milliseconds. */
export const FLUSH_MS = 250

/** What a line has beside its values, tags of the user's included, is left this much of a packet. */
const REST = 500

/** Throws CONFIG where a package is missing. */
export async function open(parts: DatadogParts, make = createClient): Promise<{ close(): Promise<void> }> {
  const { bus, clock, config, groupId } = parts
  const client = make({ ...parts, cwd: process.cwd() })
  const meter = new Meter()
  const unsubscribe = subscribe({ bus, meter, clientId: config.clientId, groupId, epoch: () => clock.epoch() })
  const longest = (config.datadogSocketPath === undefined ? PACKET.udp : PACKET.uds) - REST
  const flush = () => {
    meter.hand(client, longest)
    client.flush()
  }
  const cancel = every(clock, FLUSH_MS, flush)
  // Of user code that ends the process itself. What is sent then is sent at once, to an address or a socket.
  process.once('exit', flush)
  return {
    close() {
      cancel()
      unsubscribe()
      process.off('exit', flush)
      meter.hand(client, longest)
      return new Promise(resolve => client.close(() => resolve()))
    },
  }
}
