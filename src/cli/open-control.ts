// Makes this process one that racecarctl can find and talk to. One that cannot be found runs on all the same, and says so.

import { resolve } from 'node:path'
import { reasonOf } from '../lib/reason.ts'
import { Control } from '../supervisor/control.ts'
import { birthOf } from '../supervisor/process-start.ts'
import { type Identity, runFolders } from '../supervisor/run-folder.ts'
import { isoTime } from '../supervisor/status.ts'
import type { Desk } from './desk.ts'
import type { Session } from './session.ts'

export interface ControlParts {
  readonly session: Session
  readonly desk: Desk
  readonly cwd: string
}

export async function openControl({ session, desk, cwd }: ControlParts): Promise<Control | undefined> {
  const { plans, version, env, bus, clock } = session.parts
  const { pidfile, logfile } = session.config
  const { pid } = process
  const identity: Identity = {
    pid,
    birth: birthOf(pid) ?? null,
    consumer: plans.map(({ consumer }) => consumer).join(', '),
    pidfile: pidfile === undefined ? null : resolve(cwd, pidfile),
    version,
  }
  const startedAt = isoTime(clock, -process.uptime() * 1000)
  const controlled = {
    hello: () => ({ ...identity, group: session.groupId }),
    about: () => ({
      startedAt,
      memoryBytes: process.memoryUsage.rss(),
      logfile: logfile === undefined ? null : resolve(cwd, logfile),
      configuration: session.configuration,
    }),
    status: () => desk.status(),
    graceMs: () => session.config.shutdownTimeout * 1000,
    ask: desk.put.bind(desk),
  }
  try {
    return await Control.open({ identity, controlled, folders: runFolders(env) })
  } catch (error) {
    const why = reasonOf(error)
    bus.publish('line', { level: 'warn', message: `racecarctl will not find this racecar: ${why}.`, from: 'control' })
    return undefined
  }
}
