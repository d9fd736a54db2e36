// What becomes of a position that the log does not hold: below its start, which moves up, or beyond its end, which only another log
// or a damaged one has. Engines ask here, so that all decide alike. Knows nothing of where positions come from.

import { RacecarError } from '../errors.ts'
import type { Events } from '../events/events.ts'
import { keyOf, type OutOfRange, type PartitionOffset, type TopicPartition } from './engine.ts'

/** From the first offset that the log holds up to the one that the next record gets. */
export interface LogRange {
  readonly start: number
  readonly end: number
}

export type Reset = Events['offset.reset']

/** Only for an offset that is not within the range. Throws OFFSET_OUT_OF_RANGE where it is not to go on. */
export function resetOf(at: PartitionOffset, { start, end }: LogRange, policy: OutOfRange): Reset {
  const { topic, partition, offset: from } = at
  const to = targetOf(at, { start, end }, policy)
  return { topic, partition, from, to, skipped: to - from, start, end }
}

function targetOf(at: PartitionOffset, { start, end }: LogRange, policy: OutOfRange): number {
  switch (policy) {
    case 'earliest':
      return start
    case 'latest':
      return end
    case 'nearest':
      return at.offset < start ? start : end
    case 'fail':
      throw new RacecarError(
        'OFFSET_OUT_OF_RANGE',
        `${keyOf(at)} is to go on at offset ${at.offset}, which its log does not hold: it begins at ${start} and ends at ${end}`,
      )
    default:
      return policy satisfies never
  }
}

/** Its positions are of another log, whatever the new one holds. */
export function failRemade(topic: string, partitions: readonly TopicPartition[]): RacecarError {
  return new RacecarError(
    'OFFSET_OUT_OF_RANGE',
    `the topic ${topic} was deleted and made again: the offsets of ${partitions.map(keyOf).join(', ')} are of the one before`,
  )
}
