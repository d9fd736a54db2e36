// What SIGHUP asks for: if the terminal that racecar was started from is gone, a graceful stop; with a terminal that is still
// there, or without any, the log file has been moved away and is to be opened anew.

import type { Request } from '../supervisor/signals.ts'
import { isTerminalGone } from './gone.ts'
import type { Session } from './session.ts'

export function hungUp({ parts }: Pick<Session, 'parts'>): Request {
  if (isTerminalGone()) return { kind: 'stop', reason: 'SIGHUP, the terminal is gone' }
  const { file, isOpen } = parts.log.reopen()
  // What went wrong was said on standard error.
  if (!isOpen) return { kind: 'nothing' }
  const message =
    file === undefined
      ? 'SIGHUP: the log goes to standard output, there is no file to open anew.'
      : `SIGHUP: opened ${file} anew.`
  parts.bus.publish('line', { level: 'info', message, from: 'supervisor' })
  return { kind: 'nothing' }
}
