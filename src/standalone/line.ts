// The way from a program's queue to Kafka, and the options that it goes by. Imported when something is produced for the first time:
// it brings the configuration and the Kafka client.

import { clusterOf } from '../config/cluster.ts'
import type { Config } from '../config/options.ts'
import { isIdempotent } from '../config/raw/entries.ts'
import { METADATA_MAX_AGE, type OutgoingRecord } from '../engine/engine.ts'
import { LoneProducer } from '../engine/kafkajs/lone-producer.ts'
import { type Bus, createBus } from '../events/bus.ts'
import { backgroundClock as clock } from '../lib/clock.ts'
import { toStandardError } from '../observe/to-standard-error.ts'
import { Outbox } from '../producer/outbox.ts'
import { type Stored, surroundings } from '../producer/surroundings.ts'
import { Told } from '../producer/told.ts'
import { configFor } from './config.ts'
import type { Line, LineEvents, OpenLine } from './port.ts'

/** Rejects with CONFIG. Whether anybody answers shows when something is sent. */
export const openLine: OpenLine = async (options, events) => lineWith(await configFor(options), events)

export function lineWith(config: Config, { onSettled }: LineEvents): Line {
  const places = new WeakMap<OutgoingRecord, Stored>()
  const bus = surroundings().worker?.bus ?? toStandardError(createBus())
  const client = clientFor(config, bus, places)
  const outbox: Outbox = new Outbox({
    clock,
    messageTimeout: config.messageTimeout * 1000,
    produce: records => client.produce(records),
    abandon: records => client.abandon(records),
    onDelivered: () => {},
    // Each is told by itself; deliver() is not asked.
    onFailed: () => {},
    told: new Told(bus, { clientId: config.clientId, consumer: null, groupId: null }),
    onSettled: (record, error) => onSettled(record, error, places.get(record)),
  })
  return {
    send: record => outbox.send(record),
    close: () => {
      outbox.close()
      client.close()
    },
  }
}

function clientFor(config: Config, bus: Bus, places: WeakMap<OutgoingRecord, Stored>): LoneProducer {
  return new LoneProducer({
    ...clusterOf(config),
    socketTimeout: config.socketTimeout * 1000,
    metadataMaxAge: METADATA_MAX_AGE,
    partitioner: config.partitioner,
    compression: config.producerCompressionCodec,
    idempotent: isIdempotent(config.producer),
    bus,
    clock,
    onStored: ({ topic, partition, offset }, records) => {
      for (const [index, record] of records.entries())
        places.set(record, { topic, partition, offset: offset < 0 ? offset : offset + index })
    },
  })
}
