// Commits under the generation that is in force when they are sent. What is no longer owned is never sent; what the
// coordinator refuses because the group has moved on in the meantime is asked for again under the new generation, by whoever
// still owns it then.

import type { Bus } from '../../events/bus.ts'
import { errorData } from '../../events/error-data.ts'
import type { CommitOutcome, PartitionOffset, TopicPartition } from '../engine.ts'
import { byTopic } from './by-topic.ts'
import { actionOf, KafkaError } from './codes.ts'
import type { Coordinator, Identity } from './coordinator.ts'
import type { Origins } from './origins.ts'

export interface CommitsParts {
  readonly coordinator: Coordinator
  readonly bus: Bus
  readonly identity: () => Identity
  readonly owns: (partition: TopicPartition) => boolean
  readonly origins: Origins
  /** What the coordinator thinks of our membership, when the identity it answered to is still ours. */
  readonly onAnswer: (errorCode: number) => void
  readonly onDenied: (error: unknown) => void
}

export class Commits {
  readonly #parts: CommitsParts

  constructor(parts: CommitsParts) {
    this.#parts = parts
  }

  async commit(offsets: readonly PartitionOffset[]): Promise<readonly CommitOutcome[]> {
    const { identity, owns } = this.#parts
    const sent = identity()
    const ours = offsets.filter(owns)
    const codes = sent.generation < 0 || ours.length === 0 ? new Map<string, number>() : await this.#send(sent, ours)
    if (sent === identity()) this.#report(codes, ours)
    return offsets.map(offset => this.#outcome(offset, codes.get(`${offset.topic}/${offset.partition}`)))
  }

  async #send(sent: Identity, offsets: readonly PartitionOffset[]): Promise<Map<string, number>> {
    const { coordinator, origins } = this.#parts
    const codes = new Map<string, number>()
    try {
      const topics = byTopic(offsets, ({ topic, partition, offset }) => {
        return { partition, offset, metadata: origins.markOf(topic) }
      })
      const { responses } = await coordinator.commit(sent, topics)
      for (const { topic, partitions } of responses) {
        for (const { partition, errorCode } of partitions) codes.set(`${topic}/${partition}`, errorCode)
      }
    } catch {
      // Without an answer nobody knows; committing the same again is harmless.
    }
    return codes
  }

  #report(codes: ReadonlyMap<string, number>, offsets: readonly PartitionOffset[]): void {
    const bad = [...codes.values()].find(code => actionOf(code) !== 'ok')
    if (bad === undefined) return
    const action = actionOf(bad)
    const error = new KafkaError('committing offsets', bad)
    if (action === 'denied') return this.#parts.onDenied(error)
    if (action === 'data' || action === 'refused')
      this.#parts.bus.publish('commit.failed', { error: errorData(error), offsets })
    this.#parts.onAnswer(bad)
  }

  // Losing the membership takes the ownership away at once, so that it is asked for after the report.
  #outcome(offset: PartitionOffset, code: number | undefined): CommitOutcome {
    if (code !== undefined && actionOf(code) === 'ok') return 'committed'
    return this.#parts.owns(offset) ? 'retry' : 'lost'
  }
}
