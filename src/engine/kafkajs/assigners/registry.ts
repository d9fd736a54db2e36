// The assigners by the names under which they travel on the wire. Knows nothing of what they do.

import type { AssignmentStrategy } from '../../engine.ts'
import type { Assigner } from './assigner.ts'
import { cooperativeSticky } from './cooperative-sticky.ts'
import { range } from './range.ts'
import { roundrobin } from './roundrobin.ts'

const assigners = {
  range,
  roundrobin,
  'cooperative-sticky': cooperativeSticky,
} as const satisfies Record<AssignmentStrategy, Assigner>

export const assignerOf = (strategy: AssignmentStrategy): Assigner => assigners[strategy]

/** The assigner of the protocol that the group agreed on; undefined where that is none of ours. */
export const findAssigner = (protocolName: string): Assigner | undefined =>
  Object.hasOwn(assigners, protocolName) ? assigners[protocolName as AssignmentStrategy] : undefined
