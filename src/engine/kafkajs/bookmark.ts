// Offsets of a group that has no members, as a place where a tool writes down how far it has got in a topic, with a word of its
// own beside each. Kept for good: as a rule a broker forgets the offsets of a group a week after its last member or commit, and
// what was done would be done again. They go with their topic.

import { RacecarError } from '../../errors.ts'
import { backoff } from '../../lib/backoff.ts'
import { sleep } from '../../lib/clock.ts'
import { reasonOf } from '../../lib/reason.ts'
import type { PartitionOffset } from '../engine.ts'
import { type Access, notAllowed } from './access.ts'
import { byTopic } from './by-topic.ts'
import { actionFor, actionOf, KafkaError } from './codes.ts'
import { Coordinator } from './coordinator.ts'

export interface Mark extends PartitionOffset {
  readonly note: string
}

const PATIENCE_MS = 15_000
const BACKOFF = { first: 100, most: 1_000, jitter: 0.2 }

export class Bookmark {
  readonly #access: Access
  readonly #groupId: string
  readonly #coordinator: Coordinator

  constructor(access: Access, groupId: string) {
    this.#access = access
    this.#groupId = groupId
    this.#coordinator = new Coordinator({ brokers: access.brokers, groupId, instanceId: null })
  }

  /** Those that there are. Rejects with BROKER_UNAVAILABLE or NOT_ALLOWED. */
  read(topic: string, partitions: readonly number[]): Promise<Mark[]> {
    return this.#patiently(async () => {
      const asked = [{ topic, partitions: partitions.map(partition => ({ partition })) }]
      const { errorCode, responses } = await this.#coordinator.committed(asked)
      this.#check('reading', errorCode)
      return responses.flatMap(({ partitions: answered }) =>
        answered.flatMap(({ partition, offset, metadata, errorCode: own }) => {
          this.#check('reading', own)
          return Number(offset) < 0 ? [] : [{ topic, partition, offset: Number(offset), note: metadata ?? '' }]
        }),
      )
    })
  }

  /** Rejects with BROKER_UNAVAILABLE or NOT_ALLOWED, or where the group has members. */
  write(marks: readonly Mark[]): Promise<void> {
    return this.#patiently(async () => {
      const topics = byTopic(marks, ({ partition, offset, note }) => ({ partition, offset, metadata: note }))
      const { responses } = await this.#coordinator.keep(topics)
      for (const { errorCode } of responses.flatMap(({ partitions }) => partitions)) this.#check('writing', errorCode)
    })
  }

  #check(what: string, code: number): void {
    if (actionOf(code) !== 'ok') throw new KafkaError(`${what} the offsets of the group ${this.#groupId}`, code)
  }

  async #patiently<T>(task: () => Promise<T>): Promise<T> {
    const { clock } = this.#access
    const end = clock.now() + PATIENCE_MS
    for (let failures = 1; ; failures++) {
      try {
        return await task()
      } catch (error) {
        const action = actionFor(error)
        if (action === 'denied') throw notAllowed(error)
        if (action === 'evicted' || action === 'generation' || action === 'rejoin')
          throw new RacecarError('USAGE', `The group ${this.#groupId} has members, and must have none`, {
            cause: error,
          })
        if (action === 'coordinator') this.#coordinator.forget()
        if (clock.now() >= end) throw new RacecarError('BROKER_UNAVAILABLE', reasonOf(error), { cause: error })
        await sleep(clock, backoff(failures, BACKOFF))
      }
    }
  }
}
