// A consumer's handler with its calls published, for whoever listens in this process. Where nobody does, a call costs some
// nanoseconds more. It changes nothing of what the handler is given or answers, and decides nothing.

import type { TopicPartition } from '../engine/engine.ts'
import type { Bus } from '../events/bus.ts'
import type { Who } from '../events/local-events.ts'
import type { Clock } from '../lib/clock.ts'
import { isThenable } from '../lib/deferred.ts'
import type { Queue } from './queue.ts'
import type { Work } from './work.ts'

export interface ObservedParts {
  readonly bus: Bus
  readonly clock: Clock
  readonly who: Who
  readonly handler: 'process' | 'processBatch'
}

interface Call {
  begins(): void
  ends(durationMs: number, failed: boolean, error: unknown): void
}

export function observed(work: Work, of: TopicPartition, parts: ObservedParts): Work {
  const { bus, clock } = parts
  const isSingle = parts.handler === 'process'
  const handling = bus.tap(isSingle ? 'message.handling' : 'batch.handling')
  const handled = bus.tap(isSingle ? 'message.handled' : 'batch.handled')
  const announce = isSingle ? ofMessage(work, of, parts) : ofBatch(of, parts)
  return {
    ...work,
    call(queue, count, retriesCount, context) {
      if (!handled.isWanted && !handling.isWanted) return work.call(queue, count, retriesCount, context)
      const call = announce(queue, count, retriesCount)
      call.begins()
      return timed(clock, call, () => work.call(queue, count, retriesCount, context))
    },
  }
}

/** Answers and throws as `run` does, once that is published. */
function timed(clock: Clock, call: Call, run: () => unknown): unknown {
  const since = clock.now()
  const well = (value: unknown): unknown => {
    call.ends(clock.now() - since, false, undefined)
    return value
  }
  const badly = (error: unknown): never => {
    call.ends(clock.now() - since, true, error)
    throw error
  }
  let result: unknown
  try {
    result = run()
  } catch (error) {
    return badly(error)
  }
  return isThenable(result) ? Promise.resolve(result).then(well, badly) : well(result)
}

type Announce = (queue: Queue, count: number, retriesCount: number) => Call

// Every field by its name: to spread what there is, and more beside it, takes ten times as long.

function ofMessage(work: Work, { topic, partition }: TopicPartition, { bus, who }: ObservedParts): Announce {
  const handling = bus.tap('message.handling')
  const handled = bus.tap('message.handled')
  const { clientId, consumer, groupId } = who
  return (queue, _count, retriesCount) => {
    const { offset, timestamp } = queue.first()
    const message = work.show(queue, retriesCount)!
    return {
      begins() {
        if (!handling.isWanted) return
        handling.publish({ clientId, consumer, groupId, topic, partition, offset, timestamp, retriesCount, message })
      },
      ends(durationMs, failed, error) {
        handled.publish({
          clientId,
          consumer,
          groupId,
          topic,
          partition,
          offset,
          timestamp,
          retriesCount,
          message,
          durationMs,
          failed,
          error,
        })
      },
    }
  }
}

function ofBatch({ topic, partition }: TopicPartition, { bus, who }: ObservedParts): Announce {
  const handling = bus.tap('batch.handling')
  const handled = bus.tap('batch.handled')
  return (queue, count, retriesCount) => {
    const last = queue.peek(count).at(-1)!
    const offsets = { firstOffset: queue.first().offset, lastOffset: last.offset, lastTimestamp: last.timestamp }
    const call = { ...who, topic, partition, ...offsets, count, retriesCount }
    return {
      begins: () => handling.publish(call),
      ends: (durationMs, failed, error) => handled.publish({ ...call, durationMs, failed, error }),
    }
  }
}
