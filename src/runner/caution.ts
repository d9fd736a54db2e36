// What a lane has to mind of its partition: messages that were in hand when a worker died, and those that were found to be why.
// It says how the message at the front is to be handled. Pure: starts and tells nothing itself.

import { keyOf, type TopicPartition } from '../engine/engine.ts'
import type { Convicted, Suspected, Suspicion } from '../messages.ts'
import type { Queue } from './queue.ts'

export interface Care {
  /** How many messages to hand over; 0: none. */
  readonly count: 0 | 1
  /** It may be what ended a worker, or comes before what may be. */
  readonly isWatched: boolean
  readonly isSuspect: boolean
  /** Nothing else may be in hand with it; who has the lowest number goes first. */
  readonly trial: number | undefined
  /** Not for the handler. */
  readonly convicted: Convicted | undefined
}

const NOTHING: Care = { count: 0, isWatched: false, isSuspect: false, trial: undefined, convicted: undefined }
const SINGLY: Care = { ...NOTHING, count: 1 }

type Ranked = Suspected & { readonly rank: number }

export class Caution {
  readonly #suspects: readonly Ranked[]
  readonly #convicted: readonly Convicted[]

  private constructor(suspects: readonly Ranked[], convicted: readonly Convicted[]) {
    this.#suspects = suspects
    this.#convicted = convicted
  }

  /** undefined: there is nothing to mind. */
  static of({ suspects, convicted }: Suspicion, partition: TopicPartition): Caution | undefined {
    const isOurs = (one: TopicPartition) => keyOf(one) === keyOf(partition)
    const ours = suspects.map((suspect, rank) => ({ ...suspect, rank })).filter(isOurs)
    const guilty = convicted.filter(isOurs)
    return ours.length + guilty.length > 0 ? new Caution(ours, guilty) : undefined
  }

  /** undefined: all that there was to mind has been passed. */
  care(queue: Queue): Care | undefined {
    if (queue.count === 0) return NOTHING
    const { offset } = queue.first()
    const convicted = this.#convicted.find(one => one.offset === offset)
    if (convicted) return convicted.follows === 'stop' ? NOTHING : { ...SINGLY, convicted }
    const suspect = this.#suspects.find(one => one.offset <= offset && offset <= one.lastOffset)
    if (suspect) return { ...SINGLY, isWatched: true, isSuspect: true, trial: suspect.alone ? suspect.rank : undefined }
    // So that a batch which ends a worker names the message.
    const isAhead = (one: { readonly offset: number }) => one.offset > offset
    if (this.#suspects.some(isAhead)) return { ...SINGLY, isWatched: true }
    return this.#convicted.some(isAhead) ? SINGLY : undefined
  }

  /** Why nothing of the partition is started; undefined: something may be. */
  why(queue: Queue): string | undefined {
    const front = queue.count > 0 ? queue.first().offset : queue.position
    const convicted = this.#convicted.find(({ offset, follows }) => follows === 'stop' && offset === front)
    if (!convicted) return undefined
    const { offset, crashes, why } = convicted
    return `poison: the message at ${offset} has ended ${crashes} workers, the last one ${why}`
  }
}
