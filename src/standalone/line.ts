// The way from a program's queue to Kafka, and the options that it goes by. Imported when something is produced for the first time:
// it brings the configuration and the Kafka client.

import { clusterOf } from '../config/cluster.ts'
import type { Config } from '../config/options.ts'
import { isIdempotent } from '../config/raw/entries.ts'
import { METADATA_MAX_AGE, type OutgoingRecord } from '../engine/engine.ts'
import { LoneProducer } from '../engine/kafkajs/lone-producer.ts'
import { type Bus, createBus } from '../events/bus.ts'
import type { EventName, Events } from '../events/events.ts'
import { backgroundClock as clock } from '../lib/clock.ts'
import { messageOf } from '../observe/line.ts'
import { levelOf } from '../observe/sentences.ts'
import { Outbox } from '../producer/outbox.ts'
import { type Stored, surroundings } from '../producer/surroundings.ts'
import { Told } from '../producer/told.ts'
import { configFor } from './config.ts'
import type { Line, LineEvents, OpenLine } from './port.ts'

/** Rejects with CONFIG. Whether anybody answers shows when something is sent. */
export const openLine: OpenLine = async (options, events) => lineWith(await configFor(options), events)

export function lineWith(config: Config, { onSettled }: LineEvents): Line {
  const places = new WeakMap<OutgoingRecord, Stored>()
  const bus = surroundings().worker?.bus ?? toStandardError()
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

/** What a program should hear of; nothing that is only news. */
function toStandardError(): Bus {
  const bus = createBus()
  bus.onAny(<N extends EventName>(name: N, data: Events[N]) => {
    const level = levelOf(name, data)
    if (level === 'warn' || level === 'error') console.error(`racecar: ${messageOf(name, data)}`)
  })
  return bus
}
