// The way from a program's queue to Kafka, and the options that it goes by. Imported when something is produced for the first time:
// it brings the configuration and the Kafka client.

import { clusterOf } from '../config/cluster.ts'
import type { Config } from '../config/options.ts'
import { isIdempotent } from '../config/raw/entries.ts'
import { METADATA_MAX_AGE, type OutgoingRecord } from '../engine/engine.ts'
import { LoneProducer } from '../engine/kafkajs/lone-producer.ts'
import { prepareCodec } from '../engine/kafkajs/outgoing-codec.ts'
import { type Bus, createBus } from '../events/bus.ts'
import type { EventName, Events } from '../events/events.ts'
import { backgroundClock as clock } from '../lib/clock.ts'
import { messageOf } from '../observe/line.ts'
import { levelOf } from '../observe/sentences.ts'
import { toStandardError } from '../observe/to-standard-error.ts'
import { Outbox } from '../producer/outbox.ts'
import { type Stored, surroundings } from '../producer/surroundings.ts'
import { Told } from '../producer/told.ts'
import { configFor } from './config.ts'
import type { Line, LineEvents, OpenLine } from './port.ts'

/** Rejects with CONFIG or CODEC_MISSING. Whether anybody answers shows when something is sent. */
export const openLine: OpenLine = async (options, events) => {
  const config = await configFor(options)
  await prepareCodec(config.producerCompressionCodec)
  return lineWith(config, events)
}

export function lineWith(config: Config, { onSettled }: LineEvents): Line {
  const places = new WeakMap<OutgoingRecord, Stored>()
  const { worker } = surroundings()
  const bus = worker?.bus ?? toStandardError(createBus())
  const client = clientFor(config, worker ? besides(worker.bus, config) : bus, places)
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

/** What its connections meet is not the consumer's: it is told as lines, and ends no worker that is to fail fast. */
function besides(bus: Bus, { embedded }: Config): Bus {
  const own = createBus()
  own.onAny(<N extends EventName>(name: N, data: Events[N]) => {
    const line = { level: levelOf(name, data), message: messageOf(name, data), from: 'producer' }
    // There somebody makes what is missing.
    if (name === 'topic.missing' && embedded) bus.publish('topic.missing', data as Events['topic.missing'])
    else bus.publish('line', line)
  })
  return own
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
