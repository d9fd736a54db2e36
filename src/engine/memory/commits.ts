// Commits of the member, fenced by the generation and by ownership: what was handed over, even to itself, is no longer its to
// commit. Knows nothing of how partitions come and go.

import type { Bus } from '../../events/bus.ts'
import { errorData } from '../../events/error-data.ts'
import type { CommitOutcome, PartitionOffset } from '../engine.ts'
import { Unreachable } from './link.ts'
import type { Partitions } from './partitions.ts'
import type { Identity, Refusal } from './protocol.ts'
import type { Remote } from './remote.ts'

export interface CommitsParts {
  readonly remote: Remote
  readonly bus: Bus
  readonly groupId: string
  readonly partitions: Partitions
  readonly identity: () => Identity
  /** The refusal is of the membership as it is now, not of one that has changed since. */
  readonly isMeant: (identity: Identity, refusal: Refusal) => boolean
  readonly refused: (refusal: Refusal) => void
}

export class Commits {
  readonly #parts: CommitsParts

  constructor(parts: CommitsParts) {
    this.#parts = parts
  }

  async commit(offsets: readonly PartitionOffset[]): Promise<readonly CommitOutcome[]> {
    const { partitions } = this.#parts
    const holds = offsets.map(at => partitions.hold(at))
    const sent = offsets.filter((_, index) => holds[index])
    const outcome = sent.length > 0 ? await this.#send(sent) : 'lost'
    return offsets.map((at, index) => {
      if (!holds[index]) return 'lost'
      return outcome === 'committed' || partitions.hold(at) === holds[index] ? outcome : 'lost'
    })
  }

  async #send(offsets: readonly PartitionOffset[]): Promise<CommitOutcome> {
    const { remote, bus, groupId, isMeant, refused } = this.#parts
    const identity = this.#parts.identity()
    try {
      const answer = await remote.call(cluster => cluster.group(groupId).commit(identity, offsets))
      if (answer === 'stored') return 'committed'
      // Otherwise its generation is over, and what is still ours goes out again in the next one.
      if (isMeant(identity, answer)) refused(answer)
      return 'retry'
    } catch (error) {
      if (!(error instanceof Unreachable)) throw error
      bus.publish('commit.failed', { error: errorData(error), offsets })
      return 'retry'
    }
  }
}
