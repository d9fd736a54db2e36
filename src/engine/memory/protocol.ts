// What a member and its coordinator say to each other.

import type { TopicPartition } from '../engine.ts'

export type Protocol = 'eager' | 'cooperative'

/** The generation of somebody who is not in the group (yet). */
export const NONE = -1

export interface Identity {
  readonly memberId: string
  readonly instanceId: string | null
  readonly generation: number
}

export interface JoinRequest extends Identity {
  readonly topics: readonly string[]
  readonly protocol: Protocol
  /** What it still holds: nothing under the eager protocol. */
  readonly owned: readonly TopicPartition[]
  readonly sessionTimeout: number
  readonly rebalanceTimeout: number
}

/** `unknown`: no such member. `stale`: of an older generation. `fenced`: another has taken this instance id. */
export type Refusal = 'unknown' | 'stale' | 'fenced'

export type JoinAnswer =
  | {
      readonly kind: 'joined'
      readonly generation: number
      readonly leader: boolean
      readonly partitions: readonly TopicPartition[]
      /** The topics and their sizes that the assignment was made from. */
      readonly layout: string
    }
  | { readonly kind: Refusal | 'inconsistent' }

export type StartingPoint = { readonly kind: 'committed'; readonly offset: number } | { readonly kind: 'new' | 'grown' }
