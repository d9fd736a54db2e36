// A producer for whoever is no member of a group and knows beforehand neither its topics nor whether anybody answers. It keeps no
// process alive. Knows nothing of retries or of who waits.

import type { Cluster } from '../../config/cluster.ts'
import type { Bus } from '../../events/bus.ts'
import type { Clock } from '../../lib/clock.ts'
import type { Compression, OutgoingRecord, Partitioner, ProduceError } from '../engine.ts'
import { Brokers } from './brokers.ts'
import { type OnStored, Producer } from './producer.ts'
import { Topology } from './topology.ts'

export interface LoneProducerParts extends Cluster {
  /** Milliseconds. */
  readonly socketTimeout: number
  readonly metadataMaxAge: number
  readonly partitioner: Partitioner
  readonly compression: Compression
  readonly idempotent: boolean
  readonly bus: Bus
  readonly clock: Clock
  readonly onStored: OnStored
}

export class LoneProducer {
  readonly #brokers: Brokers
  readonly #topology: Topology
  readonly #producer: Producer

  constructor(parts: LoneProducerParts) {
    const { metadataMaxAge: maxAge, bus, clock } = parts
    const brokers = new Brokers({ ...parts, isBackground: true })
    const onRemade = (topic: string) => this.#producer.remade(topic)
    // No topic is needed: that one may not be seen is said to whoever produces to it.
    const seeing = { onSeen: () => {}, onRemade, onDenied: () => {} }
    this.#brokers = brokers
    this.#topology = new Topology({ brokers, maxAge, bus, clock, ...seeing })
    this.#producer = new Producer({ ...parts, brokers, topology: this.#topology })
  }

  /** One attempt, as the port has it. */
  produce(records: readonly OutgoingRecord[]): Promise<readonly (ProduceError | undefined)[]> {
    return this.#producer.produce(records)
  }

  abandon(records: readonly OutgoingRecord[]): void {
    this.#producer.abandon(records)
  }

  close(): void {
    this.#topology.close()
    this.#brokers.close()
  }
}
