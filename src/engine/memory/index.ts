// The door of this room: a cluster in memory, and engines that are members of groups on it.

import type { EngineFactory } from '../engine.ts'
import type { MemoryCluster } from './cluster.ts'
import { MemoryEngine } from './engine.ts'

export { type ClusterOptions, MemoryCluster } from './cluster.ts'
export type { ProduceFault } from './produce.ts'

export const createMemoryEngine =
  (cluster: MemoryCluster): EngineFactory =>
  parts =>
    new MemoryEngine(cluster, parts)
