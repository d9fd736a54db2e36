// What watches a worker beside its log. Nothing of it is loaded where nobody has asked for it.

import type { Bus } from '../events/bus.ts'
import type { Clock } from '../lib/clock.ts'
import type { WorkerParts } from './parts.ts'

export function observeBy(bus: Bus, clock: Clock): NonNullable<WorkerParts['observe']> {
  return async ({ config, groupId }) =>
    config.datadogEnabled ? (await import('../datadog/index.ts')).open({ bus, clock, config, groupId }) : undefined
}
