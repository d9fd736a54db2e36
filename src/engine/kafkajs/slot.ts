// What the fetcher remembers of a partition: where it is, and what was asked of it and when. A question carries the state in
// which it was put, so that an answer to an older one is known as stale.

import { backoff } from '../../lib/backoff.ts'
import type { Clock } from '../../lib/clock.ts'
import type { PartitionOffset, TopicPartition } from '../engine.ts'

const BACKOFF = { first: 50, most: 2_000, jitter: 0.2 }

export interface Slot extends TopicPartition {
  /** The next offset to ask for. */
  next: number
  /** Goes up with each seek: an answer to a question from before is stale. */
  seeks: number
  /** Nothing of it has been handed over yet. */
  isFresh: boolean
  asked: boolean
  live: boolean
  failures: number
  /** Left alone until then, on the clock's scale. */
  restUntil: number
}

export interface Question {
  readonly slot: Slot
  readonly seeks: number
}

export const isCurrent = ({ slot, seeks }: Question): boolean => slot.live && slot.seeks === seeks

export const slotAt = ({ topic, partition, offset }: PartitionOffset): Slot => {
  return {
    topic,
    partition,
    next: offset,
    seeks: 0,
    isFresh: true,
    asked: false,
    live: true,
    failures: 0,
    restUntil: 0,
  }
}

/** It has failed once more: it is left alone for a while, longer each time. */
export function rest(slot: Slot, clock: Clock): void {
  slot.failures += 1
  slot.restUntil = clock.now() + backoff(slot.failures, BACKOFF)
}
