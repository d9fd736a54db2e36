// What is done to a message that has ended too many workers, in the place of its handler's call: so it is passed, tried again and
// waited for like any other.

import type { Config } from '../config/options.ts'
import type { Engine, KafkaRecord } from '../engine/engine.ts'
import type { Bus } from '../events/bus.ts'
import type { Cancel, Clock } from '../lib/clock.ts'
import type { Convicted, Description } from '../messages.ts'
import { Outbox } from '../producer/outbox.ts'
import { deadLetter, deadLetterTopicOf } from './dead-letter.ts'
import { toMs } from './settings.ts'

export interface CarryOutParts {
  readonly bus: Bus
  readonly clock: Clock
  readonly config: Pick<Config, 'deadLetterTopic' | 'messageTimeout'>
  readonly description: Pick<Description, 'consumer'>
  readonly groupId: string
  readonly produce: Engine['produce']
}

/** Milliseconds after which a dead letter that is not stored is told of, again and again. */
const ALARM_MS = 5000

export function carryOut(
  convicted: Convicted,
  record: KafkaRecord,
  { signal }: { readonly signal: AbortSignal },
  parts: CarryOutParts,
): Promise<void> | undefined {
  const { topic, partition, offset, crashes, follows } = convicted
  switch (follows) {
    case 'skip':
      parts.bus.publish('message.skipped', { topic, partition, offset, crashes })
      return undefined
    case 'dead-letter':
      return bury(convicted, record, signal, parts)
    case 'stop':
      throw new Error(`${topic}/${partition} stands before ${offset}`)
    default:
      return follows satisfies never
  }
}

/** Resolves when it is stored. Rejects with DELIVERY_FAILED. */
async function bury(
  convicted: Convicted,
  record: KafkaRecord,
  signal: AbortSignal,
  parts: CarryOutParts,
): Promise<void> {
  const { topic, partition, offset, crashes, why } = convicted
  const { bus, clock, config, description, groupId: group, produce } = parts
  const of = { topic, partition, offset }
  const to = deadLetterTopicOf(topic, config.deadLetterTopic)
  if (to === undefined) throw new Error(`${topic} is itself a topic of dead letters`)
  // Of its own: in the consumer's, a dead letter that nobody takes would hold up the commits of all partitions.
  const outbox = new Outbox({
    clock,
    produce,
    messageTimeout: toMs(config.messageTimeout),
    onDelivered: () => {},
    onFailed: () => {},
  })
  signal.addEventListener('abort', () => outbox.close(), { once: true })
  const cancel = alarm(clock, waitingMs => bus.publish('dead.letter.waiting', { ...of, to, waitingMs }))
  try {
    const { consumer } = description
    outbox.send(deadLetter(to, { of, record, error: why, attempts: crashes, group, consumer }))
    await outbox.deliver()
  } finally {
    cancel()
    outbox.close()
  }
  bus.publish('message.dead.lettered', { ...of, to, crashes })
}

function alarm(clock: Clock, tell: (waitingMs: number) => void): Cancel {
  const since = clock.now()
  const again = (): Cancel =>
    clock.after(ALARM_MS, () => {
      tell(clock.now() - since)
      cancel = again()
    })
  let cancel = again()
  return () => cancel()
}
