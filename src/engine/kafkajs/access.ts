// A way to a cluster for whoever is no member of a group, such as racecarctl. It looks before anything is done: that somebody
// answers, and that the topic is there, for nothing here makes one. Knows nothing of what it is wanted for.

import type { Cluster } from '../../config/cluster.ts'
import { RacecarError } from '../../errors.ts'
import { type Bus, createBus } from '../../events/bus.ts'
import { type Clock, sleep } from '../../lib/clock.ts'
import { reasonOf } from '../../lib/reason.ts'
import { within } from '../../lib/within.ts'
import { METADATA_MAX_AGE } from '../engine.ts'
import { Brokers } from './brokers.ts'
import { actionFor } from './codes.ts'
import { Topology } from './topology.ts'
import { TlsError } from './transport.ts'

export interface AccessParts extends Cluster {
  readonly topic: string
  readonly socketTimeout: number
  /** Milliseconds within which somebody must have answered. */
  readonly withinMs: number
  readonly clock: Clock
}

/** For so long a topic may be missing before it is believed: a broker that lags behind does not know a new one yet. */
const DOUBT_MS = 1_000
const AGAIN_MS = 250

/** Rejects with BROKER_UNAVAILABLE, TLS_FAILED, TOPIC_MISSING or NOT_ALLOWED. */
export async function openAccess(parts: AccessParts): Promise<Access> {
  const access = new Access(parts)
  try {
    await access.open()
    return access
  } catch (error) {
    access.close()
    throw error
  }
}

export class Access {
  readonly brokers: Brokers
  readonly topology: Topology
  readonly clock: Clock
  readonly bus: Bus
  readonly #parts: AccessParts
  #denied: unknown
  /** Why nobody answered, as far as it is known. */
  #last: unknown

  constructor(parts: AccessParts) {
    const { clock } = parts
    const bus = createBus()
    const onDenied = (error: unknown) => {
      this.#denied = error
    }
    this.clock = clock
    this.bus = bus
    this.#parts = parts
    this.brokers = new Brokers({ ...parts, bus })
    const maxAge = METADATA_MAX_AGE
    // Where there are no positions, neither is of any matter.
    const seeing = { onSeen: () => {}, onRemade: () => {}, onDenied }
    this.topology = new Topology({ brokers: this.brokers, maxAge, bus, clock, ...seeing })
  }

  async open(): Promise<void> {
    const { brokers, clock, withinMs } = this.#parts
    const end = clock.now() + withinMs
    const looking = this.#look(end)
    // One that takes connections and says nothing would be waited for longer.
    if ((await within(clock, looking, end)) && (await looking)) return
    const names = `${brokers.length > 1 ? 'None of the brokers' : 'The broker'} ${brokers.join(', ')}`
    const answered = brokers.length > 1 ? 'has answered' : 'has not answered'
    const why = this.#last === undefined ? '' : `: ${reasonOf(this.#last)}`
    throw new RacecarError('BROKER_UNAVAILABLE', `${names} ${answered} within ${withinMs / 1000} s${why}`)
  }

  /** The partitions of a topic. Rejects with TOPIC_MISSING or NOT_ALLOWED, or when no broker answers. */
  async find(topic: string): Promise<readonly number[]> {
    const { brokers, clock } = this.#parts
    await this.topology.know([topic])
    const since = clock.now()
    while (this.topology.partitionsOf(topic).length === 0) {
      if (this.#denied !== undefined) throw notAllowed(this.#denied)
      if (clock.now() - since >= DOUBT_MS)
        throw new RacecarError('TOPIC_MISSING', `The topic ${topic} does not exist on ${brokers.join(', ')}`)
      await this.topology.refresh()
    }
    return this.topology.partitionsOf(topic)
  }

  close(): void {
    this.topology.close()
    this.brokers.close()
  }

  /** Whether anybody answered. */
  async #look(end: number): Promise<boolean> {
    const { brokers, clock, topic } = this.#parts
    while (clock.now() < end) {
      try {
        await this.find(topic)
        return true
      } catch (error) {
        if (actionFor(error) === 'denied') throw notAllowed(error)
        if (error instanceof RacecarError) throw error
        // Nobody mends it while a command waits.
        if (error instanceof TlsError)
          throw new RacecarError('TLS_FAILED', `No secure connection to ${brokers.join(', ')}: ${error.message}`)
        this.#last = error
        await sleep(clock, Math.min(AGAIN_MS, end - clock.now()))
      }
    }
    return false
  }
}

export const notAllowed = (cause: unknown): RacecarError =>
  new RacecarError('NOT_ALLOWED', `Kafka does not allow it: ${reasonOf(cause)}`, { cause })
