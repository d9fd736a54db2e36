// A client that belongs to no group but its own: what a test puts into topics, and reads of them, beside the consumers that it runs.

import { randomUUID } from 'node:crypto'
import { type Message, makeMessage } from '../consumer/message.ts'
import type { Engine, EngineFactory, EngineSink, Subscription, TopicPartition } from '../engine/engine.ts'
import { createBus } from '../events/bus.ts'
import { systemClock } from '../lib/clock.ts'
import { type Deferred, deferred } from '../lib/deferred.ts'

const MEGABYTE = 1_048_576

export interface OutsiderParts {
  readonly createEngine: EngineFactory
  readonly brokers: readonly string[]
  /** What it reads; nothing by default. */
  readonly subscriptions?: readonly Subscription[]
  readonly sink?: EngineSink
}

/** Not started: it may produce as it is. */
export const outsider = ({ createEngine, brokers, subscriptions = [], sink = NOBODY }: OutsiderParts): Engine =>
  createEngine({
    settings: {
      brokers,
      subscriptions,
      clientId: 'racecar-testing',
      groupId: `racecar-testing-${randomUUID()}`,
      instanceId: null,
      strategies: ['range'],
      sessionTimeout: 10_000,
      heartbeatInterval: 1_000,
      rebalanceTimeout: 10_000,
      fetchMinBytes: 1,
      maxBytes: 10 * MEGABYTE,
      maxWaitTime: 100,
      socketTimeout: 5_000,
      metadataMaxAge: 30_000,
    },
    sink,
    bus: createBus(),
    clock: systemClock,
  })

const NOBODY: EngineSink = {
  assigned: () => {},
  revoked: async () => {},
  lost: () => {},
  records: () => {},
  wants: () => 0,
  failed: () => {},
}

interface Reading extends Omit<OutsiderParts, 'sink' | 'subscriptions'> {
  readonly topic: string
  readonly parse: ((raw: string) => unknown) | undefined
  /** Of each partition, the offset to read up to. */
  readonly ends: readonly number[]
}

const GOODBYE_MS = 1_000

/** By partition, and in order within each. */
export async function readAll({ topic, parse, ends, ...parts }: Reading): Promise<Message[]> {
  if (ends.every(end => end === 0)) return []
  const done = deferred()
  const found = ends.map((): Message[] => [])
  const sink = collecting({ topic, parse, ends, found, done })
  const subscriptions = [{ topic, startFromBeginning: true, maxBytesPerPartition: MEGABYTE }]
  const engine = outsider({ ...parts, subscriptions, sink })
  try {
    await Promise.all([engine.start(), done.promise])
  } finally {
    await engine.stop({ leave: true, deadline: systemClock.now() + GOODBYE_MS })
  }
  return found.flat()
}

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
    ...NOBODY,
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
