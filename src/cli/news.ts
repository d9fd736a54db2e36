// What a daemon tells the terminal that it was started from: that all its workers are up, or given up, and that one is a member.

import type { Terminal } from './daemonize.ts'
import type { Progress } from './progress.ts'

export function tellTerminal(terminal: Terminal, progress: Progress): void {
  progress.watch(() => {
    if (progress.isUp) terminal.tell({ racecar: 'up', givenUp: progress.givenUp })
    if (progress.hasMember) terminal.tell({ racecar: 'joined' })
  })
}
