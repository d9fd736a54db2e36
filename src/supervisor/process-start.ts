// When a process was started, from /proc: process ids are given again, and a number alone does not say who has it.

import { readFileSync } from 'node:fs'

/** What Linux shows to user space, on every architecture that Node runs on. */
const TICKS_PER_SECOND = 100

/** Milliseconds since the epoch; undefined where it cannot be known (no such process, or no /proc as on macOS). */
export function startedAt(pid: number): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The second field is the program's name in brackets, which may itself hold blanks and brackets; the 22nd is what we want.
    const ticks = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19])
    const boot = Number(/^btime (\d+)$/m.exec(readFileSync('/proc/stat', 'utf8'))?.[1])
    const at = (boot + ticks / TICKS_PER_SECOND) * 1000
    return Number.isFinite(at) ? at : undefined
  } catch {
    return undefined
  }
}
