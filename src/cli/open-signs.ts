// The signs of life of a start, those that are wanted: the liveness file, HTTP, what systemd is told.

import { resolve } from 'node:path'
import { livenessFileOf } from '../config/liveness-options.ts'
import type { Config } from '../config/options.ts'
import { Liveness } from '../supervisor/liveness.ts'
import { LivenessFile } from '../supervisor/liveness-file.ts'
import type { Desk } from './desk.ts'
import type { Session } from './session.ts'
import type { Notifying } from './systemd.ts'

export interface OpenSignsParts {
  readonly session: Session
  readonly desk: Desk
  readonly cwd: string
  readonly notifying: Notifying | undefined
}

export interface Signs {
  close(): Promise<void>
}

/** Throws CANNOT_CREATE. */
export async function openSigns(parts: OpenSignsParts): Promise<Signs> {
  const { config } = parts.session
  const open: (() => Promise<void> | void)[] = []
  // The last one first: systemd hears that it stops as long as it does.
  const close = async () => {
    for (const end of open.splice(0).reverse()) await end()
  }
  try {
    if (config.healthPort !== undefined) open.push(await openHealth(parts, config.healthPort))
    if (config.livenessProbeEnabled) open.push(await openLiveness(parts, config))
    if (parts.notifying) open.push(await tellSystemd(parts, parts.notifying))
    return { close }
  } catch (error) {
    await close()
    throw error
  }
}

async function openLiveness({ session, desk, cwd }: OpenSignsParts, config: Config): Promise<() => Promise<void>> {
  const { bus, clock } = session.parts
  const maxIntervalMs = config.livenessProbeMaxInterval * 1000
  const path = resolve(cwd, livenessFileOf(config.livenessProbeFilePath))
  const liveness = new Liveness({
    file: await LivenessFile.claim(path, { clock, maxIntervalMs }),
    maxIntervalMs,
    helpless: () => desk.helpless(),
    say: (level, message) => bus.publish('line', { level, message, from: 'liveness' }),
    clock,
  })
  liveness.start()
  return () => liveness.stop()
}

async function openHealth({ session, desk }: OpenSignsParts, port: number): Promise<() => void> {
  const { Health } = await import('./health.ts')
  const { bus, progress } = session.parts
  const health = await Health.open({ port, host: session.config.healthHost, desk, progress })
  const message = `${health.address}/health and ${health.address}/ready say how this racecar is.`
  bus.publish('line', { level: 'info', message, from: 'health' })
  return () => health.close()
}

async function tellSystemd({ session, desk }: OpenSignsParts, notifying: Notifying): Promise<() => Promise<void>> {
  const { Systemd } = await import('./systemd.ts')
  const systemd = new Systemd(notifying, { desk, ...session.parts })
  systemd.start()
  return () => systemd.stop()
}
