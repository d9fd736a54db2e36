// Stores records of one topic for whoever is no member of a group, such as racecarctl. Knows nothing of retries or of who waits.

import type { Compression, OutgoingRecord, Partitioner, ProduceError } from '../engine.ts'
import { type Access, type AccessParts, openAccess } from './access.ts'
import { prepareCodec } from './outgoing-codec.ts'
import { type OnStored, Producer } from './producer.ts'

export interface Sending extends AccessParts {
  readonly partitioner: Partitioner
  /** True where nothing is said. */
  readonly idempotent?: boolean
  readonly compression: Compression
  readonly onStored: OnStored
}

/** Rejects with BROKER_UNAVAILABLE, TLS_FAILED, TOPIC_MISSING, NOT_ALLOWED or CODEC_MISSING. */
export async function openSender({
  partitioner,
  compression,
  idempotent = true,
  onStored,
  ...parts
}: Sending): Promise<Sender> {
  await prepareCodec(compression)
  const access = await openAccess(parts)
  const how = { partitioner, compression, idempotent, onStored }
  return new Sender(access, parts.topic, new Producer({ ...access, ...how }))
}

export class Sender {
  readonly #access: Access
  readonly #topic: string
  readonly #producer: Producer

  constructor(access: Access, topic: string, producer: Producer) {
    this.#access = access
    this.#topic = topic
    this.#producer = producer
  }

  get partitions(): readonly number[] {
    return this.#access.topology.partitionsOf(this.#topic)
  }

  /** One attempt, as the port has it. */
  produce(records: readonly OutgoingRecord[]): Promise<readonly (ProduceError | undefined)[]> {
    return this.#producer.produce(records)
  }

  abandon(records: readonly OutgoingRecord[]): void {
    this.#producer.abandon(records)
  }

  close(): void {
    this.#access.close()
  }
}
