// What is done to a message that is given up, for good or to be tried again later, in the place of its handler's call: so it is passed, tried again and waited for like
// any other.

import type { Config } from '../config/options.ts'
import type { RetryTopic } from '../config/retry-topics.ts'
import type { Engine, KafkaRecord, TopicPartition } from '../engine/engine.ts'
import type { Bus } from '../events/bus.ts'
import { errorData } from '../events/error-data.ts'
import { epitaph } from '../events/error-words.ts'
import { type Clock, every } from '../lib/clock.ts'
import type { InTurn } from '../lib/in-turn.ts'
import { reasonOf } from '../lib/reason.ts'
import type { Convicted, Description } from '../messages.ts'
import { Outbox } from '../producer/outbox.ts'
import { deadLetter } from './dead-letter.ts'
import { originOf } from './origin.ts'
import type { Follows } from './policy.ts'
import { toMs } from './settings.ts'

export interface Verdict {
  readonly follows: Exclude<Follows, 'stop'>
  /** Why it is given up: it has ended so many workers, or has failed so many times. */
  readonly of: 'crashes' | 'errors'
  readonly times: number
  /** Of the last time. */
  readonly why: string
}

/** Of a message that ends its workers. */
export function verdictOn({ follows, crashes, why, ...at }: Convicted): Verdict {
  if (follows === 'stop') throw new Error(`${at.topic}/${at.partition} stands before ${at.offset}`)
  return { follows, of: 'crashes', times: crashes, why }
}

/** Of a message that fails: the error, and where in the user's code. */
export const epitaphOf = (error: unknown): string => epitaph(errorData(error))

export interface CarryOutParts {
  readonly bus: Bus
  readonly clock: Clock
  readonly config: Pick<Config, 'createDeadLetterTopic' | 'messageTimeout'>
  readonly description: Pick<Description, 'consumer'>
  readonly groupId: string
  readonly engine: Pick<Engine, 'createTopic' | 'produce' | 'abandon'>
  readonly inTurn: InTurn
  /** The topic for dead letters; undefined: there is none. */
  readonly to: string | undefined
  /** Where a message of this partition is tried again. */
  readonly later: RetryTopic | undefined
  /** Whose retry topic the partition is of; undefined: it is of none. */
  readonly origin: string | undefined
}

/** Milliseconds after which what is not stored is told of, again and again. */
const ALARM_MS = 5000

export interface Site {
  readonly of: TopicPartition
  readonly signal: AbortSignal
}

export function carryOut(
  verdict: Verdict,
  record: KafkaRecord,
  site: Site,
  parts: CarryOutParts,
): Promise<void> | undefined {
  const { follows, of: reason, times } = verdict
  switch (follows) {
    case 'skip': {
      const { topic, partition } = site.of
      parts.bus.publish('message.skipped', { topic, partition, offset: record.offset, reason, times })
      return undefined
    }
    case 'dead-letter':
    case 'retry-topic':
      return putAside(verdict, record, site, parts)
    default:
      return follows satisfies never
  }
}

/** Resolves when it is stored. Rejects with DELIVERY_FAILED. */
async function putAside(verdict: Verdict, record: KafkaRecord, site: Site, parts: CarryOutParts) {
  const { follows, of: reason, times } = verdict
  const { topic, partition } = site.of
  const { bus, clock, config, engine, inTurn } = parts
  const later = follows === 'retry-topic' ? parts.later : undefined
  const to = later?.name ?? parts.to
  const of = { topic, partition, offset: record.offset }
  if (to === undefined) throw new Error(`${topic} is itself a topic of dead letters`)
  // Of its own: in the consumer's, one that nobody takes would hold up the commits of all partitions.
  const outbox = new Outbox({
    clock,
    inTurn,
    produce: records => engine.produce(records),
    abandon: records => engine.abandon(records),
    messageTimeout: toMs(config.messageTimeout),
    onDelivered: () => {},
    onFailed: () => {},
  })
  const aborted = new Promise<undefined>(resolve => {
    const abort = () => {
      outbox.close()
      resolve(undefined)
    }
    site.signal.addEventListener('abort', abort, { once: true })
  })
  let why: string | undefined
  const make = async () => {
    if (config.createDeadLetterTopic) why = await create(to, topic, parts)
  }
  const cancel = every(clock, ALARM_MS, waitingMs => {
    bus.publish('dead.letter.waiting', { ...of, to, waitingMs, why })
    if (later) void make()
  })
  try {
    // A retry topic is made at the start, as it is consumed: messages fail too often to ask for each.
    if (!later) await Promise.race([aborted, make()])
    const due = later && clock.epoch() + later.delay
    outbox.send(asPutAside(to, verdict, record, site.of, { ...parts, due }))
    await outbox.deliver()
  } finally {
    cancel()
    outbox.close()
  }
  if (later) bus.publish('message.deferred', { ...of, to, delayMs: later.delay })
  else bus.publish('message.dead.lettered', { ...of, to, reason, times })
}

type About = Pick<CarryOutParts, 'description' | 'groupId' | 'origin'> & { readonly due: number | undefined }

/** Of where it failed first, with all of its attempts. */
function asPutAside(to: string, { times, why }: Verdict, record: KafkaRecord, at: TopicPartition, about: About) {
  const { description, groupId: group, origin, due } = about
  const here = { of: { topic: at.topic, partition: at.partition, offset: record.offset }, record, attempts: 0 }
  const from = origin === undefined ? here : originOf(record, at, origin)
  const attempts = from.attempts + times
  return deadLetter(to, { ...from, error: why, attempts, group, consumer: description.consumer, due })
}

/** Why it may be missing all the same; undefined: it is there. */
const create = (to: string, like: string, { engine }: CarryOutParts): Promise<string | undefined> =>
  engine.createTopic(to, like).then(
    () => undefined,
    error => `it cannot be created (${reasonOf(error)}).`,
  )
