// The sink behind a guard: what it throws ends the engine instead of a timer's callback somewhere, and once the membership has
// ended nothing reaches it any more.

import type { EngineSink } from '../engine.ts'

export interface SinkGuard {
  readonly sink: EngineSink
  readonly isOpen: () => boolean
  readonly onBug: (error: unknown) => void
}

export function guarded({ sink, isOpen, onBug }: SinkGuard): Omit<EngineSink, 'failed'> {
  const attempt = <T>(call: () => T, otherwise: T): T => {
    if (!isOpen()) return otherwise
    try {
      return call()
    } catch (error) {
      onBug(error)
      return otherwise
    }
  }
  return {
    assigned: added => attempt(() => sink.assigned(added), undefined),
    lost: gone => attempt(() => sink.lost(gone), undefined),
    records: batch => attempt(() => sink.records(batch), undefined),
    wants: of => attempt(() => sink.wants(of), 0),
    revoked: gone => attempt(() => sink.revoked(gone), Promise.resolve()).catch(onBug),
  }
}
