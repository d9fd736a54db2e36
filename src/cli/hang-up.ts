// What SIGHUP asks for: if the terminal that racecar was started from is gone, a graceful stop; with a terminal that is still
// there, or without any, the log file has been moved away and is to be opened anew.

import { closeSync, openSync } from 'node:fs'
import type { Request } from '../supervisor/signals.ts'
import type { Session } from './session.ts'

/** The terminal that controls this process's session. */
export function hasTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'))
    return true
  } catch {
    return false
  }
}

export function hungUp({ parts }: Pick<Session, 'parts'>, hadTerminal: boolean): Request {
  if (hadTerminal && !hasTerminal()) return { kind: 'stop', reason: 'SIGHUP, the terminal is gone' }
  const reopened = parts.log.reopen()
  const message =
    reopened === undefined
      ? 'SIGHUP: the log goes to standard output, there is no file to open anew.'
      : `SIGHUP: opened ${reopened} anew.`
  parts.bus.publish('line', { level: 'info', message, from: 'supervisor' })
  return { kind: 'nothing' }
}
