// Who says that it holds what. Members claim what they own when they join; a member that was away may claim what has long been
// given to another. Decides whose claim counts (KIP-792). Knows nothing of how partitions are shared out.

import { keyOf } from '../../engine.ts'
import type { MemberSubscription } from '../protocol.ts'
import type { PartitionCounts } from './assigner.ts'

export interface Claim {
  /** Whose claim is of the highest generation; undefined where two of the same generation contradict each other. */
  readonly keeper: MemberSubscription | undefined
  readonly generation: number
}

/** By `keyOf`. Partitions that do not exist (any more) are left out. */
export function claimsOf(members: readonly MemberSubscription[], partitionCounts: PartitionCounts): Map<string, Claim> {
  const claims = new Map<string, Claim>()
  for (const member of members) {
    for (const partition of member.owned) {
      if (partition.partition >= (partitionCounts.get(partition.topic) ?? 0)) continue
      const key = keyOf(partition)
      claims.set(key, stronger(claims.get(key), { keeper: member, generation: member.generation }))
    }
  }
  return claims
}

function stronger(before: Claim | undefined, now: Claim): Claim {
  if (before === undefined || now.generation > before.generation) return now
  if (now.generation < before.generation || now.keeper === before.keeper) return before
  return { ...before, keeper: undefined }
}
