// Whether the terminal that racecar was started from is still there.

import { closeSync, openSync } from 'node:fs'

/** The terminal that controls this process's session. */
function hasTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'))
    return true
  } catch {
    return false
  }
}

/** As it was at the start; asked before anything else, for a terminal may close at once. */
const hadTerminal = hasTerminal()

export const isTerminalGone = (): boolean => hadTerminal && !hasTerminal()
