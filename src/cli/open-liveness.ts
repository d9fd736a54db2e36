// The liveness file of a start, where one is wanted.

import { resolve } from 'node:path'
import { livenessFileOf } from '../config/liveness-options.ts'
import { Liveness } from '../supervisor/liveness.ts'
import { LivenessFile } from '../supervisor/liveness-file.ts'
import type { Desk } from './desk.ts'
import type { Session } from './session.ts'

export interface OpenLivenessParts {
  readonly session: Session
  readonly desk: Desk
  readonly cwd: string
}

/** Throws CANNOT_CREATE. */
export async function openLiveness({ session, desk, cwd }: OpenLivenessParts): Promise<Liveness | undefined> {
  const { livenessProbeEnabled, livenessProbeFilePath, livenessProbeMaxInterval } = session.config
  if (!livenessProbeEnabled) return undefined
  const { bus, clock } = session.parts
  const maxIntervalMs = livenessProbeMaxInterval * 1000
  const path = resolve(cwd, livenessFileOf(livenessProbeFilePath))
  const liveness = new Liveness({
    file: await LivenessFile.claim(path, { clock, maxIntervalMs }),
    maxIntervalMs,
    helpless: () => desk.helpless(),
    say: (level, message) => bus.publish('line', { level, message, from: 'liveness' }),
    clock,
  })
  liveness.start()
  return liveness
}
