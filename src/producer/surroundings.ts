// What a process has for the producers beside those of its consumers: in a worker its options and its log, in a unit test what
// stands in for Kafka; and which of them still have something to deliver. Known by a symbol, since two copies of this package may
// meet in one process. Loads nothing.

import { AsyncLocalStorage } from 'node:async_hooks'
import type { Config } from '../config/options.ts'
import type { ProduceTo, ProduceValue } from '../consumer/outlet.ts'
import type { Bus } from '../events/bus.ts'

/** Where a message was stored. */
export interface Stored {
  readonly topic: string
  readonly partition: number
  /** -1 where the broker does not know it any more: it had the message already. */
  readonly offset: number
}

/** In the place of Kafka. */
export type StandIn = (value: ProduceValue, to: ProduceTo) => Stored | Promise<Stored>

export interface Unsettled {
  /** How many messages. */
  readonly unsettled: number
  /** Resolves when everything queued so far is stored or given up. */
  settled(): Promise<void>
}

export interface Worker {
  /** Comes when it is configured; undefined: it has ended before that. */
  readonly config: Promise<Config | undefined>
  readonly bus: Bus
  /** It imports the user's modules, and is configured after that: what waits for Kafka there would wait for itself. */
  readonly isLoading?: boolean
}

export interface Surroundings {
  /** In a worker, from before the user's code is loaded on. */
  worker?: Worker | undefined
  /** For what a certain call does, and all that it calls. */
  readonly local: AsyncLocalStorage<StandIn | undefined>
  /** For everything else. */
  standIn?: StandIn | undefined
  readonly unsettled: Set<Unsettled>
}

const KEY = Symbol.for('racecar.producing')

export function surroundings(): Surroundings {
  const place = globalThis as { [KEY]?: Surroundings }
  place[KEY] ??= { local: new AsyncLocalStorage(), unsettled: new Set() }
  return place[KEY]
}

export const standIn = (): StandIn | undefined => surroundings().local.getStore() ?? surroundings().standIn

export const countUnsettled = (): number =>
  [...surroundings().unsettled].reduce((sum, { unsettled }) => sum + unsettled, 0)

/** Resolves when all that this process has queued beside its consumers is stored or given up. */
export async function allSettled(): Promise<void> {
  await Promise.all([...surroundings().unsettled].map(one => one.settled()))
}
