// Everything that a topic holds, for a test, read by a member of a group that nobody else is in.

import { randomUUID } from 'node:crypto'
import { type Message, makeMessage } from '../consumer/message.ts'
import {
  type EngineFactory,
  type EngineSettings,
  type EngineSink,
  METADATA_MAX_AGE,
  type TopicPartition,
} from '../engine/engine.ts'
import { createBus } from '../events/bus.ts'
import { systemClock } from '../lib/clock.ts'
import { type Deferred, deferred } from '../lib/deferred.ts'

const MEGABYTE = 1_048_576

interface Reading {
  readonly createEngine: EngineFactory
  readonly brokers: readonly string[]
  readonly topic: string
  readonly parse: ((raw: string) => unknown) | undefined
  /** Of each partition, the offset to read up to. */
  readonly ends: readonly number[]
}

const GOODBYE_MS = 1_000

/** By partition, and in order within each. */
export async function readAll({ createEngine, brokers, topic, parse, ends }: Reading): Promise<Message[]> {
  if (ends.every(end => end === 0)) return []
  const done = deferred()
  const found = ends.map((): Message[] => [])
  const sink = collecting({ topic, parse, ends, found, done })
  const engine = createEngine({ settings: settingsFor(brokers, topic), sink, bus: createBus(), clock: systemClock })
  try {
    await Promise.all([engine.start(), done.promise])
  } finally {
    await engine.stop({ leave: true, deadline: systemClock.now() + GOODBYE_MS })
  }
  return found.flat()
}

const settingsFor = (brokers: readonly string[], topic: string): EngineSettings => ({
  brokers,
  tls: null,
  sasl: null,
  subscriptions: [{ topic, startFromBeginning: true, maxBytesPerPartition: MEGABYTE }],
  clientId: 'racecar-testing',
  groupId: `racecar-testing-${randomUUID()}`,
  instanceId: null,
  strategies: ['range'],
  offsetOutOfRange: 'earliest',
  sessionTimeout: 10_000,
  heartbeatInterval: 1_000,
  rebalanceTimeout: 10_000,
  fetchMinBytes: 1,
  maxBytes: 10 * MEGABYTE,
  maxWaitTime: 100,
  socketTimeout: 5_000,
  metadataMaxAge: METADATA_MAX_AGE,
  partitioner: 'consistent_random',
  idempotent: true,
  compression: 'none',
})

interface Collecting extends Pick<Reading, 'topic' | 'parse' | 'ends'> {
  readonly found: readonly Message[][]
  readonly done: Deferred<void>
}

function collecting({ topic, parse, ends, found, done }: Collecting): EngineSink {
  const positions = ends.map(() => 0)
  const lacks = (partition: number) => positions[partition]! < ends[partition]!
  const moved = (partition: number, to: number) => {
    positions[partition] = to
    if (!ends.some((_, index) => lacks(index))) done.resolve()
  }
  return {
    revoked: async () => {},
    lost: () => {},
    // Some may have been deleted.
    assigned: added => {
      for (const { partition, offset } of added) moved(partition, offset)
    },
    records: ({ partition, records, next }) => {
      found[partition]!.push(...records.map(record => makeMessage(topic, partition, record, 0, parse)))
      moved(partition, next)
    },
    wants: ({ partition }: TopicPartition) => (lacks(partition) ? MEGABYTE : 0),
    failed: error => done.reject(error),
  }
}
