// Node resets the terminal when it exits, and before 24.1 it aborts where that terminal is gone (nodejs/node#51519): a process that
// ends well would seem to have crashed. What leads to no terminal any more is put aside before.

import { closeSync, fstatSync, openSync } from 'node:fs'
import { isatty } from 'node:tty'

export function putGoneTerminalAside(): void {
  for (const fd of [0, 1, 2]) {
    // A terminal that is gone is a device still. So is /dev/null, which may well be replaced by itself.
    if (!isDevice(fd) || isatty(fd)) continue
    closeSync(fd)
    // The lowest free number is given out, which is the one just closed.
    openSync('/dev/null', 'r+')
  }
}

function isDevice(fd: number): boolean {
  try {
    return fstatSync(fd).isCharacterDevice()
  } catch {
    return false
  }
}
