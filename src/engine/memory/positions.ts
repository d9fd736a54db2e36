// Where a new owner begins: at the committed offset, or, where there is none, at an end of the log, which is committed before
// anybody sees a record from there. Otherwise a crash before the first commit would move the start of a topic read from its end.

import type { Bus } from '../../events/bus.ts'
import type { EngineSettings, PartitionOffset, TopicPartition } from '../engine.ts'
import type { MemoryCluster } from './cluster.ts'
import type { Identity, Refusal } from './protocol.ts'
import type { Remote } from './remote.ts'

export interface Wanted {
  readonly remote: Remote
  readonly bus: Bus
  readonly settings: EngineSettings
  readonly identity: Identity
  readonly partitions: readonly TopicPartition[]
  readonly goOn: () => boolean
}

export type Positions =
  | { readonly kind: 'found'; readonly positions: readonly PartitionOffset[] }
  | { readonly kind: Refusal }

/** Undefined where `goOn` said no. */
export async function startingPositions(wanted: Wanted): Promise<Positions | undefined> {
  const { remote, bus, settings, identity, partitions, goOn } = wanted
  const found = await remote.persist(cluster => partitions.map(at => whereToBegin(cluster, settings, at)), goOn)
  if (!found) return undefined
  const positions = found.map(({ edge: _, ...at }) => at)
  const first = positions.filter((_, index) => found[index]!.edge)
  if (first.length > 0) {
    const outcome = await remote.persist(cluster => cluster.group(settings.groupId).commit(identity, first), goOn)
    if (outcome !== 'stored') return outcome && { kind: outcome }
    for (const edge of ['start', 'end'] as const) {
      const begun = positions.filter((_, index) => found[index]!.edge === edge)
      if (begun.length > 0) bus.publish('offsets.absent', { partitions: begun, edge })
    }
  }
  return { kind: 'found', positions }
}

function whereToBegin(
  cluster: MemoryCluster,
  { groupId, subscriptions }: EngineSettings,
  at: TopicPartition,
): PartitionOffset & { readonly edge: 'start' | 'end' | undefined } {
  const log = cluster.log(at)
  const point = cluster.group(groupId).startingPoint(at)
  switch (point.kind) {
    case 'committed':
      return { ...at, offset: point.offset, edge: undefined }
    case 'grown':
      // All that is in it was written after the group began to read the topic.
      return { ...at, offset: log.start, edge: 'start' }
    case 'new': {
      const fromBeginning = subscriptions.find(({ topic }) => topic === at.topic)?.startFromBeginning ?? true
      const edge = fromBeginning ? 'start' : 'end'
      return { ...at, offset: log[edge], edge }
    }
    default:
      return point satisfies never
  }
}
