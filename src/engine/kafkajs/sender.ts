// Stores records of one topic for whoever is no member of a group, such as racecarctl. It looks before it sends: that somebody
// answers, and that the topic is there, for nothing here makes one. Knows nothing of retries or of who waits.

import { RacecarError } from '../../errors.ts'
import { createBus } from '../../events/bus.ts'
import { type Clock, sleep } from '../../lib/clock.ts'
import { reasonOf } from '../../lib/reason.ts'
import { within } from '../../lib/within.ts'
import type { OutgoingRecord, ProduceError } from '../engine.ts'
import { Brokers } from './brokers.ts'
import { actionFor } from './codes.ts'
import { type OnStored, Producer } from './producer.ts'
import { Topology } from './topology.ts'

export interface Sending {
  readonly topic: string
  readonly brokers: readonly string[]
  readonly clientId: string
  readonly socketTimeout: number
  /** Milliseconds within which somebody must have answered. */
  readonly withinMs: number
  readonly clock: Clock
  readonly onStored: OnStored
}

/** For so long a topic may be missing before it is believed: a broker that lags behind does not know a new one yet. */
const DOUBT_MS = 1_000
const AGAIN_MS = 250
/** A leader that has moved is looked for at once; this is for partitions that were added. */
const METADATA_MAX_AGE_MS = 30_000

/** Rejects with BROKER_UNAVAILABLE, TOPIC_MISSING or NOT_ALLOWED. */
export async function openSender(sending: Sending): Promise<Sender> {
  const sender = new Sender(sending)
  try {
    await sender.open()
    return sender
  } catch (error) {
    sender.close()
    throw error
  }
}

export class Sender {
  readonly #sending: Sending
  readonly #brokers: Brokers
  readonly #topology: Topology
  readonly #producer: Producer
  #denied: unknown
  /** Why nobody answered, as far as it is known. */
  #last: unknown

  constructor(sending: Sending) {
    const { clock, onStored } = sending
    const bus = createBus()
    const onDenied = (error: unknown) => {
      this.#denied = error
    }
    this.#sending = sending
    this.#brokers = new Brokers({ ...sending, bus })
    const maxAge = METADATA_MAX_AGE_MS
    // Where there are no positions, neither is of any matter.
    const seeing = { onSeen: () => {}, onRemade: () => {}, onDenied }
    this.#topology = new Topology({ brokers: this.#brokers, maxAge, bus, clock, ...seeing })
    this.#producer = new Producer({ brokers: this.#brokers, topology: this.#topology, clock, onStored })
  }

  get partitions(): readonly number[] {
    return this.#topology.partitionsOf(this.#sending.topic)
  }

  async open(): Promise<void> {
    const { brokers, clock, withinMs } = this.#sending
    const end = clock.now() + withinMs
    const looking = this.#look(end)
    // One that takes connections and says nothing would be waited for longer.
    if ((await within(clock, looking, end)) && (await looking)) return
    const names = `${brokers.length > 1 ? 'None of the brokers' : 'The broker'} ${brokers.join(', ')}`
    const answered = brokers.length > 1 ? 'has answered' : 'has not answered'
    const why = this.#last === undefined ? '' : `: ${reasonOf(this.#last)}`
    throw new RacecarError('BROKER_UNAVAILABLE', `${names} ${answered} within ${withinMs / 1000} s${why}`)
  }

  /** One attempt, as the port has it. */
  produce(records: readonly OutgoingRecord[]): Promise<readonly (ProduceError | undefined)[]> {
    return this.#producer.produce(records)
  }

  close(): void {
    this.#topology.close()
    this.#brokers.close()
  }

  /** Whether anybody answered. */
  async #look(end: number): Promise<boolean> {
    const { clock } = this.#sending
    while (clock.now() < end) {
      try {
        await this.#find()
        return true
      } catch (error) {
        if (actionFor(error) === 'denied') throw notAllowed(error)
        if (error instanceof RacecarError) throw error
        this.#last = error
        await sleep(clock, Math.min(AGAIN_MS, end - clock.now()))
      }
    }
    return false
  }

  async #find(): Promise<void> {
    const { brokers, clock, topic } = this.#sending
    await this.#topology.know([topic])
    const since = clock.now()
    while (this.partitions.length === 0) {
      if (this.#denied !== undefined) throw notAllowed(this.#denied)
      if (clock.now() - since >= DOUBT_MS)
        throw new RacecarError('TOPIC_MISSING', `The topic ${topic} does not exist on ${brokers.join(', ')}`)
      await this.#topology.refresh()
    }
  }
}

const notAllowed = (cause: unknown): RacecarError =>
  new RacecarError('NOT_ALLOWED', `Kafka does not allow it: ${reasonOf(cause)}`, { cause })
